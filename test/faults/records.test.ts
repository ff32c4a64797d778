// The record holds against solutions that write where they can, against calls
// that overlap, and against hands that touch it afterwards.
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { attemptFolder, createSession, journalFileName, JournalWriter, readJournal, Session, verifySession } from "../../src/sessions";
import { loadTask } from "../../src/tasks";
import { commandLine, supervisor } from "../support/build";
import { FakeTime } from "../support/fake-time";
import { newSession, openSession, plainScorer, surroundings } from "../support/session";
import { writeTask } from "../support/task-folder";
import { temporaryFolder } from "../support/temporary-folder";

async function startedSession(scorer = plainScorer): Promise<{ root: string; session: Session }> {
  const root = await newSession(scorer);
  const session = await openSession(root);
  await session.startClock();
  return { root, session };
}

async function typesOf(root: string): Promise<string[]> {
  return (await readJournal(root)).entries.map(({ type }) => type);
}

describe("an attempt is recorded, and the session goes on, when", () => {
  test("a process that slipped away prints on after the end", async () => {
    const { root, session } = await startedSession(
      "import subprocess\nsubprocess.Popen(['sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10; do echo late; sleep 0.1; done'], start_new_session=True)\nprint('done', flush=True)\nresult(4)",
    );
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 4 });
    expect((await verifySession(root)).problems).toEqual([]);
    const exit = JSON.parse(readFileSync(join(root, "box", "runs", readdirSync(join(root, "box", "runs"))[0] ?? "", "exit.json"), "utf8")) as { stdoutBytes: number };
    expect(statSync(join(attemptFolder(root, 0), "stdout.log")).size).toBe(exit.stdoutBytes);
  });

  test("the solution forges the record of the run's end", async () => {
    const forge = "import os, time\nopen(os.path.join(os.path.dirname(os.environ['BASELINER_RESULT']), 'exit.json'), 'w').write('{}')\nvalue = 1\n";
    const { root, session } = await startedSession();
    writeFileSync(join(root, "workspace", "solution.py"), forge);
    expect((await session.score()).outcome.kind).not.toBe("running");
    writeFileSync(join(root, "workspace", "solution.py"), "value = 3\n");
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 3 });
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("the message of the result is nested beyond what can be written", async () => {
    const { session } = await startedSession(
      "open(os.environ['BASELINER_RESULT'], 'w').write('{\"score\": 1, \"message\": {\"a\": ' + '[' * 200000 + ']' * 200000 + '}}')",
    );
    expect((await session.score()).outcome).toMatchObject({ kind: "invalid", reason: "bad-result" });
  });

  test("the session is closed while the attempt is being begun", async () => {
    const { root, session } = await startedSession();
    const scoring = session.score().catch((error: unknown) => error);
    await session.close();
    await scoring;
    const again = await openSession(root);
    await again.recoverAttempts();
    expect((await verifySession(root)).openAttempts).toEqual([]);
    expect(again.state.attempts.every(({ outcome }) => outcome.kind === "scored")).toBe(true);
  });

  test("the task lies in a folder whose name means something to string replacement", async () => {
    const place = join(temporaryFolder(), "a$&b$$c");
    const task = await loadTask(writeTask(join(place, "task"), plainScorer));
    const box = new LocalBox(supervisor, systemTime);
    const root = await createSession({ sessionsFolder: join(place, "sessions"), task, profile: "cpu", participant: "tester" }, box, systemTime);
    const session = await openSession(root);
    expect((await session.score()).outcome.kind).toBe("scored");
  });
});

describe("off the clock", () => {
  test("only the starting solution is scored, as it was handed out", async () => {
    const root = await newSession();
    const session = await openSession(root);
    writeFileSync(join(root, "workspace", "solution.py"), "value = 1\n");
    await expect(session.score()).rejects.toMatchObject({ reason: "clock", message: expect.stringContaining("solution.py is no longer as it was handed out") as string });
    expect(session.state.attempts).toEqual([]);
  });

  test("it is scored once", async () => {
    const session = await openSession(await newSession());
    await session.score();
    await expect(session.score()).rejects.toMatchObject({ reason: "clock" });
    expect(session.state.attempts).toHaveLength(1);
  });
});

