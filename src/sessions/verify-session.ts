import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfFile } from "../base";
import { Snapshots } from "../workspace";
import { type JournalProblem, readJournal } from "./journal";
import type { JournalEntry } from "./journal-entry";
import { attemptFolder, sessionFolder } from "./session-folder";
import { type SessionState, stateOf } from "./session-state";

/** What the check of a session found. */
export interface Verification {
  readonly entries: number;
  /** Bytes of a line that a crash tore; set aside at the next opening and never part of the record. */
  readonly tornBytes: number;
  readonly attempts: number;
  /** Attempts that have no end yet; not a fault: their run may still be going on. */
  readonly openAttempts: readonly number[];
  /** Empty where all is well. Each is one sentence with its place. */
  readonly problems: readonly string[];
}

/**
 * Checks that a session's record is whole: the journal's chain, the order of its
 * entries, the kept output of each attempt against the hashes in the journal,
 * and that no run took place that the journal does not know.
 * @throws {JournalError} where there is no readable journal.
 */
export async function verifySession(root: string): Promise<Verification> {
  // Before the journal: a run that begins meanwhile is then in the journal, but not in this list.
  const runs = await readdir(sessionFolder(root).runs).catch(() => []);
  const journal = await readJournal(root);
  const problems = journal.problems.map(describe);
  const state = stateOf(journal.entries);
  if (state === undefined) {
    problems.push("The journal does not begin with session.created.");
  } else {
    problems.push(...orderProblems(journal.entries));
    problems.push(...(await outputProblems(root, journal.entries)));
    problems.push(...unknownRuns(runs, state));
    problems.push(...(await snapshotProblems(root, state)));
  }
  const attempts = state?.attempts ?? [];
  return {
    entries: journal.entries.length,
    tornBytes: journal.torn.length,
    attempts: attempts.length,
    openAttempts: attempts.filter((attempt) => attempt.outcome.kind === "running").map((attempt) => attempt.number),
    problems,
  };
}

function describe({ line, text }: JournalProblem): string {
  return `Journal line ${line} ${text}.`;
}

/** Attempts that are numbered wrongly, end without a start or twice, and entries after the close. */
function orderProblems(entries: readonly JournalEntry[]): string[] {
  const problems: string[] = [];
  const open = new Set<number>();
  let next = 0;
  let closed = false;
  let before: JournalEntry | undefined;
  for (const entry of entries) {
    const where = `Entry ${entry.seq} (${entry.type})`;
    problems.push(...clockProblems(before, entry, where));
    before = entry;
    if (closed) {
      problems.push(`${where} stands behind session.closed.`);
    }
    switch (entry.type) {
      case "session.created":
        if (entry.seq !== 0) {
          problems.push(`${where} is not the first entry.`);
        }
        break;
      case "attempt.started":
        if (entry.data.attempt !== next) {
          problems.push(`${where} has the attempt number ${entry.data.attempt} in place of ${next}.`);
        }
        next = entry.data.attempt + 1;
        open.add(entry.data.attempt);
        break;
      case "attempt.finished":
      case "attempt.lost":
      case "attempt.failed":
        if (!open.delete(entry.data.attempt)) {
          problems.push(`${where} ends attempt ${entry.data.attempt}, which is not open.`);
        }
        break;
      case "session.closed":
        closed = true;
        break;
      default:
        break;
    }
  }
  return problems;
}

/** The wall clock may not have gone back, against itself or against the clock that never jumps. */
function clockProblems(before: JournalEntry | undefined, entry: JournalEntry, where: string): string[] {
  if (before === undefined) {
    return [];
  }
  const wall = Date.parse(entry.at) - Date.parse(before.at);
  // Less than before after a restart of the computer; while it sleeps it may stand still, so only one side is looked at.
  const steady = Math.max(0, entry.mono - before.mono);
  return steady - wall > tolerableDriftMs ? [`${where}: the computer's clock was set back by ${Math.round((steady - wall) / 1000)} s before it.`] : [];
}

/** Wall clocks are adjusted by small steps all the time; less than this is no jump. In ms. */
const tolerableDriftMs = 2000;

async function outputProblems(root: string, entries: readonly JournalEntry[]): Promise<string[]> {
  const problems: string[] = [];
  for (const entry of entries) {
    if (entry.type !== "attempt.finished") {
      continue;
    }
    for (const [name, recorded] of Object.entries(entry.data.files)) {
      const path = join(attemptFolder(root, entry.data.attempt), name);
      const there = (await stat(path).catch(() => undefined))?.isFile() === true;
      const kept = there ? await sha256OfFile(path) : null;
      if ((kept === null) !== (recorded === null)) {
        problems.push(`Attempt ${entry.data.attempt}: ${name} is ${kept === null ? "missing" : "there but not in the journal"}.`);
      } else if (kept?.sha256 !== recorded?.sha256) {
        problems.push(`Attempt ${entry.data.attempt}: ${name} was changed since it was recorded.`);
      }
    }
  }
  return problems;
}

/** Attempts whose kept state of the workspace is gone or damaged. */
async function snapshotProblems(root: string, state: SessionState): Promise<string[]> {
  const folder = sessionFolder(root);
  const commits = state.attempts.flatMap(({ snapshot }) => (snapshot === null ? [] : [snapshot]));
  const missing = await new Snapshots(folder.snapshots, folder.workspace, state.created.sync).missing([...new Set(commits)]);
  return state.attempts
    .filter(({ snapshot }) => snapshot !== null && missing.includes(snapshot))
    .map(({ number, snapshot }) => `Attempt ${number}: its snapshot ${snapshot ?? ""} is missing or damaged.`);
}

/** Runs on a local box that no attempt in the journal accounts for. */
function unknownRuns(runs: readonly string[], state: SessionState): string[] {
  const known = new Set(state.attempts.map((attempt) => attempt.run));
  return runs.filter((run) => !known.has(run)).map((run) => `Run ${run} is not in the journal.`);
}
