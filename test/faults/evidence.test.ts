// What a session leaves as evidence: snapshots while somebody works, and what still tells of lines that were taken out of the journal
// together with what they name.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { journalFileName, readJournal, Session, type SessionState, verifySession } from "../../src/sessions";
import { headFileName, headText } from "../../src/sessions/journal-head";
import { supervisor } from "../support/build";
import { newSession, openSession, surroundings } from "../support/session";
import { temporaryFolder } from "../support/temporary-folder";

const git = (root: string, ...args: string[]): string => execFileSync("git", ["--git-dir", join(root, "snapshots.git"), ...args], { encoding: "utf8", stdio: "pipe" }).trim();

const solution = (root: string, text: string): void => writeFileSync(join(root, "workspace", "solution.py"), text);

/** A session with two attempts, closed. */
async function twoAttempts(): Promise<string> {
  const root = await newSession();
  const session = await openSession(root);
  await session.startClock();
  await session.score();
  solution(root, "value = 7\n");
  await session.score();
  await session.close();
  return root;
}

/** Takes the last attempt back: its lines and all behind them, its run, its output, and where the journal ends. */
async function takeLastAttemptBack(root: string): Promise<void> {
  const lines = readFileSync(join(root, journalFileName), "utf8").trimEnd().split("\n");
  const { entries, lineHashes } = await readJournal(root);
  const snapshot = entries.findLastIndex(({ type }) => type === "snapshot.taken");
  const started = entries.findLast((entry) => entry.type === "attempt.started");
  writeFileSync(join(root, journalFileName), lines.slice(0, snapshot).map((line) => `${line}\n`).join(""));
  writeFileSync(join(root, headFileName), headText({ seq: snapshot - 1, sha256: lineHashes[snapshot - 1] ?? "" }));
  rmSync(join(root, "attempts", "1"), { recursive: true });
  rmSync(join(root, "box", "runs", started?.data.run ?? "none"), { recursive: true });
}

describe("an attempt that is taken out of a session with all that it left", () => {
  test("is told of by its snapshot on the branch; one that hangs loose could be what a crash left", async () => {
    const root = await twoAttempts();
    await takeLastAttemptBack(root);
    const snapshot = git(root, "rev-parse", "session");
    git(root, "update-ref", "refs/heads/session", "session~1");
    const session = await openSession(root);
    solution(root, "value = 5\n");
    await session.score();
    await session.close();
    expect((await verifySession(root)).problems).toEqual([]);
    git(root, "update-ref", "refs/heads/session", snapshot);
    expect((await verifySession(root)).problems).not.toEqual([]);
  });

  test("is told of by the box where nothing on the expert's computer tells of it any more", async () => {
    const root = await twoAttempts();
    const box = join(temporaryFolder(), "box");
    cpSync(join(root, "box"), box, { recursive: true });
    const witness = { box: new LocalBox(supervisor, systemTime), runs: join(box, "runs") };
    expect((await verifySession(root, { witness })).problems).toEqual([]);
    await takeLastAttemptBack(root);
    git(root, "update-ref", "refs/heads/session", "session~1");
    git(root, "reflog", "expire", "--expire=now", "--all");
    git(root, "gc", "--quiet", "--prune=now");
    expect((await verifySession(root)).problems).toEqual([]);
    expect((await verifySession(root, { witness })).problems).toEqual([expect.stringMatching(/^On the box, run [0-9a-f-]{36} is not in the journal\.$/)]);
  });
});