describe("a workspace that is changed while it is scored", () => {
  test("is on record with the attempt, and both states are kept", async () => {
    const { root, session } = await startedSession("value = solution()\nopen('solution.py', 'w').write('value = 77')\nresult(value)");
    const attempt = await session.score();
    expect(attempt).toMatchObject({ changedWhileScoring: true, outcome: { kind: "scored", score: 10 } });
    const finished = (await readJournal(root)).entries.find((entry) => entry.type === "attempt.finished");
    const changedTo = finished?.type === "attempt.finished" ? (finished.data.changedTo ?? "") : "";
    const git = (commit: string): string => execFileSync("git", ["--git-dir", join(root, "snapshots.git"), "show", `${commit}:solution.py`], { encoding: "utf8" });
    expect([git(attempt.snapshot ?? ""), git(changedTo)]).toEqual(["value = 10\n", "value = 77"]);
  });

  test("is not said of one that was left alone", async () => {
    const { session } = await startedSession();
    expect((await session.score()).changedWhileScoring).toBe(false);
  });
});

describe("calls that overlap", () => {
  test("start, pause and resume the clock once each", async () => {
    const root = await newSession();
    const session = await openSession(root);
    await Promise.allSettled([session.startClock(), session.startClock()]);
    await Promise.allSettled([session.pauseClock("Meal"), session.pauseClock("Meal")]);
    await Promise.allSettled([session.resumeClock(), session.resumeClock()]);
    expect((await typesOf(root)).filter((type) => type.startsWith("clock."))).toEqual(["clock.started", "clock.paused", "clock.resumed"]);
  });

  test("expire and submit a session once", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time);
    const session = await openSession(root, time);
    await session.startClock();
    time.pass(9 * 3_600_000);
    await Promise.all([session.expireIfDue(), session.expireIfDue()]);
    await Promise.allSettled([session.submit(), session.submit()]);
    expect((await typesOf(root)).slice(-4)).toEqual(["clock.expired", "snapshot.taken", "session.submitted", "session.closed"]);
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("refuse a pause during a scoring, which counts as work", async () => {
    const { session } = await startedSession("time.sleep(0.5)\nresult(1)");
    const scoring = session.score();
    await vi.waitUntil(() => session.isScoring);
    await expect(session.pauseClock("Meal")).rejects.toMatchObject({ reason: "scoring" });
    await scoring;
  });

  test("find no fault in the record while an attempt is being made", async () => {
    const { root, session } = await startedSession();
    for (let round = 0; round < 5; round += 1) {
      const done = session.score();
      await vi.waitUntil(() => session.isScoring);
      while (session.isScoring) {
        expect((await verifySession(root)).problems).toEqual([]);
      }
      await done;
    }
  });
});

describe("a snapshot that is taken while the record is verified", () => {
  test.skipIf(process.platform === "win32")("is no damage: what git misses once and not twice is not missing", async () => {
    const { root, session } = await startedSession();
    await session.score();
    const folder = temporaryFolder();
    const [first, then] = [join(folder, "first"), join(folder, "then")];
    const path = process.env["PATH"] ?? "";
    const before = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
    // A git that sees a commit without its tree, once, or each time where `then` is there.
    writeFileSync(join(folder, "git"), `#!/bin/sh\ncase " $* " in *" fsck "*)\n  if [ ! -e ${first} ] || [ -e ${then} ]; then echo x >>${first}; echo "missing tree ${"e5".repeat(20)}"; exit 2; fi ;;\nesac\nexec ${before} "$@"\n`, { mode: 0o755 });
    process.env["PATH"] = `${folder}:${path}`;
    try {
      expect((await verifySession(root)).problems).toEqual([]);
      writeFileSync(then, "");
      expect((await verifySession(root)).problems).toEqual([expect.stringContaining("missing tree")]);
    } finally {
      process.env["PATH"] = path;
    }
    expect(readFileSync(first, "utf8")).toBe("x\nx\nx\n");
  });
});

describe("the journal's file", () => {
  test("that was lengthened from outside takes no further entry", async () => {
    const folder = temporaryFolder();
    const writer = await JournalWriter.create(folder, systemTime);
    await writer.append("note.added", { text: "one" });
    appendFileSync(join(folder, journalFileName), '{"seq":');
    await expect(writer.append("note.added", { text: "two" })).rejects.toMatchObject({ reason: "not-written" });
    await writer.close();
    expect((await readJournal(folder)).entries).toHaveLength(1);
  });

  test("loses no torn line, also where the repair itself was cut off", async () => {
    const folder = temporaryFolder();
    const writer = await JournalWriter.create(folder, systemTime);
    await writer.append("note.added", { text: "one" });
    await writer.close();
    // A repair that came as far as the file of its own, and no further.
    writeFileSync(join(folder, "session.torn-0.txt"), "FIRST");
    appendFileSync(join(folder, journalFileName), "SECOND");
    const { writer: again, entries } = await JournalWriter.continue(folder, systemTime);
    await again.close();
    expect(entries.filter(({ type }) => type === "journal.repaired")).toHaveLength(2);
    const torn = readdirSync(folder).filter((name) => name.startsWith("session.torn-"));
    expect(torn.map((name) => readFileSync(join(folder, name), "utf8")).sort()).toEqual(["FIRST", "SECOND"]);
  });
});

