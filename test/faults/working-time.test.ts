// A session's hours: gaps in them, the end of the time, what the expert says, and handing in.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { elapsedAt, type EntryType, type Gap, missingOnBox, readJournal, Session, type Survey, usualConditions, verifySession } from "../../src/sessions";
import { FakeTime } from "../support/fake-time";
import { newSession, openInEditor, openSession, plainScorer, surroundings } from "../support/session";
import { temporaryFolder } from "../support/temporary-folder";

const minute = 60_000;
const entries = async (root: string, type: EntryType): Promise<unknown[]> => (await readJournal(root)).entries.filter((entry) => entry.type === type).map(({ data }) => data);
function oldestGap({ state }: Session): Gap {
  const [gap] = state.clock.gaps;
  if (gap === undefined) {
    throw new Error("there is no gap");
  }
  return gap;
}
const survey: Survey = { predicted: 3.5, minutesLost: 20, lostTo: "the connection", clear: "partly", comments: "" };

describe("an editor that was closed while the clock ran", () => {
  test("is asked about when it is back, stays a question until it is answered, and is given back as a break", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time);
    const first = await openInEditor(root, time);
    await first.startClock();
    time.pass(minute);
    await first.close();
    time.pass(37 * minute);
    const second = await openInEditor(root, time);
    expect(second.state.clock.gaps).toMatchObject([{ cause: "closed", until: time.now(), from: time.now() - 37 * minute }]);
    await second.close();
    const third = await openInEditor(root, time);
    const gap = oldestGap(third);
    expect(elapsedAt(third.state.clock, time.now())).toBe(38 * minute);
    await expect(third.submit()).rejects.toMatchObject({ reason: "gap" });
    await third.answerGap(gap, "break");
    expect(elapsedAt(third.state.clock, time.now())).toBe(minute);
    await expect(third.answerGap(gap, "work")).rejects.toMatchObject({ reason: "gap" });
    expect(await entries(root, "clock.adjusted")).toMatchObject([{ addMs: -37 * minute, gap: { countedAs: "break" } }]);
  });

  test("does not cost the time that is left: nothing is closed, and nothing scored, before the answer", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time);
    const first = await openInEditor(root, time);
    await first.startClock();
    await first.close();
    time.pass(20 * 60 * minute);
    const session = await openInEditor(root, time);
    await session.expireIfDue();
    expect(session.state.clock.state).toBe("running");
    await expect(session.score()).rejects.toMatchObject({ reason: "gap" });
    await session.answerGap(oldestGap(session), "break");
    expect((await session.score()).outcome.kind).toBe("scored");
  });

  test("has its time up at once where that was work", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time);
    const first = await openInEditor(root, time);
    await first.startClock();
    await first.close();
    time.pass(20 * 60 * minute);
    const session = await openInEditor(root, time);
    await session.answerGap(oldestGap(session), "work");
    expect(session.state.clock.state).toBe("expired");
  });

  test("has its scoring count as work that went on meanwhile, whatever the rest was", async () => {
    const time = new FakeTime();
    const root = await newSession("import time\ntime.sleep(1.5)\nresult(solution())", {}, time);
    const first = await openInEditor(root, time);
    await first.startClock();
    const scoring = first.score();
    scoring.catch(() => undefined);
    while (first.scoring === null) {
      await delay(20);
    }
    await first.close();
    time.pass(30 * minute);
    const session = await openInEditor(root, time);
    const gap = oldestGap(session);
    await expect(session.answerGap(gap, "break")).rejects.toMatchObject({ reason: "scoring" });
    await session.recoverAttempts();
    await session.answerGap(gap, "break");
    // The test's time stood still while the run ended, so it ended when the editor was back.
    expect(elapsedAt(session.state.clock, time.now())).toBeGreaterThan(29 * minute);
  });

  test("is not missed by commands, which come and go", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time);
    const one = await openSession(root, time);
    await one.startClock();
    await one.close();
    time.pass(60 * minute);
    const other = await openSession(root, time);
    expect(other.state.clock.gaps).toEqual([]);
    await other.close();
  });
});

describe("after the time is up", () => {
  test("attempts are marked and never the result, where the assignment lets scoring go on", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time, { ...usualConditions, afterTime: "mark" });
    const session = await openSession(root, time);
    await session.startClock();
    await session.score();
    time.pass(9 * 60 * minute);
    writeFileSync(join(root, "workspace", "solution.py"), "value = 1\n");
    const late = await session.score();
    expect(late).toMatchObject({ kind: "after-time", outcome: { kind: "scored", score: 1 } });
    await session.submit();
    expect(await entries(root, "session.submitted")).toEqual([{ attempt: 0, result: 10 }]);
  });
});

