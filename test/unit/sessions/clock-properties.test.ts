// Any interleaving of clock events, crashes, sleep and clock jumps comes to the working time that a plain definition gives.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EntryData, type EntryType, elapsedAt, type JournalEntry, stateOf, type SessionState, usualConditions } from "../../../src/sessions";
import { Attendance, type Heartbeat } from "../../../src/sessions/attendance";
import { firstPrevious } from "../../../src/sessions/journal-entry";
import { WorkingTime } from "../../../src/sessions/working-time";
import { FakeTime } from "../../support/fake-time";

const second = 1000;
const minute = 60 * second;
/** From so long on, nobody can tell whether it was worked. */
const askedFrom = 2 * minute;

/** A session whose journal and heartbeat lie in memory, opened and closed by what a person and a computer do. */
class World {
  readonly time = new FakeTime();
  readonly journal: JournalEntry[] = [];
  private heartbeat: Heartbeat | undefined;
  private open: WorkingTime | undefined;

  constructor(limitMinutes: number) {
    this.append("session.created", { ...created, timeLimitMinutes: limitMinutes });
  }

  get state(): SessionState {
    const state = stateOf(this.journal);
    if (state === undefined) {
      throw new Error("the journal is empty");
    }
    return state;
  }

  get elapsed(): number {
    return elapsedAt(this.state.clock, this.time.now());
  }

  get isOpen(): boolean {
    return this.open !== undefined;
  }

  async openEditor(): Promise<void> {
    const file = {
      read: () => this.heartbeat,
      write: (heartbeat: Heartbeat) => {
        this.heartbeat = heartbeat;
        return Promise.resolve();
      },
    };
    this.open = new WorkingTime(
      { time: this.time, state: () => this.state, record: (type, data) => this.record(type, data) },
      new Attendance(file, this.time, true),
      () => undefined,
    );
    await this.open.open([...this.journal]);
    await this.look();
  }

  async closeEditor(): Promise<void> {
    await this.open?.close();
    this.open = undefined;
  }

  /** The process is gone without having done anything more. */
  crash(losesHeartbeat: boolean): void {
    // Its timer would hold the test's process.
    clearInterval((this.open as unknown as { timer: NodeJS.Timeout | undefined } | undefined)?.timer);
    this.open = undefined;
    if (losesHeartbeat) {
      this.heartbeat = undefined;
    }
  }

  async look(): Promise<void> {
    await this.open?.expire();
  }

  async record<Type extends EntryType>(type: Type, data: EntryData<Type>): Promise<void> {
    this.open?.recorded(this.append(type, data));
    await Promise.resolve();
  }

  async answer(index: number, countedAs: "work" | "break"): Promise<void> {
    const gap = this.state.clock.gaps[index];
    if (gap !== undefined) {
      await this.open?.answer(gap, countedAs);
    }
  }

  private append<Type extends EntryType>(type: Type, data: EntryData<Type>): JournalEntry {
    const entry = { seq: this.journal.length, at: new Date(this.time.now()).toISOString(), mono: this.time.monotonic(), type, data, prev: firstPrevious } as JournalEntry;
    this.journal.push(entry);
    return entry;
  }
}

/**
 * The plain definition: working time is the time for which the clock ran, less what the person called a break. A person can be asked
 * about a stretch of two minutes or more without a sign of the editor, and about a wall clock that went ahead by as much alone.
 */
class Oracle {
  /** Counted stretches; those with a question count unless it was answered by a break. */
  private readonly stretches: { ms: number; question: boolean; answer?: "work" | "break" }[] = [];
  private runs = false;
  /** Since the last sign: what passed, and what the wall clock gained beyond that. */
  private passed = 0;
  private gained = 0;
  /** Counted since the last entry of the journal, and not asked about. */
  private sinceEntry = 0;

  pass(ms: number): void {
    this.passed += this.runs ? ms : 0;
  }

  gain(ms: number): void {
    this.gained += this.runs ? ms : 0;
  }

  /** The editor is seen. @param knows whether it can tell how long it really was, or has only the wall clock to go by */
  sign(knows: boolean): void {
    const passed = knows ? this.passed : Math.max(0, this.passed + this.gained);
    const gained = knows ? this.gained : Math.min(0, this.passed + this.gained);
    this.passed = this.gained = 0;
    this.count(passed, passed >= askedFrom);
    // A wall clock that went ahead by less than what is asked about is put right.
    this.count(gained >= askedFrom ? gained : 0, true);
    if (gained !== 0) {
      // Questions and corrections are entries themselves.
      this.sinceEntry = 0;
    }
  }

  /** The sign on the disk is lost with the crash: the last one is the last entry. */
  loseSign(): void {
    this.passed += this.sinceEntry;
    this.stretches.push({ ms: -this.sinceEntry, question: false });
    this.sinceEntry = 0;
  }

  entry(): void {
    this.sinceEntry = 0;
  }

  run(runs: boolean): void {
    this.runs = runs;
    this.entry();
  }

  answer(index: number, answer: "work" | "break"): void {
    const open = this.stretches.filter((one) => one.question && one.answer === undefined)[index];
    if (open !== undefined) {
      open.answer = answer;
      this.entry();
    }
  }

  get worked(): number {
    return this.stretches.reduce((sum, { ms, answer }) => sum + (answer === "break" ? 0 : ms), 0);
  }

  /** What no answer can take back. */
  get certain(): number {
    return this.stretches.reduce((sum, { ms, question, answer }) => sum + (answer === "break" || (question && answer === undefined) ? 0 : ms), 0);
  }

  private count(ms: number, asked: boolean): void {
    if (ms === 0) {
      return;
    }
    this.stretches.push({ ms, question: asked });
    this.sinceEntry = asked ? 0 : this.sinceEntry + ms;
  }
}