describe("the check of a record", () => {
  test("finds a snapshot that is gone", async () => {
    const { root, session } = await startedSession();
    await session.score();
    renameSync(join(root, "snapshots.git"), join(root, "elsewhere.git"));
    expect((await verifySession(root)).problems).toEqual([expect.stringMatching(/^Attempt 0: its snapshot .* is missing/)]);
  });

  test("finds a run that the journal does not know", async () => {
    const { root, session } = await startedSession();
    await session.score();
    mkdirSync(join(root, "box", "runs", "unknown"));
    expect((await verifySession(root)).problems).toEqual(["Run unknown is not in the journal."]);
  });

  test("finds a clock that was set back", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time);
    const session = await openSession(root, time);
    await session.startClock();
    time.pass(3_600_000);
    time.setBack(3_000_000);
    await session.pauseClock("Meal");
    expect((await verifySession(root)).problems).toEqual([expect.stringContaining("the computer's clock was set back by 3000 s")]);
  });

  test("prints names from a foreign session as plain text", async () => {
    const { root, session } = await startedSession();
    await session.close();
    mkdirSync(join(root, "box", "runs", "x\u001b[2K\rvalid: 1 journal entries"));
    let printed = "";
    try {
      execFileSync(process.execPath, [commandLine, "session", "verify", root], { encoding: "utf8" });
    } catch (error) {
      printed = (error as { stdout: string }).stdout;
    }
    expect(printed).toContain("NOT VALID");
    expect(printed).not.toMatch(/\p{Cc}(?<!\n)/u);
  });
});

describe("opening a session in this process", () => {
  // Who a process is takes other programs elsewhere.
  test.skipIf(process.platform !== "linux")("waits for nothing: an editor that starts would run everything else in between", async () => {
    const root = await newSession();
    let turns = 0;
    const turn = setImmediate(() => (turns += 1));
    const session = await openSession(root);
    clearImmediate(turn);
    expect(session.access).toEqual({ kind: "writer" });
    expect(turns).toBe(0);
  });

  test("is on record before whatever is done next, though nobody waits for that", async () => {
    const root = await newSession();
    const session = await openSession(root);
    await Promise.all([session.startClock(), session.addNote("first")]);
    expect(await typesOf(root)).toEqual(["session.created", "box.connected", "clock.started", "note.added"]);
  });
});

describe("a session that another process submits", () => {
  test("is opened for reading, however close the two come", async () => {
    const { root, session } = await startedSession();
    const opening = Session.open(root, surroundings());
    await session.submit();
    const opened = await opening;
    await opened.close();
    expect((await openSession(root)).access).toMatchObject({ kind: "reader", reason: "closed" });
    expect((await typesOf(root)).at(-1)).toBe("session.closed");
  });

  test("is known to be submitted by a window that only reads it", async () => {
    const { root, session } = await startedSession();
    const reader = await openSession(root);
    await session.submit();
    await reader.refresh();
    expect(reader.access).toMatchObject({ reason: "closed" });
  });
});

describe("a task", () => {
  test("whose starting solution lies elsewhere by a link is refused, and nothing there is touched", async () => {
    const place = temporaryFolder();
    const folder = writeTask(join(place, "task"), plainScorer);
    renameSync(join(folder, "workspace"), join(place, "elsewhere"));
    execFileSync("ln", ["-s", join(place, "elsewhere"), join(folder, "workspace")]);
    const box = new LocalBox(supervisor, systemTime);
    const creating = createSession({ sessionsFolder: join(place, "sessions"), task: await loadTask(folder), profile: "cpu", participant: "tester" }, box, systemTime);
    await expect(creating).rejects.toMatchObject({ reason: "task" });
    expect(readdirSync(join(place, "sessions"))).toEqual([]);
    rmSync(join(folder, "workspace"));
  });
});
