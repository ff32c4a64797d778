import { block, byteAt, constant, either, end, get, halfAt, type Instructions, isEqual, isLess, leave, leaveIf, loop, numberAt, plus, set, setNumberAt, shiftLeft } from "./web-assembly";

/** So many places of a text are read in turn: each waits for its table, and meanwhile the others get on. */
export const lanes = 4;

/** Where in the memory things lie. */
export const layout = { classes: 0, states: 512, table: 1024 } as const;

// What it is given: for each lane where it reads and its state, and how far to read.
const place = (lane: number): number => lane;
const state = (lane: number): number => lanes + lane;
const count = 2 * lanes;
// Its own.
const index = count + 1;

const each = <Part>(part: (lane: number) => readonly Part[]): Part[] => Array.from({ length: lanes }, (_, lane) => part(lane)).flat();

/**
 * (place 0…, state 0…, count): reads `count` bytes of each lane with an automaton, or fewer where what it comes to is negative in any of
 * them. Gives back how many, and leaves what was come to at `layout.states`.
 */
export const lanesInstructions: Instructions = {
  parameters: 2 * lanes + 1,
  numbers: 1,
  vectors: 0,
  body: [
    ...block,
    ...loop,
    ...[...get(index), ...get(count), isEqual, ...leaveIf(1)],
    ...each((lane) => [
      ...[...get(state(lane)), ...get(place(lane)), ...get(index), plus, ...byteAt(0), ...constant(1), shiftLeft, ...halfAt(layout.classes), plus],
      ...[...numberAt(layout.table), ...set(state(lane))],
    ]),
    ...[...get(index), ...constant(1), plus, ...set(index)],
    ...[...each((lane) => [...get(state(lane)), ...(lane === 0 ? [] : [either])]), ...constant(0), isLess, ...leaveIf(1)],
    ...leave(0),
    end,
    end,
    ...each((lane) => [...constant(4 * lane), ...get(state(lane)), ...setNumberAt(layout.states)]),
    ...get(index),
    end,
  ],
};
