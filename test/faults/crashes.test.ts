import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemTime } from "../../src/base";
import { LocalBox, type RunSpecification } from "../../src/boxes";
import { attemptFolder, elapsedAt, parseJournal, readJournal, Session, stateOf, verifySession } from "../../src/sessions";
import { commandLine, supervisor } from "../support/build";
import { FakeTime } from "../support/fake-time";
import { tries } from "../support/long";
import { random } from "../support/random";
import { newSession, openSession, plainScorer, surroundings } from "../support/session";

/** `baseliner session …` as a process of its own. */
function baseliner(...args: string[]): ChildProcess {
  return spawn(process.execPath, [commandLine, "session", ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

async function untilOutput(process: ChildProcess, text: string): Promise<void> {
  let output = "";
  for await (const chunk of process.stdout ?? []) {
    output += String(chunk);
    if (output.includes(text)) {
      return;
    }
  }
  throw new Error(`ended without printing ${text}: ${output}`);
}

async function stateAt(root: string) {
  const state = stateOf((await readJournal(root)).entries);
  if (state === undefined) {
    throw new Error("no session");
  }
  return state;
}

/** How many attempts a journal has the start of. */
function attemptsStarted(journal: string): number {
  return readFileSync(journal, "utf8").split('"attempt.started"').length - 1;
}

/** How often a process is killed, each time in another part of a scoring. */
const kills = tries(8, 20);

const printsNumbers = "for number in range(40):\n    print(number, flush=True)\n    time.sleep(0.05)\nresult(solution())";
const allNumbers = Array.from({ length: 40 }, (_, number) => `${number}\n`).join("");

describe("a process that is killed while it scores", () => {
  test("leaves a run that goes on, and the attempt is finished with its whole output when the session is opened again", async () => {
    const root = await newSession(printsNumbers);
    const first = baseliner("score", root);
    await untilOutput(first, "7\n");
    first.kill("SIGKILL");
    await once(first, "exit");
    expect((await stateAt(root)).attempts[0]?.outcome.kind).toBe("running");

    const session = await openSession(root);
    await session.recoverAttempts();
    expect(session.state.attempts).toEqual([expect.objectContaining({ outcome: expect.objectContaining({ kind: "scored", score: 10 }) as unknown })]);
    expect(readFileSync(join(attemptFolder(root, 0), "stdout.log"), "utf8")).toBe(allNumbers);
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("and whose run had ended long before is recorded with the times of the run, not of the finding", async () => {
    const root = await newSession("print('on', flush=True)\ntime.sleep(0.5)\nresult(3)");
    const first = baseliner("score", root);
    await untilOutput(first, "on");
    first.kill("SIGKILL");
    await once(first, "exit");
    await delay(2000);
    const session = await openSession(root);
    await session.recoverAttempts();
    const finished = (await readJournal(root)).entries.find((entry) => entry.type === "attempt.finished");
    const box = finished?.type === "attempt.finished" ? finished.data.box : { startedAt: 0, endedAt: Infinity };
    expect(Date.parse(finished?.at ?? "") - box.endedAt).toBeGreaterThan(500);
  });

  test("with its run is recorded as lost, and the session goes on", async () => {
    const root = await newSession("print('on', flush=True)\ntime.sleep(600)", { timeoutSeconds: 600 });
    const first = baseliner("score", root);
    await untilOutput(first, "on");
    first.kill("SIGKILL");
    await once(first, "exit");
    const [run = ""] = readdirSync(join(root, "box", "runs"));
    const records = ["claim.json", "child.json"].map((file) => join(root, "box", "runs", run, file));
    // The command may print before the supervisor has put its number on record.
    await vi.waitUntil(() => records.every((record) => existsSync(record) && statSync(record).size > 0));
    for (const record of records) {
      process.kill((JSON.parse(readFileSync(record, "utf8")) as { pid: number }).pid, "SIGKILL");
    }
    const session = await openSession(root);
    await session.recoverAttempts();
    expect(session.state.attempts[0]?.outcome.kind).toBe("lost");
    expect((await verifySession(root)).problems).toEqual([]);
    await session.startClock();
  });

  test("between the journal and the start of the run leaves an attempt that is recorded as lost", async () => {
    const root = await newSession();
    const first = baseliner("score", root);
    await once(first, "exit");
    // What a crash right after `attempt.started` leaves: the entry, and no run.
    const lines = readFileSync(join(root, "session.jsonl"), "utf8").split("\n");
    writeFileSync(join(root, "session.jsonl"), `${lines.slice(0, lines.findIndex((line) => line.includes('"attempt.started"')) + 1).join("\n")}\n`);
    rmSync(join(root, "box", "runs"), { recursive: true });
    const session = await openSession(root);
    await session.recoverAttempts();
    expect(session.state.attempts[0]?.outcome.kind).toBe("lost");
  });

  test(`at ${kills} random moments leaves ${kills} valid journals and no attempt missing`, async () => {
    const root = await newSession("time.sleep(0.15)\nprint('done')\nresult(solution())");
    const before = await Session.open(root, surroundings());
    await before.startClock();
    await before.close();
    // How long a scoring takes here, so that kills come all through it, however fast the computer is.
    const began = Date.now();
    await once(baseliner("score", root), "exit");
    const usualMs = Date.now() - began;
    const moments = random(20261121);
    for (let round = 0; round < kills; round += 1) {
      const journal = join(root, "session.jsonl");
      const startedBefore = attemptsStarted(journal);
      const process = baseliner("score", root);
      const ended = once(process, "exit");
      const moment = (round + moments.next().value) / kills;
      // Every other kill counts from when its own attempt is in the journal, behind what the start records of the attempt before:
      // a start that takes longer than usual would leave nothing to kill.
      if (round % 2 === 0) {
        await delay((0.2 + 0.8 * moment) * usualMs);
      } else {
        await vi.waitUntil(() => attemptsStarted(journal) > startedBefore, { timeout: 60_000, interval: 5 });
        await delay(0.5 * moment * usualMs);
      }
      process.kill("SIGKILL");
      await ended;
      expect((await verifySession(root)).problems, `round ${round}`).toEqual([]);
    }
    const session = await openSession(root);
    await session.recoverAttempts();
    const { problems, openAttempts, attempts } = await verifySession(root);
    expect(problems).toEqual([]);
    expect(openAttempts).toEqual([]);
    expect(attempts).toBeGreaterThan(kills / 2);
    expect(readdirSync(join(root, "box", "runs")).length).toBeLessThanOrEqual(attempts);
    const ended = session.state.attempts.filter(({ outcome }) => outcome.kind === "scored" || outcome.kind === "lost");
    expect(ended).toHaveLength(attempts);
  });
});

describe("what a session shows", () => {
  test("is on the disk before it is shown", async () => {
    const root = await newSession();
    const session = await openSession(root);
    const shown: [unknown, unknown][] = [];
    session.on("changed", () => {
      const onDisk = stateOf(parseJournal(readFileSync(join(root, "session.jsonl"))).entries);
      shown.push([session.state.attempts, onDisk?.attempts], [session.state.clock, onDisk?.clock]);
    });
    await session.score();
    await session.startClock();
    expect(shown.length).toBeGreaterThan(6);
    for (const [inMemory, onDisk] of shown) {
      expect(inMemory).toEqual(onDisk);
    }
  });

  test("of a folder that is not trusted is read only, and nothing is written there", async () => {
    const root = await newSession();
    const before = readdirSync(root, { recursive: true });
    const session = await Session.open(root, surroundings(), "not trusted");
    await expect(session.score()).rejects.toMatchObject({ reason: "read-only" });
    expect(session.access).toMatchObject({ kind: "reader", reason: "untrusted" });
    expect(readdirSync(root, { recursive: true })).toEqual(before);
  });
});

describe("the clock", () => {
  test("closes scoring when the time is up, once and on record, and leaves the last valid state to be submitted", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time);
    const session = await openSession(root, time);
    await session.score();
    await session.startClock();
    writeFileSync(join(root, "workspace", "solution.py"), "value = 4\n");
    time.pass(8 * 3_600_000 - 1);
    await session.score();
    time.pass(1);
    await expect(session.score()).rejects.toMatchObject({ reason: "clock", message: expect.stringContaining("time is up") as string });
    await session.expireIfDue();
    const { entries } = await readJournal(root);
    expect(entries.filter(({ type }) => type === "clock.expired")).toHaveLength(1);
    await session.submit();
    expect(session.state.best).toBe(1);
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("does not count pauses, and scoring is refused in them", async () => {
    const time = new FakeTime();
    const session = await openSession(await newSession(plainScorer, {}, time), time);
    await session.startClock();
    time.pass(600_000);
    await session.pauseClock("Meal");
    time.pass(3_600_000);
    await expect(session.score()).rejects.toMatchObject({ reason: "clock" });
    await session.resumeClock();
    time.pass(300_000);
    expect(elapsedAt(session.state.clock, time.now())).toBe(900_000);
  });

  test("goes on while nothing has the session open", async () => {
    const root = await newSession();
    const session = await Session.open(root, surroundings());
    await session.startClock();
    await session.close();
    await delay(300);
    const again = await openSession(root);
    expect(elapsedAt(again.state.clock, Date.now())).toBeGreaterThanOrEqual(300);
  });
});

describe("a connection that comes back while a run is being started", () => {
  /** A box whose connection is away for a moment on the way to a run or from it; whoever hears that it is back takes up what is open. */
  class InterruptedBox extends LocalBox {
    session: Session | undefined;

    constructor(private readonly away: "before" | "after") {
      super(supervisor, systemTime);
    }

    override async startRun(runs: string, specification: RunSpecification): Promise<void> {
      if (this.away === "before") {
        await this.session?.recoverAttempts();
      }
      await super.startRun(runs, specification);
      if (this.away === "after") {
        await this.session?.recoverAttempts();
        await this.untilEnded(runs, specification.id);
        await this.session?.recoverAttempts();
      }
    }

    private async untilEnded(runs: string, id: string): Promise<void> {
      await this.followRun(runs, id, { stdout: 0, stderr: 0 }, () => Promise.resolve(), new AbortController().signal);
    }
  }

  test.each(["before", "after"] as const)("has the attempt followed to one end by who starts it, where that is %s the run begins", async (away) => {
    const root = await newSession();
    const box = new InterruptedBox(away);
    const session = await Session.open(root, { ...surroundings(), boxFor: () => box });
    onTestFinished(() => session.close());
    box.session = session;
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 10 });
    await session.startClock();
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 10 });
    const ends = (await readJournal(root)).entries.filter(({ type }) => type.startsWith("attempt.") && type !== "attempt.started");
    expect(ends.map(({ type }) => type)).toEqual(["attempt.finished", "attempt.finished"]);
    expect((await verifySession(root)).problems).toEqual([]);
  });
});

describe("two processes on one session", () => {
  test("the second reads, is told why, sees what the first does, and cannot write", async () => {
    const root = await newSession();
    const first = await openSession(root);
    const second = await openSession(root);
    expect(second.access).toMatchObject({ kind: "reader", reason: "held" });
    const before = readFileSync(join(root, "session.jsonl"), "utf8");
    await expect(second.score()).rejects.toMatchObject({ reason: "read-only" });
    await expect(second.startClock()).rejects.toMatchObject({ reason: "read-only" });
    expect(readFileSync(join(root, "session.jsonl"), "utf8")).toBe(before);
    await first.score();
    await second.refresh();
    expect(second.state.attempts[0]?.outcome.kind).toBe("scored");
  });

  test("the second may write once the first has closed", async () => {
    const root = await newSession();
    await (await Session.open(root, surroundings())).close();
    expect((await openSession(root)).access.kind).toBe("writer");
  });
});