describe("snapshots", () => {
  test("that were damaged on the disk are found, whichever file of whichever attempt it is", async () => {
    const root = await twoAttempts();
    const blob = git(root, "rev-parse", "session~1:solution.py");
    const path = join(root, "snapshots.git", "objects", blob.slice(0, 2), blob.slice(2));
    rmSync(path);
    expect((await verifySession(root)).problems).toContainEqual(expect.stringMatching(/^Attempt 0: its snapshot .* is missing or damaged/));
  });

  test("of another history are found, even where their files are the same", async () => {
    const root = await twoAttempts();
    const anew = git(root, "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree", "-m", "Attempt 1", "session^{tree}");
    git(root, "update-ref", "refs/heads/session", anew);
    expect((await verifySession(root)).problems).toContainEqual(expect.stringContaining("The chain of snapshots is not the one that the journal names"));
  });

  test("that a crash kept out of the journal are no fault, and are taken into it with the next one", async () => {
    const root = await twoAttempts();
    const { lineHashes } = await readJournal(root);
    const head = `Journal: ${lineHashes.length - 1} ${lineHashes.at(-1) ?? ""}`;
    const unrecorded = git(root, "-c", "user.name=x", "-c", "user.email=x@y", "commit-tree", "-p", "session", "-m", `Work\n\n${head}`, "session~1^{tree}");
    git(root, "update-ref", "refs/heads/session", unrecorded);
    expect((await verifySession(root)).problems).toEqual([]);
    const session = await openSession(root);
    solution(root, "value = 3\n");
    await session.score();
    await session.close();
    expect((await verifySession(root)).problems).toEqual([]);
    expect(session.state.snapshots.map(({ commit }) => commit)).toEqual(git(root, "rev-list", "--reverse", "session").split("\n"));
  });
});

describe("while somebody works", () => {
  const often = 50;

  async function working(root: string): Promise<Session> {
    const session = await Session.open(root, { ...surroundings(), snapshotEveryMs: often });
    await session.startClock();
    return session;
  }

  const kept = (state: SessionState): number => state.snapshots.length;

  test("what changes is kept every few minutes and when the window closes, and what does not change is not", async () => {
    const root = await newSession();
    const session = await working(root);
    await vi.waitUntil(() => kept(session.state) === 1, { timeout: 20_000 });
    solution(root, "value = 6\n");
    await vi.waitUntil(() => kept(session.state) === 2, { timeout: 20_000 });
    await session.pauseClock("Meal");
    solution(root, "value = 5\n");
    await session.resumeClock();
    await session.close();
    expect(git(root, "show", "session:solution.py")).toBe("value = 5");
    expect((await verifySession(root)).problems).toEqual([]);
    const count = kept(session.state);
    const again = await openSession(root);
    await again.close();
    expect(kept(again.state)).toBe(count);
  });

  test("large files are left out of it and named", async () => {
    const root = await newSession();
    writeFileSync(join(root, "workspace", "model.bin"), Buffer.alloc(60 * 1024 * 1024));
    const session = await working(root);
    await vi.waitUntil(() => kept(session.state) === 1, { timeout: 20_000 });
    await session.close();
    expect(session.state.snapshots[0]?.leftOut).toEqual(["model.bin"]);
    expect(git(root, "ls-tree", "-r", "--name-only", "session")).toBe("solution.py");
  });

  test("a scoring goes first: its snapshot is the one that is taken, and both are on record", async () => {
    const root = await newSession();
    for (let index = 0; index < 400; index += 1) {
      writeFileSync(join(root, "workspace", `file-${index}.txt`), `${index}\n`.repeat(200));
    }
    const session = await working(root);
    for (const value of [8, 7, 6]) {
      solution(root, `value = ${value}\n`);
      utimesSync(join(root, "workspace", "solution.py"), new Date(), new Date());
      await session.score();
    }
    await session.close();
    expect((await verifySession(root)).problems).toEqual([]);
    expect(session.state.attempts.map(({ snapshot }) => git(root, "show", `${snapshot ?? ""}:solution.py`))).toEqual(["value = 8", "value = 7", "value = 6"]);
    expect(existsSync(join(root, "snapshots.git", "refs", "heads", "session.lock"))).toBe(false);
    expect(readdirSync(join(root, "snapshots.git")).filter((name) => name.startsWith("index-"))).toEqual([]);
  });
});
