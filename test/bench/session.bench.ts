// What a session costs on top of what is done in it: scoring through Baseliner
// against the scoring command by hand, and a journal entry against a plain
// append with fsync.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, cpSync, fsyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { scoresView } from "../../src/editor/scores-view";
import { createSession, describeAttempt, JournalWriter, parseJournal, readJournal, Session, stateOf } from "../../src/sessions";
import { loadTask } from "../../src/tasks";
import { liveThrough } from "../support/long-session";

const scorings = 15;
const entries = 400;

export async function bench(root: string) {
  const place = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  try {
    return [await scoring(root, place), await journal(place), ...(await opening(root, place)), ...(await kernels(root, place))];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Scoring a task whose scorer does next to nothing, so that what is measured is what surrounds it. */
async function scoring(root: string, place: string) {
  const task = join(place, "task");
  cpSync(join(root, "tasks", "optimize-kernel"), task, { recursive: true });
  const box = new LocalBox(join(root, "dist", "supervisor.js"), systemTime);
  const loaded = await loadTask(task);
  const profile = loaded.task.profiles["cpu"];
  if (profile === undefined) {
    throw new Error("no profile cpu");
  }
  profile.env["KERNEL_ELEMENTS"] = "1000";
  const session = await Session.open(
    await createSession({ sessionsFolder: join(place, "sessions"), task: loaded, profile: "cpu", participant: "bench" }, box, systemTime),
    { time: systemTime, boxFor: () => box, holder: "the benchmark" },
  );
  await session.startClock();
  const environment = { ...process.env, ...profile.env, BASELINER_RESULT: join(place, "result.json") };
  const [program = "", ...rest] = loaded.task.scoring.command.map((part) => part.replaceAll("${task}", task));
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < scorings; round += 1) {
    ours.push(await timed(() => session.score()));
    theirs.push(await timed(() => Promise.resolve(execFileSync(program, rest, { cwd: session.folder.workspace, env: environment, stdio: "pipe" }))));
  }
  await session.close();
  return compared("Score, snapshot and journal included, against the scoring command by hand", ours, theirs);
}

async function journal(place: string) {
  const folder = join(place, "journal");
  mkdirSync(folder);
  const writer = await JournalWriter.create(folder, systemTime);
  const plain = openSync(join(folder, "plain.log"), "a");
  const line = Buffer.from(`${"x".repeat(300)}\n`);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let entry = 0; entry < entries; entry += 1) {
    ours.push(await timed(() => writer.append("note.added", { text: `note ${entry}` })));
    theirs.push(
      await timed(() => {
        writeSync(plain, line);
        fsyncSync(plain);
        return Promise.resolve();
      }),
    );
  }
  closeSync(plain);
  await writer.close();
  return compared("A journal entry against a plain append with fsync", ours, theirs);
}

/**
 * A day's session with 500 attempts and 2000 notes, from its journal on the disk to all that its views show: against reading the same
 * file and parsing its lines as JSON alone, and against the 300 ms that it may take.
 */
async function opening(root: string, place: string) {
  const box = new LocalBox(join(root, "dist", "supervisor.js"), systemTime);
  const task = await loadTask(join(root, "test", "fixtures", "tasks", "halving"));
  const folder = await createSession({ sessionsFolder: join(place, "long"), task, profile: "cpu", participant: "bench" }, box, systemTime);
  liveThrough(folder, { attempts: 500, notes: 2000, from: Date.now() - 8 * 3_600_000, until: Date.now() - 1000 });
  const { problems, entries } = parseJournal(readFileSync(join(folder, "session.jsonl")));
  if (problems.length > 0 || entries.length < 3000) {
    throw new Error("the long journal is not what it should be");
  }
  const shown: number[] = [];
  const opened: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    shown.push(
      await timed(async () => {
        const state = stateOf((await readJournal(folder)).entries);
        if (state?.attempts.map((attempt) => describeAttempt(attempt, state)).length !== 500 || scoresView(state, Date.now()).rows.length !== 500) {
          throw new Error("not all attempts are there");
        }
      }),
    );
    plain.push(await timed(() => Promise.resolve(readFileSync(join(folder, "session.jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as unknown))));
    opened.push(
      await timed(async () => {
        const session = await Session.open(folder, { time: systemTime, boxFor: () => box, holder: "the benchmark" });
        await session.close();
      }),
    );
  }
  const [limit, whole] = [300, median(opened)];
  return [
    compared("500 attempts and 2000 notes, from the journal to rows and panel, against JSON.parse of its lines", shown, plain),
    { what: "the same opened for writing and closed, against its limit", ours: `${whole.toFixed(2)} ms`, theirs: `${limit} ms`, ratio: whole / limit, target: 1 },
  ];
}

/** How much faster the better solutions of the demo task are than its start, by its own scorer. */
async function kernels(root: string, place: string) {
  const task = await loadTask(join(root, "tasks", "optimize-kernel"));
  const milliseconds = (solution: string, more: NodeJS.ProcessEnv = {}): number[] =>
    Array.from({ length: 3 }, () => {
      const workspace = mkdtempSync(join(place, "kernel-"));
      cpSync(solution, join(workspace, "prefix_sum.py"));
      const result = join(workspace, "result.json");
      const [program = "", ...rest] = task.task.scoring.command.map((part) => part.replaceAll("${task}", task.folder));
      const env = { ...process.env, ...task.task.profiles["cpu"]?.env, ...more, BASELINER_RESULT: result };
      spawnSync(program, rest, { cwd: workspace, env });
      const { message } = JSON.parse(execFileSync("cat", [result], { encoding: "utf8" })) as { message: { milliseconds: number } };
      return message.milliseconds;
    });
  const start = milliseconds(join(task.folder, "workspace", "prefix_sum.py"));
  const improved = milliseconds(join(root, "test", "tasks", "optimize-kernel", "improved_prefix_sum.py"));
  const reference = milliseconds(join(task.folder, "reference", "prefix_sum.py"), { REFERENCE_KIND: "standard" });
  return [
    compared("optimize-kernel: the demo's solution against the starting solution", improved, start),
    compared("optimize-kernel: the reference, standard library only, against the starting solution", reference, start),
  ];
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = systemTime.monotonic();
  await act();
  return systemTime.monotonic() - began;
}

function compared(what: string, ours: readonly number[], theirs: readonly number[]) {
  const [our, their] = [median(ours), median(theirs)];
  return { what, ours: `${our.toFixed(2)} ms`, theirs: `${their.toFixed(2)} ms`, ratio: our / their };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

