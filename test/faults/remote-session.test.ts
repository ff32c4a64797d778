import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { readJournal, type Session, verifySession } from "../../src/sessions";
import { plainScorer } from "../support/session";
import { provisioned, RemoteExpert } from "../support/remote-session";
import { Sshd, whyNoSshd } from "../support/sshd";
import { TcpProxy } from "../support/tcp-proxy";
import { temporaryFolder } from "../support/temporary-folder";

/** Prints, waits for a file `go` beside the runs, prints on, and scores the value that it read at its beginning. */
const waitingScorer = `
import time
value = solution()
print("begun", flush=True)
go = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[0]))), "runs", "go")
for _ in range(3000):
    if os.path.exists(go): break
    time.sleep(0.01)
sys.stdout.write("x" * 100000 + "end\\n")
sys.stdout.flush()
result(value)`;

const waiting = { scoring: { command: ["python3", "-S", "${task}/scoring/score.py"] } };

async function entriesOf(session: Session) {
  return (await readJournal(session.folder.root)).entries;
}

/** A session whose clock runs, at the workspace of a box. */
async function working(expert: RemoteExpert): Promise<Session> {
  const session = await expert.open(await expert.create());
  await session.score();
  await session.startClock();
  return session;
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await vi.waitFor(async () => { if (!(await condition())) throw new Error(`not yet: ${what}`); }, { timeout: 30_000, interval: 30 });
}

const onBox = (expert: RemoteExpert, path: string): string => join(expert.boxRoot, "workspace", path);