type Step =
  | { do: "work"; ms: number }
  | { do: "sleep"; ms: number }
  | { do: "set-clock"; ms: number }
  | { do: "pause" | "resume" | "close" }
  | { do: "crash"; losesHeartbeat: boolean }
  | { do: "open"; after: number; reboots: boolean }
  | { do: "answer"; index: number; as: "work" | "break" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("work" as const), ms: fc.integer({ min: 1, max: 8 * minute }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sleep" as const), ms: fc.oneof(fc.nat(5 * minute), fc.nat(300 * minute)) }) },
  // By steps of 5 s, so that no two make up for each other but for a rest that is no jump.
  { weight: 2, arbitrary: fc.record({ do: fc.constant("set-clock" as const), ms: fc.oneof(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -3000, max: 3000 })).map((steps) => steps * 5 * second) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("pause" as const, "resume" as const, "close" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), losesHeartbeat: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("open" as const), after: fc.oneof(fc.nat(3 * minute), fc.nat(300 * minute)), reboots: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("answer" as const), index: fc.nat(2), as: fc.constantFrom("work" as const, "break" as const) }) },
);

/** Plays the steps in the world and, as the plain definition has it, in the oracle; calls back whenever the editor has looked. */
async function play(steps: readonly Step[], limitMinutes: number, check: (world: World, oracle: Oracle) => void): Promise<void> {
  const world = new World(limitMinutes);
  const oracle = new Oracle();
  let lostSign = false;
  let rebooted = false;
  const pass = (ms: number): void => {
    world.time.pass(ms);
    oracle.pass(ms);
  };
  const look = async (): Promise<void> => {
    await world.look();
    oracle.sign(true);
  };
  const open = async (): Promise<void> => {
    await world.openEditor();
    oracle.sign(!lostSign && !rebooted);
    lostSign = rebooted = false;
  };
  await open();
  await world.record("clock.started", {});
  oracle.run(true);
  for (const one of [...steps, { do: "open" as const, after: 0, reboots: false }]) {
    const { state } = world.state.clock;
    if (state === "expired") {
      break;
    }
    switch (one.do) {
      case "work":
        for (let left = one.ms; left > 0 && world.isOpen; left -= 15 * second) {
          pass(Math.min(left, 15 * second));
          if (left >= 15 * second) {
            await look();
          }
        }
        break;
      case "sleep":
        pass(one.ms);
        break;
      case "set-clock":
        world.time.setBack(-one.ms);
        oracle.gain(one.ms);
        break;
      case "pause":
      case "resume":
        if (world.isOpen) {
          await look();
          if (world.state.clock.state === (one.do === "pause" ? "running" : "paused")) {
            await (one.do === "pause" ? world.record("clock.paused", { reason: "meal" }) : world.record("clock.resumed", {}));
            oracle.run(one.do === "resume");
          }
        }
        break;
      case "close":
        if (world.isOpen) {
          await world.closeEditor();
          oracle.sign(true);
        }
        break;
      case "crash":
        if (world.isOpen) {
          world.crash(one.losesHeartbeat);
          if (one.losesHeartbeat) {
            lostSign = true;
            oracle.loseSign();
          }
        }
        break;
      case "open":
        if (!world.isOpen) {
          if (one.reboots) {
            world.time.reboot();
            rebooted = true;
          }
          pass(one.after);
          await open();
        }
        break;
      case "answer":
        if (world.isOpen) {
          await look();
          await world.answer(one.index, one.as);
          oracle.answer(one.index, one.as);
        }
        break;
    }
    if (world.isOpen) {
      await look();
      check(world, oracle);
    }
  }
  world.crash(false);
}

describe("the working time", () => {
  test("is what a plain definition gives, whatever happens to the editor, the computer and its clock", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await play(steps, 1_000_000, (world, oracle) => {
          expect(world.elapsed).toBe(oracle.worked);
        });
      }),
      { seed: 8, numRuns: 400 },
    );
  });

  test("runs out when no answer to an open question could give time back, and not before", async () => {
    const limit = 6;
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await play(steps, limit, (world, oracle) => {
          const isUp = world.state.clock.state === "expired";
          ran += isUp ? 1 : 0;
          if (world.state.clock.state !== "paused") {
            expect(isUp).toBe(oracle.certain >= limit * minute);
          }
          expect(world.elapsed).toBe(Math.min(limit * minute, oracle.worked));
        });
      }),
      { seed: 45, numRuns: 400 },
    );
    expect(ran).toBeGreaterThan(50);
  });

  test("is put right where the wall clock is set back bit by bit", async () => {
    const world = new World(480);
    await world.openEditor();
    await world.record("clock.started", {});
    for (let steps = 0; steps < 200; steps += 1) {
      world.time.pass(15 * second);
      world.time.setBack(1900);
      await world.look();
    }
    world.crash(false);
    expect(Math.abs(world.elapsed - 200 * 15 * second)).toBeLessThan(2 * second);
  });
});

const created: EntryData<"session.created"> = {
  format: 1,
  id: "one",
  participant: "p",
  task: { id: "t", version: "1.0.0", title: "T", profile: "cpu", instructions: "i.md", open: [], files: {}, startingSolution: {} },
  scoring: { command: ["true"], environment: {}, timeoutSeconds: 1, start: 10, reference: 2, direction: "min", aggregate: "best", unit: "s", visible: true, final: false },
  sync: { ignore: [], pull: [], maxFileMB: 1 },
  timeLimitMinutes: 480,
  conditions: usualConditions,
  box: { kind: "local" },
  protection: "none",
};
