import { block, byteAt, constant, either, end, get, halfAt, type Instructions, isEqual, isLess, leave, leaveIf, loop, numberAt, plus, set, setNumberAt, shiftLeft } from "./web-assembly";

/** So many places of a text are read in turn: each waits for its table, and meanwhile the others get on. */
export const lanes = 4;

/** Where in the memory things lie, behind what others keep at its beginning. Places and states are those of all lanes. */
export const layout = { classes: 1024, places: 1536, states: 1552, table: 2048 } as const;

// What it is given, and its own.
const [count, index] = [0, 1] as const;
const place = (lane: number): number => 2 + lane;
const state = (lane: number): number => 2 + lanes + lane;

const each = (part: (lane: number) => readonly number[]): number[] => Array.from({ length: lanes }, (_, lane) => part(lane)).flat();

/**
 * (count): reads `count` bytes of each lane with an automaton, from its place and in its state; fewer where what it comes to is negative in
 * any of them. Gives back how many, and leaves the states it came to.
 */
export const lanesInstructions: Instructions = {
  parameters: 1,
  numbers: 1 + 2 * lanes,
  vectors: 0,
  body: [
    ...each((lane) => [...constant(0), ...numberAt(layout.places + 4 * lane), ...set(place(lane)), ...constant(0), ...numberAt(layout.states + 4 * lane), ...set(state(lane))]),
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
    ...each((lane) => [...constant(0), ...get(state(lane)), ...setNumberAt(layout.states + 4 * lane)]),
    ...get(index),
    end,
  ],
};
