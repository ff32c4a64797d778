import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { attemptFolder, verifySession } from "../../src/sessions";
import { newSession, openSession } from "../support/session";

/** Scores a task with this scoring function and checks that the record is whole afterwards. */
async function scoreWith(scorer: string, scoring: Record<string, unknown> = {}) {
  const root = await newSession(scorer, scoring);
  const session = await openSession(root);
  const attempt = await session.score();
  const found = await verifySession(root);
  expect(found.problems).toEqual([]);
  expect(found.openAttempts).toEqual([]);
  expect(session.state.attempts).toHaveLength(1);
  return { root, session, attempt, outcome: attempt.outcome };
}

describe("a scoring function that", () => {
  test("does as agreed gives a scored attempt with its message", async () => {
    const { outcome } = await scoreWith("result(solution(), said='ok')");
    expect(outcome).toMatchObject({ kind: "scored", score: 10, normalised: 0, message: { said: "ok" } });
  });

  test.each([
    ["prints garbage and writes nothing", "sys.stdout.buffer.write(bytes(range(256)) * 40)", "no-result"],
    ["writes NaN", "result(float('nan'))", "not-a-number"],
    ["writes garbage", "open(os.environ['BASELINER_RESULT'], 'wb').write(b'\\xff\\x00{')", "bad-result"],
    ["writes 2 MB", "result(1, said='x' * 2_000_000)", "bad-result"],
    ["writes a folder in place of the result", "os.mkdir(os.environ['BASELINER_RESULT'])", "bad-result"],
    ["is killed", "os.kill(os.getpid(), 9)", "killed"],
    ["writes a good result and is then killed", "result(1)\nos.kill(os.getpid(), 9)", "killed"],
    ["fails", "result(1)\nsys.exit(3)", "failed"],
    ["rejects the solution", "result(None, error='The value is odd.')", "rejected"],
  ])("%s makes an invalid attempt that says so", async (_name, scorer, reason) => {
    const { outcome } = await scoreWith(scorer);
    expect(outcome).toMatchObject({ kind: "invalid", reason });
    expect(outcome.kind === "invalid" ? outcome.text : "").toMatch(/^[^\n]+\.$/);
  });

  test("hangs is stopped at its time limit with all that it started", async () => {
    const { root, outcome, attempt } = await scoreWith(
      "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\nprint(child.pid, flush=True)\ntime.sleep(600)",
      { timeoutSeconds: 1 },
    );
    expect(outcome).toMatchObject({ kind: "invalid", reason: "timed-out" });
    const pid = Number(readFileSync(join(attemptFolder(root, attempt.number), "stdout.log"), "utf8"));
    expect(isAlive(pid)).toBe(false);
  });

  test("ignores a request to end is stopped all the same", async () => {
    const { outcome } = await scoreWith("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)", { timeoutSeconds: 1 });
    expect(outcome).toMatchObject({ kind: "invalid", reason: "timed-out" });
  });

  test("leaves a process behind does not keep it beyond the attempt", async () => {
    const { root, attempt } = await scoreWith(
      "import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid, flush=True)\nresult(5)",
    );
    const pid = Number(readFileSync(join(attemptFolder(root, attempt.number), "stdout.log"), "utf8"));
    expect(isAlive(pid)).toBe(false);
  });

  test("prints 100 MB has every byte kept, and the score counts", async () => {
    const { root, outcome, attempt } = await scoreWith("for _ in range(100):\n    sys.stdout.write('0123456789abcde\\n' * 65536)\nresult(4)");
    expect(outcome).toMatchObject({ kind: "scored", score: 4 });
    expect(statSync(join(attemptFolder(root, attempt.number), "stdout.log")).size).toBe(100 * 1024 * 1024);
  });

  test("needs a program that is not there makes an invalid attempt that names it", async () => {
    const { outcome } = await scoreWith("", { command: ["python3-that-is-not-there", "x"] });
    expect(outcome).toMatchObject({ kind: "invalid", reason: "not-started" });
    expect(outcome.kind === "invalid" ? outcome.text : "").toContain("python3-that-is-not-there is not installed or not on the PATH");
  });

  test("meets a syntax error in the solution makes an invalid attempt whose output shows it", async () => {
    const root = await newSession("result(solution())");
    const session = await openSession(root);
    await session.startClock();
    writeFileSync(join(root, "workspace", "solution.py"), "value = = 3\n");
    const attempt = await session.score();
    expect(attempt.outcome).toMatchObject({ kind: "invalid", reason: "failed" });
    expect(readFileSync(join(attemptFolder(root, 0), "stderr.log"), "utf8")).toContain("SyntaxError");
  });

  test("is cancelled ends at once, as an invalid attempt", async () => {
    const session = await openSession(await newSession("print('on', flush=True)\ntime.sleep(600)", { timeoutSeconds: 600 }));
    session.once("output", () => void session.cancelScoring());
    expect((await session.score()).outcome).toMatchObject({ kind: "invalid", reason: "cancelled" });
  });
});

describe("files that decide the score", () => {
  test("that were changed go on record with every attempt they may have touched", async () => {
    const root = await newSession("result(solution())");
    const session = await openSession(root);
    await session.score();
    expect(session.state.integrityChanges).toEqual([]);
    await session.startClock();
    writeFileSync(join(root, "box", "scoring", "score.py"), "import json, os\njson.dump({'score': 0}, open(os.environ['BASELINER_RESULT'], 'w'))\n");
    writeFileSync(join(root, "box", "scoring", "json.py"), "");
    await session.score();
    expect(session.state.integrityChanges[0]).toMatchObject({ when: "before", attempt: 1, changed: ["scoring/score.py"], added: ["scoring/json.py"] });
  });

  test("that are changed by the solution while it is scored go on record", async () => {
    const root = await newSession("result(solution())");
    writeFileSync(
      join(root, "workspace", "solution.py"),
      "import os\nvalue = 1\nruns = os.path.dirname(os.path.dirname(os.environ['BASELINER_RESULT']))\nopen(os.path.join(runs, '../scoring/score.py'), 'a').write('# changed')\n",
    );
    const session = await openSession(root);
    await session.startClock();
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 1 });
    expect(session.state.integrityChanges).toEqual([expect.objectContaining({ when: "after", attempt: 0 })]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that has ended and that nobody has asked about yet still has its number.
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}