describe.skipIf(whyNoSshd !== undefined)(`a session on a box over SSH${whyNoSshd === undefined ? "" : ` (${whyNoSshd})`}`, () => {
  test("brings the starting solution here, scores it off the clock, and scores what was edited here", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(plainScorer, { files: { "data/input.txt": "1 2 3\n" } }));
    const session = await working(expert);
    expect(readFileSync(join(session.folder.workspace, "data/input.txt"), "utf8")).toBe("1 2 3\n");
    expect(session.state.attempts[0]).toMatchObject({ kind: "start", outcome: { kind: "scored", score: 10 } });
    writeFileSync(join(session.folder.workspace, "solution.py"), "value = 4\n");
    const attempt = await session.score();
    expect(attempt).toMatchObject({ kind: "work", changedWhileScoring: false, outcome: { kind: "scored", score: 4 } });
    expect(readFileSync(onBox(expert, "solution.py"), "utf8")).toBe("value = 4\n");
    await session.close();
    expect(await verifySession(session.folder.root)).toMatchObject({ problems: [], attempts: 2, openAttempts: [] });
  });

  test("does not score off the clock what was edited here and had not reached the box yet", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(plainScorer));
    const session = await expert.open(await expert.create());
    writeFileSync(join(session.folder.workspace, "solution.py"), "value = 1\n");
    await expect(session.score()).rejects.toMatchObject({ reason: "clock" });
    expect(session.state.attempts).toEqual([]);
    await session.startClock();
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 1 });
  });

  test("brings here what is changed on the box, and scores it", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(plainScorer));
    const session = await working(expert);
    writeFileSync(onBox(expert, "solution.py"), "value = 3\n");
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 3 });
    expect(readFileSync(join(session.folder.workspace, "solution.py"), "utf8")).toBe("value = 3\n");
  });

  test("keeps both versions of a file that both sides changed, and records that once, also when it is opened again", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(plainScorer));
    const session = await working(expert);
    await session.close();
    writeFileSync(join(session.folder.workspace, "solution.py"), "value = 5\n");
    writeFileSync(onBox(expert, "solution.py"), "value = 6\n");
    const again = await expert.open(session.folder.root);
    const problems: string[] = [];
    again.on("problem", (text) => problems.push(text));
    expect((await again.score()).outcome).toMatchObject({ score: 5 });
    const [conflict] = again.state.conflicts;
    expect(conflict?.path).toBe("solution.py");
    expect(readFileSync(join(again.folder.workspace, conflict?.keptAs ?? ""), "utf8")).toBe("value = 6\n");
    expect(readFileSync(onBox(expert, conflict?.keptAs ?? ""), "utf8")).toBe("value = 6\n");
    await again.close();
    const third = await expert.open(session.folder.root);
    await third.score();
    expect(third.state.conflicts).toHaveLength(1);
    expect(problems).toHaveLength(1);
  });

  test("does not begin where the box was worked on before", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(plainScorer));
    writeFileSync(onBox(expert, "solution.py"), "value = 1\n");
    await expect(expert.create()).rejects.toMatchObject({ reason: "box-used" });
    expect(readdirSync(expert.sessionsFolder)).toEqual([]);
  });

  test("leaves the scored files alone while they are scored, and brings over what was edited meanwhile afterwards", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(waitingScorer, waiting));
    writeFileSync(join(expert.boxRoot, "runs", "go"), "");
    const session = await expert.open(await expert.create());
    rmSync(join(expert.boxRoot, "runs", "go"));
    const scoring = session.score();
    let said = "";
    session.on("output", (_attempt, _stream, bytes) => (said += Buffer.from(bytes).toString()));
    await until(() => said.includes("begun"), "the run prints");
    writeFileSync(join(session.folder.workspace, "solution.py"), "value = 2\n");
    await until(() => { const state = session.mirror?.state; return state?.kind === "held" && state.waiting > 0; }, "the mirror notes the edit");
    expect(readFileSync(onBox(expert, "solution.py"), "utf8")).toBe("value = 10\n");
    writeFileSync(join(expert.boxRoot, "runs", "go"), "");
    await scoring;
    expect(session.state.attempts[0]).toMatchObject({ changedWhileScoring: false, outcome: { score: 10 } });
    await until(() => readFileSync(onBox(expert, "solution.py"), "utf8") === "value = 2\n", "the edit is on the box");
  });

  test("records that files on the box changed while they were scored", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(`open("left.txt", "w").write("behind")\nresult(solution())`));
    const session = await expert.open(await expert.create());
    await session.score();
    expect(session.state.attempts[0]).toMatchObject({ changedWhileScoring: true });
    expect(readFileSync(join(session.folder.workspace, "left.txt"), "utf8")).toBe("behind");
  });

  test("records scoring files that were changed on the box, and goes on", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(plainScorer));
    const session = await working(expert);
    writeFileSync(join(expert.boxRoot, "scoring", "score.py"), `${readFileSync(join(expert.boxRoot, "scoring", "score.py"), "utf8")}\n# mine\n`);
    await session.score();
    expect(session.state.integrityChanges.map(({ when, changed }) => ({ when, changed }))).toEqual([
      { when: "before", changed: ["scoring/score.py"] },
      { when: "after", changed: ["scoring/score.py"] },
    ]);
  });

  test.each<[string, (proxy: TcpProxy, session: Session) => void]>([
    ["is cut", (proxy) => proxy.cutAfterDownward(40_000)],
    ["falls silent", (proxy, session) => {
      proxy.dropSilently();
      session.box?.connection?.subscribe(({ state }) => {
        if (state === "lost") {
          proxy.workAgain();
        }
      });
    }],
  ])("finishes an attempt with its whole output where the connection %s in the middle of it", async (_, breakIt) => {
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    sshd.trust(proxy.port);
    const expert = new RemoteExpert(sshd, await provisioned(waitingScorer, waiting), proxy.port);
    const session = await expert.open(await expert.create());
    let said = "";
    session.on("output", (_attempt, _stream, bytes) => (said += Buffer.from(bytes).toString()));
    const scoring = session.score();
    await until(() => said.includes("begun"), "the run prints");
    breakIt(proxy, session);
    writeFileSync(join(expert.boxRoot, "runs", "go"), "");
    const attempt = await scoring;
    expect(attempt.outcome).toMatchObject({ kind: "scored", score: 10 });
    const log = readFileSync(join(session.folder.root, "attempts", "0", "stdout.log"), "utf8");
    expect(log).toBe(`begun\n${"x".repeat(100_000)}end\n`);
    expect(said).toBe(log);
    await session.close();
    const lost = (await entriesOf(session)).filter(({ type }) => type === "box.lost");
    expect(lost.length).toBeGreaterThanOrEqual(1);
    expect(await verifySession(session.folder.root)).toMatchObject({ problems: [], openAttempts: [] });
  });

  test("takes up a run that went on while nothing had the session open", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(waitingScorer, waiting));
    const root = await expert.create();
    const first = await expert.open(root);
    let said = "";
    first.on("output", (_attempt, _stream, bytes) => (said += Buffer.from(bytes).toString()));
    const scoring = first.score();
    const over = scoring.catch(() => undefined);
    await until(() => said.includes("begun"), "the run prints");
    await first.close();
    await over;
    writeFileSync(join(expert.boxRoot, "runs", "go"), "");
    const second = await expert.open(root);
    await second.connectBox();
    await until(() => second.state.attempts[0]?.outcome.kind === "scored", "the attempt has its score");
    expect(readFileSync(join(root, "attempts", "0", "stdout.log"), "utf8")).toBe(`begun\n${"x".repeat(100_000)}end\n`);
  });

  test("starts a run that was asked for while the connection was away, once, when it is back", async () => {
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    sshd.trust(proxy.port);
    const expert = new RemoteExpert(sshd, await provisioned(plainScorer), proxy.port);
    const session = await working(expert);
    // Cut at many places on the way from the settling to the end of the run.
    for (let bytes = 2000; bytes <= 14_000; bytes += 2000) {
      writeFileSync(join(session.folder.workspace, "solution.py"), `value = ${bytes}\n`);
      proxy.cutAfterUpward(bytes);
      const attempt = await session.score();
      expect(attempt.outcome).toMatchObject({ kind: "scored", score: bytes });
    }
    const runs = readdirSync(join(expert.boxRoot, "runs"));
    expect(runs).toHaveLength(session.state.attempts.length);
    await session.close();
    expect((await verifySession(session.folder.root)).problems).toEqual([]);
  });

  test("says that the box is out of reach, scores nothing, and keeps edits until it is back", async () => {
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    sshd.trust(proxy.port);
    const expert = new RemoteExpert(sshd, await provisioned(plainScorer), proxy.port, { patienceMs: 300 });
    const session = await working(expert);
    proxy.refuse();
    proxy.cut();
    await until(() => session.box?.connection?.status.state !== "connected", "the cut is noticed");
    writeFileSync(join(session.folder.workspace, "solution.py"), "value = 7\n");
    const before = session.state.attempts.length;
    await expect(session.score()).rejects.toMatchObject({ reason: "unreachable" });
    expect(session.state.attempts).toHaveLength(before);
    proxy.workAgain();
    await until(() => readFileSync(onBox(expert, "solution.py"), "utf8") === "value = 7\n", "the edit arrives by itself");
    expect((await session.score()).outcome).toMatchObject({ score: 7 });
  });

  test("cancels a run on the box with all its processes", async () => {
    const expert = new RemoteExpert(await Sshd.start(), await provisioned(waitingScorer, waiting));
    const session = await expert.open(await expert.create());
    let said = "";
    session.on("output", (_attempt, _stream, bytes) => (said += Buffer.from(bytes).toString()));
    const scoring = session.score();
    await until(() => said.includes("begun"), "the run prints");
    await session.cancelScoring();
    expect((await scoring).outcome).toMatchObject({ kind: "invalid", reason: "cancelled" });
  });

  test("records a run as lost whose box was rebooted in the middle of it", async () => {
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    sshd.trust(proxy.port);
    const expert = new RemoteExpert(sshd, await provisioned(waitingScorer, waiting), proxy.port);
    const session = await expert.open(await expert.create());
    let said = "";
    session.on("output", (_attempt, _stream, bytes) => (said += Buffer.from(bytes).toString()));
    const scoring = session.score();
    await until(() => said.includes("begun"), "the run prints");
    const run = session.state.attempts[0]?.run ?? "";
    proxy.refuse();
    proxy.cut();
    // All processes are gone at once, their files are there.
    await killProcessesNaming(run);
    await killProcessesNaming(join(expert.boxRoot, "scoring", "score.py"));
    proxy.workAgain();
    expect((await scoring).outcome).toMatchObject({ kind: "lost" });
    expect(readFileSync(join(session.folder.root, "attempts", "0", "stdout.log"), "utf8")).toBe("begun\n");
    expect(existsSync(join(expert.boxRoot, "runs", run))).toBe(true);
  });

  test("on a box whose clock is three hours ahead keeps our time, and records the box's and how far it is off", async () => {
    const threeHours = 3 * 3600 * 1000;
    const programs = temporaryFolder();
    writeFileSync(join(programs, "date"), '#!/bin/sh\nexec /bin/date -d "+3 hours" "$@"\n', { mode: 0o755 });
    const sshd = await Sshd.start({ config: [`SetEnv PATH=${programs}:/usr/local/bin:/usr/bin:/bin`] });
    const expert = new RemoteExpert(sshd, await provisioned(plainScorer));
    const session = await working(expert);
    await session.score();
    const entries = await entriesOf(session);
    const data = (type: string): Record<string, unknown> => entries.findLast((entry) => entry.type === type)?.data ?? {};
    const near = (expected: number) => (value: unknown): boolean => Math.abs(Number(value) - expected) < 60_000;
    expect(data("box.connected")["aheadMs"]).toSatisfy(near(threeHours));
    const box = data("attempt.finished")["box"] as Record<string, unknown>;
    expect(box["aheadMs"]).toSatisfy(near(threeHours));
    expect(box["startedAt"]).toSatisfy(near(Date.now() + threeHours));
    expect(session.state.attempts[1]?.startedAt).toSatisfy(near(Date.now()));
    expect(session.state.attempts[1]?.elapsedMs).toBeLessThan(60_000);
    expect(session.state.attempts[1]).toMatchObject({ changedWhileScoring: false, outcome: { kind: "scored" } });
    expect((await verifySession(session.folder.root)).problems).toEqual([]);
  });

  test("outlives a connection that is cut and back fifty times, and records each time", async () => {
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    sshd.trust(proxy.port);
    const expert = new RemoteExpert(sshd, await provisioned(waitingScorer, waiting), proxy.port);
    const session = await expert.open(await expert.create());
    let said = "";
    session.on("output", (_attempt, _stream, bytes) => (said += Buffer.from(bytes).toString()));
    const scoring = session.score();
    await until(() => said.includes("begun"), "the run prints");
    for (let cut = 0; cut < 50; cut += 1) {
      proxy.cut();
      await until(() => session.box?.connection?.status.state !== "connected", "the cut is noticed");
      await until(() => session.box?.connection?.status.state === "connected", "the connection is back");
    }
    writeFileSync(join(expert.boxRoot, "runs", "go"), "");
    expect((await scoring).outcome).toMatchObject({ kind: "scored" });
    expect(said).toBe(`begun\n${"x".repeat(100_000)}end\n`);
    await session.close();
    expect((await entriesOf(session)).filter(({ type }) => type === "box.lost").length).toBeGreaterThanOrEqual(50);
    expect(await verifySession(session.folder.root)).toMatchObject({ problems: [], openAttempts: [] });
  });
});

/** SIGKILL to every process whose command line or environment names this, as a power cut would. */
async function killProcessesNaming(text: string): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) {
    for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      try {
        if (readFileSync(`/proc/${id}/cmdline`, "latin1").includes(text) || readFileSync(`/proc/${id}/environ`, "latin1").includes(text)) {
          process.kill(Number(id), "SIGKILL");
        }
      } catch {
        // Gone already.
      }
    }
    await delay(20);
  }
}

