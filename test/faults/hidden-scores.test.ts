// Scores that a task hides: nowhere on the expert's side, and joined again by who reviews the session.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemTime } from "../../src/base";
import { describeAttempt, exportSession, readJournal, revealScores, sessionFolder, stateOf, verifySession } from "../../src/sessions";
import { scoresAsTsv, usualOrder } from "../../src/protocol";
import { attemptRecord } from "../../src/editor/attempt-record";
import { scoresView } from "../../src/editor/scores-view";
import { newSession, openSession } from "../support/session";
import { temporaryFolder } from "../support/temporary-folder";
import { readTranscript } from "../support/transcripts";
import { ProtectedBox, whyNoAccounts, writeProtectedTask } from "../support/protected-box";

/** A score that nothing else has in it, also not as a part of a hash or a time. */
const score = "7.654321987";
const telling = `print("the score is", solution(), flush=True); print(solution(), file=sys.stderr); result(solution(), milliseconds=solution())`;

/** Files below a folder that hold the score in any of its spellings, relative to it. */
function filesWithScore(folder: string, without: readonly string[] = []): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !without.some((part) => path.startsWith(part)) && statSync(join(folder, path)).isFile())
    .filter((path) => /7[.,]6543/.test(readFileSync(join(folder, path), "latin1")));
}

describe("a hidden score on this computer", () => {
  test("is in no file of the session but the run on the box, in no text and no event, and is joined again", async () => {
    const root = await newSession(telling, { visible: false });
    const session = await openSession(root);
    await session.startClock();
    writeFileSync(join(session.folder.workspace, "solution.py"), `value = ${score.slice(0, 1)} + 0.654321987\n`);
    const said: string[] = [];
    session.on("output", (_attempt, _stream, bytes) => said.push(Buffer.from(bytes).toString()));
    session.on("problem", (text) => said.push(text));
    const attempt = await session.score();
    expect(attempt.outcome.kind).toBe("hidden");
    // It is a score that is looked for below, and it is found where it lies.
    expect(filesWithScore(join(root, "box", "runs"))).not.toEqual([]);
    writeFileSync(join(session.folder.workspace, "solution.py"), "value = None\n");
    const failed = await session.score();
    expect(failed.outcome).toMatchObject({ kind: "invalid", reason: "rejected" });
    await session.submit();

    expect(filesWithScore(root, ["box/runs/"])).toEqual([]);
    const { entries } = await readJournal(root);
    const shown = [
      JSON.stringify(session.state),
      JSON.stringify(describeAttempt(attempt, session.state)),
      JSON.stringify(scoresView(session.state, Date.now())),
      scoresAsTsv(scoresView(session.state, Date.now()), usualOrder),
      attemptRecord(root, session.state, entries, session.state.attempts[0] ?? attempt).text,
      // What a replay of the session shows.
      ...(await readTranscript(root)).events.map((event) => JSON.stringify(event)),
      ...said,
    ];
    expect(shown.filter((text) => /7[.,]6543/.test(text))).toEqual([]);
    expect(session.state.best).toBeNull();
    expect((await verifySession(root)).problems).toEqual([]);

    const exported = async (hiddenScores?: string): Promise<string> => {
      const to = join(temporaryFolder(), "scores.csv");
      const done = await exportSession(root, "csv", systemTime, { to, ...(hiddenScores === undefined ? {} : { hiddenScores }) });
      expect(done.problems).toEqual([]);
      return readFileSync(to, "utf8");
    };
    expect(await exported()).not.toMatch(/7[.,]6543/);
    expect(await exported(sessionFolder(root).runs)).toContain(score);

    const { entries: revealed, problems } = await revealScores(entries, sessionFolder(root).runs);
    expect(problems).toEqual([]);
    const state = stateOf(revealed);
    expect(state?.best).toBe(0);
    expect(state?.attempts[0]?.outcome).toMatchObject({ kind: "scored", score: expect.closeTo(Number(score)) as number });
  });

  test("that was changed afterwards is not taken for the one on record", async () => {
    const root = await newSession(telling, { visible: false });
    const session = await openSession(root);
    const attempt = await session.score();
    const runs = sessionFolder(root).runs;
    const result = join(runs, attempt.run, "result.json");
    writeFileSync(result, readFileSync(result, "utf8").replace("10", "2"));
    const { entries } = await readJournal(root);
    const revealed = await revealScores(entries, runs);
    expect(revealed.problems).toEqual(["Attempt 0: its result is not the one that is on record."]);
    expect(stateOf(revealed.entries)?.attempts[0]?.outcome.kind).toBe("invalid");
    expect((await revealScores(entries, join(root, "nowhere"))).problems).toEqual(["Attempt 0: its result is not in that folder."]);
  });
});

describe.skipIf(whyNoAccounts !== undefined)("a hidden score on a protected box", () => {
  test("never leaves what only the scorer may read: not in output, result or any file of the run", async () => {
    const program = `
import json, os, sys
print("the score is ${score}", flush=True)
print("${score}", file=sys.stderr, flush=True)
with open(os.environ["BASELINER_RESULT"], "w") as file:
    json.dump({"score": ${score}, "message": {"milliseconds": ${score}}}, file)
`;
    const box = await ProtectedBox.provision(writeProtectedTask({ visible: false }, program));
    const run = await box.follow(await box.start());
    expect(run.exit).toMatchObject({ kind: "exited", code: 0, stdoutBytes: 0, stderrBytes: 0 });
    expect(run.output).toBe("");
    const { hidden } = run.result as { hidden?: { commitment: string } };
    expect(hidden?.commitment).toMatch(/^[0-9a-f]{64}$/);
    const { text } = await box.asExpert(`grep -rl '7[.]6543' . 2>/dev/null; cat private/${run.id}/result.json private/${run.id}/nonce 2>&1 | head -c 300`);
    expect(text.split("\n").filter((line) => line.startsWith("./"))).toEqual(["./scoring/score.py"]);
    expect(text).toMatch(/Permission denied/);

    // Who reviews it has what the scorer keeps.
    const started = { seq: 1, at: "2026-01-05T09:00:00.000Z", mono: 0, type: "attempt.started" as const, data: { attempt: 0, kind: "work" as const, run: run.id, snapshot: null }, prev: "" };
    const data = { attempt: 0, score: null, message: {}, changedTo: null, invalid: null, hidden, box: { startedAt: 0, endedAt: 1, aheadMs: 0 }, files: { "stdout.log": null, "stderr.log": null, "result.json": null } };
    const { entries, problems } = await revealScores([started, { ...started, seq: 2, type: "attempt.finished" as const, data }], join(box.root, "private"));
    expect(problems).toEqual([]);
    expect(entries[1]?.data).toMatchObject({ score: Number(score), message: { milliseconds: Number(score) } });
  });

  test("that is none says why", async () => {
    const program = `
import json, os
with open(os.environ["BASELINER_RESULT"], "w") as file:
    json.dump({"score": None, "message": {"error": "results differ", "closest": ${score}}}, file)
`;
    const box = await ProtectedBox.provision(writeProtectedTask({ visible: false }, program));
    const run = await box.follow(await box.start());
    expect(run.result).toEqual({ score: null, message: { error: "results differ" } });
  });
});
