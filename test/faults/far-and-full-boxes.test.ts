import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { readJournal, type Session, verifySession } from "../../src/sessions";
import { hashesOf } from "../../src/tasks";
import { supervisor } from "../support/build";
import { fill, mountMemory, whyNoDisks } from "../support/memory-disk";
import { provisionInto } from "../support/provisioned-folder";
import { provisioned, RemoteExpert } from "../support/remote-session";
import { plainScorer } from "../support/session";
import { Sshd, whyNoSshd } from "../support/sshd";
import { TcpProxy } from "../support/tcp-proxy";
import { temporaryFolder } from "../support/temporary-folder";

/** A session whose clock runs, at the workspace of a box. */
async function working(expert: RemoteExpert): Promise<Session> {
  const session = await expert.open(await expert.create());
  await session.score();
  await session.startClock();
  return session;
}

function write(folder: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

async function filesOf(folder: string): Promise<Record<string, string>> {
  return await hashesOf(new LocalBox(supervisor, systemTime), folder, []);
}

/** What a snapshot holds of a file. */
function inSnapshot(session: Session, commit: string | null, path: string): Buffer {
  return execFileSync("git", ["--git-dir", session.folder.snapshots, "show", `${commit ?? ""}:${path}`]);
}

describe.skipIf(whyNoSshd !== undefined)(`a box that is far away${whyNoSshd === undefined ? "" : ` (${whyNoSshd})`}`, () => {
  /** Prints much and little, with and without pauses, and last of all the value. */
  const scorer = `
value = solution()
for number in range(5):
    print(f"{number} " + "x" * 30000, flush=True)
    time.sleep(0.1)
sys.stderr.write("y" * 30000)
print(value)
result(value)`;
  const printed = (value: number): string => [0, 1, 2, 3, 4].map((number) => `${number} ${"x".repeat(30_000)}\n`).join("") + `${value}\n`;

  test("200 ms there and back is worked on as one nearby, and many files are no further away than one", async () => {
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    sshd.trust(proxy.port);
    proxy.delay(100);
    const expert = new RemoteExpert(sshd, await provisioned(scorer, { files: { "data/input.txt": "1 2 3\n" } }), proxy.port, { keepAliveMs: 5000 });
    const session = await working(expert);
    const [here, there] = [session.folder.workspace, join(expert.boxRoot, "workspace")];
    let said = "";
    session.on("output", (_attempt, stream, bytes) => (said += stream === "stdout" ? Buffer.from(bytes).toString() : ""));
    const turns: number[] = [];
    for (const [number, files] of [[1, 1], [2, 100]] as const) {
      said = "";
      write(here, "solution.py", `value = ${number}\n`);
      for (let at = 0; at < files; at += 1) {
        write(here, `here/${at}.txt`, `${number} ${at}\n`);
        write(there, `there/${at}.txt`, `${number} ${at}\n`);
      }
      write(here, "here/large.bin", randomBytes(400_000));
      write(there, "there/large.bin", randomBytes(400_000));
      const before = proxy.turns;
      const attempt = await session.score();
      turns.push(proxy.turns - before);
      expect(attempt).toMatchObject({ changedWhileScoring: false, outcome: { kind: "scored", score: number } });
      expect(said).toBe(printed(number));
      expect(readFileSync(join(session.folder.root, "attempts", `${number}`, "stdout.log"), "utf8")).toBe(printed(number));
      expect(readFileSync(join(session.folder.root, "attempts", `${number}`, "stderr.log"), "utf8")).toBe("y".repeat(30_000));
      expect(await filesOf(there)).toEqual(await filesOf(here));
      expect(Object.keys(await filesOf(here))).toHaveLength(2 * files + 4);
    }
    const [one = 0, many = 0] = turns;
    expect(many - one).toBeLessThan(50);
    await session.close();
    expect((await readJournal(session.folder.root)).entries.filter(({ type }) => type === "box.lost")).toEqual([]);
    expect(await verifySession(session.folder.root)).toMatchObject({ problems: [], openAttempts: [] });
  });
});

const whyNot = whyNoSshd ?? whyNoDisks;

describe.skipIf(whyNot !== undefined)(`a box whose disk is full${whyNot === undefined ? "" : ` (${whyNot})`}`, () => {
  async function onDisk(scorer: string, config: readonly string[] = []): Promise<{ disk: string; expert: RemoteExpert }> {
    const disk = temporaryFolder();
    mountMemory(disk, "4m");
    const boxRoot = await provisionInto(disk, new LocalBox(supervisor, systemTime), scorer);
    return { disk, expert: new RemoteExpert(await Sshd.start({ config }), boxRoot) };
  }

  const draftsIn = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("draft") || name.endsWith(".tmp"));

  test.each([
    ["with Python", []],
    ["without Python", ["SetEnv BASELINER_WITHOUT_PYTHON=1"]],
  ])("takes nothing that does not fit, is not scored meanwhile, and goes on once there is room (%s)", async (_, config) => {
    const { disk, expert } = await onDisk(plainScorer, config);
    const session = await working(expert);
    const [here, there] = [session.folder.workspace, join(expert.boxRoot, "workspace")];
    const free = fill(disk, 300_000);
    const model = randomBytes(1_000_000);
    write(here, "model.bin", model);
    write(here, "solution.py", "value = 4\n");
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(session.score()).rejects.toMatchObject({ reason: "box-disk-full", message: "The disk of the box is full; your changes are kept here: free some room there." });
    }
    expect(session.mirror?.state).toMatchObject({ kind: "paused", reason: "box-disk-full" });
    expect(session.state.attempts).toHaveLength(1);
    expect(readdirSync(join(expert.boxRoot, "runs"))).toHaveLength(1);
    expect(readFileSync(join(here, "model.bin")).equals(model)).toBe(true);
    expect(readFileSync(join(here, "solution.py"), "utf8")).toBe("value = 4\n");
    await vi.waitFor(() => expect(draftsIn(there)).toEqual([]), 10_000);
    expect(existsSync(join(there, "model.bin"))).toBe(false);
    free();
    const attempt = await session.score();
    expect(attempt).toMatchObject({ number: 1, changedWhileScoring: false, outcome: { kind: "scored", score: 4 } });
    expect(await filesOf(there)).toEqual(await filesOf(here));
    expect(inSnapshot(session, attempt.snapshot, "model.bin").equals(model)).toBe(true);
    expect(inSnapshot(session, attempt.snapshot, "solution.py").toString()).toBe("value = 4\n");
    await session.close();
    expect(await verifySession(session.folder.root)).toMatchObject({ problems: [], openAttempts: [], attempts: 2 });
  });

  test("starts no run that it could not record, and does once there is room", async () => {
    const { disk, expert } = await onDisk(plainScorer);
    const session = await working(expert);
    write(session.folder.workspace, "solution.py", "value = 5\n");
    await session.mirror?.settle();
    for (const left of [0, 4096]) {
      const free = fill(disk, left);
      await expect(session.score()).rejects.toMatchObject({ reason: "disk-full", message: "The run could not be recorded and was not started: the disk is full." });
      free();
    }
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 5 });
    expect(session.state.attempts.map(({ outcome }) => outcome.kind)).toEqual(["scored", "failed", "failed", "scored"]);
    await session.close();
    expect(await verifySession(session.folder.root)).toMatchObject({ problems: [], openAttempts: [], attempts: 4 });
  });

  test("in the middle of a scoring says so, loses no attempt, and records once there is room how that ended", async () => {
    const { disk, expert } = await onDisk(`
value = solution()
runs = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[0]))), "runs")
if value != 10 and not os.path.exists(runs + "/tried"):
    print("begun", flush=True)
    while not os.path.exists(runs + "/go"): time.sleep(0.02)
    try:
        print("x" * 100000, flush=True)
    except OSError:
        open(runs + "/tried", "w").close()
        raise
result(value)`);
    const session = await working(expert);
    write(session.folder.workspace, "solution.py", "value = 6\n");
    let said = "";
    session.on("output", (_attempt, _stream, bytes) => (said += Buffer.from(bytes).toString()));
    const scoring = session.score();
    scoring.catch(() => undefined);
    await vi.waitFor(() => expect(said).toBe("begun\n"), 30_000);
    const free = fill(disk);
    write(join(expert.boxRoot, "runs"), "go", "");
    await expect(scoring).rejects.toMatchObject({ reason: "disk-full", message: expect.stringContaining("The disk of the box is full; the run goes on") as string });
    expect(session.state.attempts[1]?.outcome.kind).toBe("running");
    await vi.waitFor(() => expect(existsSync(join(expert.boxRoot, "runs", "tried"))).toBe(true), 10_000);
    free();
    await session.recoverAttempts();
    expect(session.state.attempts[1]?.outcome.kind).toBe("invalid");
    const run = session.state.attempts[1]?.run ?? "";
    const [kept, printed] = [join(session.folder.root, "attempts", "1"), join(expert.boxRoot, "runs", run)].map((folder) => readFileSync(join(folder, "stdout.log"), "utf8"));
    expect(kept).toBe(printed);
    expect((await session.score()).outcome).toMatchObject({ kind: "scored", score: 6 });
    await session.close();
    expect(await verifySession(session.folder.root)).toMatchObject({ problems: [], openAttempts: [], attempts: 3 });
  });
});