describe("submitting", () => {
  test("scores once more what is handed in where the task wants it, takes the survey, and closes the record", async () => {
    const root = await newSession(plainScorer, { final: true });
    const session = await openSession(root);
    await session.startClock();
    writeFileSync(join(root, "workspace", "solution.py"), "value = 3\n");
    expect(await session.readiness()).toEqual({ problems: [], gaps: [], willBeScored: true });
    const asked: string[] = [];
    await session.submit({
      survey: () => {
        asked.push(session.state.clock.state);
        return Promise.resolve(survey);
      },
    });
    expect(asked).toEqual(["submitted"]);
    expect(session.state.attempts).toMatchObject([{ kind: "final", outcome: { score: 3 } }]);
    expect(await entries(root, "session.submitted")).toEqual([{ attempt: 0, result: 3 }]);
    expect(await entries(root, "survey.answered")).toEqual([survey]);
    await expect(session.addNote("late")).rejects.toMatchObject({ reason: "read-only" });
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("hands in where the task hides the score of the final scoring", async () => {
    const root = await newSession(plainScorer, { final: true, visible: false });
    const session = await openSession(root);
    await session.startClock();
    await session.submit();
    expect(session.state.attempts).toMatchObject([{ kind: "final", outcome: { kind: "hidden" } }]);
    expect(session.state.closed).toBe(true);
  });

  test("scores nothing more when the time was up", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, { final: true }, time);
    const session = await openSession(root, time);
    await session.startClock();
    await session.score();
    time.pass(9 * 60 * minute);
    writeFileSync(join(root, "workspace", "solution.py"), "value = 1\n");
    expect((await session.readiness()).willBeScored).toBe(false);
    await session.submit();
    expect(await entries(root, "session.submitted")).toEqual([{ attempt: 0, result: 10 }]);
  });

  test("does not hand in where the final scoring was cancelled", async () => {
    const root = await newSession("import time\ntime.sleep(60)\nresult(1)", { final: true });
    const session = await openSession(root);
    await session.startClock();
    const submitting = session.submit();
    submitting.catch(() => undefined);
    while (session.scoring === null) {
      await delay(20);
    }
    await session.cancelScoring();
    await expect(submitting).rejects.toMatchObject({ reason: "not-scoring" });
    expect(session.state.clock.state).toBe("running");
  });

  test("is finished when the editor ended while the survey was being answered", async () => {
    const root = await newSession();
    const session = await openSession(root);
    await session.startClock();
    await expect(session.submit({ survey: () => Promise.reject(new Error("the editor ended")) })).rejects.toThrow("the editor ended");
    await session.close();
    const again = await openSession(root);
    expect(again.access.kind).toBe("writer");
    expect(again.state).toMatchObject({ clock: { state: "submitted" }, closed: false });
    await expect(again.score()).rejects.toMatchObject({ reason: "clock" });
    await again.submit({ survey: () => Promise.resolve(null) });
    expect(await entries(root, "session.submitted")).toHaveLength(1);
    expect((await openSession(root)).access).toMatchObject({ kind: "reader", reason: "closed" });
  });
});

describe("what is said and looked at", () => {
  test("is on record: notes with their time, consent given and taken back, what the box has", async () => {
    const time = new FakeTime();
    const root = await newSession(plainScorer, {}, time);
    const session = await openSession(root, time);
    await session.addNote("  reads the task  ");
    await session.startClock();
    time.pass(5 * minute);
    await session.addNote("tried\n\n- vectorising");
    await expect(session.addNote(" \n")).rejects.toMatchObject({ reason: "nothing-said" });
    await session.giveConsent(true);
    await session.giveConsent(true);
    await session.giveConsent(false);
    const needs = await session.checkBox();
    expect(session.state.notes).toMatchObject([
      { text: "reads the task", elapsedMs: null },
      { text: "tried\n\n- vectorising", elapsedMs: 5 * minute },
    ]);
    expect(await entries(root, "recording.consent")).toEqual([{ given: true }, { given: false }]);
    expect(needs.find(({ kind }) => kind === "processors")?.ok).toBe(true);
    expect(await entries(root, "box.checked")).toMatchObject([{ report: { found: { processors: expect.any(Number) as number }, needs: expect.any(Array) as unknown[] } }]);
    expect(missingOnBox(session.state)).toEqual([]);
  });

  test("instructions that come with the clock are kept back until it runs", async () => {
    const root = await newSession(plainScorer, {}, new FakeTime(), { ...usualConditions, instructions: "with-clock" });
    const session = await openSession(root);
    expect(session.hidesInstructions).toBe(true);
    expect(() => session.instructions).toThrow(/clock/);
    await session.startClock();
    expect(readFileSync(session.instructions, "utf8")).not.toBe("");
  });
});

describe("a session folder on another computer", () => {
  test("goes on there: the lock of a process that is elsewhere holds nothing, and nothing points to the old place", async () => {
    const root = await newSession();
    const first = await openSession(root);
    await first.score();
    await first.startClock();
    await first.close();
    const there = join(temporaryFolder(), "elsewhere");
    cpSync(root, there, { recursive: true, verbatimSymlinks: true });
    // As an editor that was killed leaves it.
    mkdirSync(join(there, "lock"), { recursive: true });
    writeFileSync(join(there, "lock", "99"), JSON.stringify({ pid: process.pid, identity: "another boot/123", host: "elsewhere", holder: "VS Code", released: false }));
    const session = await Session.open(there, surroundings());
    expect(session.access.kind).toBe("writer");
    writeFileSync(join(there, "workspace", "solution.py"), "value = 2\n");
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 2 });
    await session.submit();
    expect((await verifySession(there)).problems).toEqual([]);
    expect((await readJournal(there)).entries.map((entry) => JSON.stringify(entry)).filter((line) => line.includes(root))).toEqual([]);
  });
});
