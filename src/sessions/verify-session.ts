import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfFile } from "../base";
import { type Box, BoxError } from "../boxes";
import type { JournalHead } from "../workspace";
import { checksumProblems } from "./export/checksums";
import { type JournalContent, type JournalProblem, readJournal } from "./journal";
import type { JournalEntry } from "./journal-entry";
import { headFileName, readHead } from "./journal-head";
import { isNamedAfterLine, runNameAfter } from "./run-name";
import { attemptFolder, sessionFolder } from "./session-folder";
import { type SessionState, stateOf } from "./session-state";
import { SnapshotsCheck } from "./verify-snapshots";

/** What the check of a session found. */
export interface Verification {
  readonly entries: number;
  /** SHA-256 of the journal's last line: whoever noted it down can tell later that nothing before it was changed. */
  readonly head: string;
  /** Bytes of a line that a crash tore; set aside at the next opening and never part of the record. */
  readonly tornBytes: number;
  readonly attempts: number;
  /** Attempts that have no end yet; not a fault: their run may still be going on. */
  readonly openAttempts: readonly number[];
  /** Empty where all is well. Each is one sentence with its place. */
  readonly problems: readonly string[];
}

/** What a session is checked with, beyond what lies in its folder. */
export interface VerifyOptions {
  /** The box that it ran on, and the folder there that holds its runs: a witness from outside of what the journal said before each run. */
  readonly witness?: { readonly box: Box; readonly runs: string };
  readonly signal?: AbortSignal;
}

/**
 * Checks that a session's record, or an export of it, is whole: the journal's chain and where it
 * ends, the order of its entries, the kept files of each attempt and terminal against the hashes in the
 * journal, the snapshots with every file in them, and that nothing is there that the journal does not
 * know: no attempt, no run, no snapshot, no recording.
 * @throws {JournalError} where there is no readable journal; {BoxError} where the witness cannot be asked; the reason of `signal`
 */
export async function verifySession(root: string, { witness, signal }: VerifyOptions = {}): Promise<Verification> {
  // Before the journal: what begins meanwhile is then in the journal, but not in these.
  const head = readHead(root);
  const runs = await readdir(sessionFolder(root).runs).catch(() => []);
  const runsOnBox = witness === undefined ? undefined : await runsOf(witness.box, witness.runs);
  const kept = await keptFiles(root);
  const snapshots = await SnapshotsCheck.begin(root, signal);
  try {
    const journal = await readJournal(root);
    const problems = journal.problems.map(describe);
    const state = stateOf(journal.entries);
    if (state === undefined) {
      problems.push("The journal does not begin with session.created.");
    } else {
      problems.push(...headProblems(head, journal), ...orderProblems(journal.entries));
      problems.push(...(await outputProblems(root, journal.entries)), ...(await terminalProblems(root, journal.entries)));
      problems.push(...unknownFiles(kept, journal.entries), ...unknownRuns(runs, state, "Run"), ...misnamedRuns(journal));
      if (runsOnBox !== undefined) {
        problems.push(...unknownRuns(runsOnBox, state, "On the box, run"), ...goneRuns(runsOnBox, state));
      }
      problems.push(...(await snapshots.problems(journal, state)));
    }
    problems.push(...(await checksumProblems(root, signal)));
    const attempts = state?.attempts ?? [];
    return {
      entries: journal.entries.length,
      head: journal.lineHashes.at(-1) ?? "",
      tornBytes: journal.torn.length,
      attempts: attempts.length,
      openAttempts: attempts.filter((attempt) => attempt.outcome.kind === "running").map((attempt) => attempt.number),
      problems,
    };
  } finally {
    await snapshots.end();
  }
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
      case "journal.cut":
        problems.push(`${where}: the journal had ${entry.data.lines} lines before it was opened again, and lost its end.`);
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

/** What the journal says of terminals against their recordings. One that was not closed yet is still being written. */
async function terminalProblems(root: string, entries: readonly JournalEntry[]): Promise<string[]> {
  const problems: string[] = [];
  for (const entry of entries) {
    if (entry.type !== "terminal.recorded" || entry.data.sha256 === undefined) {
      continue;
    }
    const { file, sha256 } = entry.data;
    const recorded = await sha256OfFile(join(root, file)).catch(() => undefined);
    if (recorded === undefined) {
      problems.push(`The recording ${file} is missing.`);
    } else if (recorded.sha256 !== sha256) {
      problems.push(`The recording ${file} was changed since it was closed.`);
    }
  }
  return problems;
}

/** The attempts and recordings that are kept, as paths in the session's folder. */
async function keptFiles(root: string): Promise<string[]> {
  const names = async (folder: string): Promise<string[]> => (await readdir(join(root, folder)).catch(() => [])).map((name) => `${folder}/${name}`);
  return [...(await names("attempts")), ...(await names("terminals"))];
}

function unknownFiles(kept: readonly string[], entries: readonly JournalEntry[]): string[] {
  const known = new Set(
    entries.flatMap((entry) => (entry.type === "attempt.started" ? [`attempts/${entry.data.attempt}`] : entry.type === "terminal.opened" ? [entry.data.file] : [])),
  );
  return kept.filter((path) => !known.has(path)).map((path) => `${path} is kept, but the journal does not know it: lines at its end may have been removed.`);
}

/** Whether the journal still ends where it ended when it was last written, or behind that. */
function headProblems(head: JournalHead | undefined, { lineHashes }: JournalContent): string[] {
  if (head === undefined) {
    return [`${headFileName}, which says where the journal ends, is missing or damaged.`];
  }
  const there = lineHashes[head.seq];
  if (there === undefined) {
    return [`The journal ends at line ${lineHashes.length}, and had ${head.seq + 1} lines: its end was cut off.`];
  }
  return there === head.sha256 ? [] : [`Journal line ${head.seq + 1} is not what was written last: the journal was changed.`];
}

/** Each run is named after a line before its attempt. */
function misnamedRuns({ entries, lineHashes }: JournalContent): string[] {
  const names = new Set<string>();
  const problems: string[] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry.type === "attempt.started" && isNamedAfterLine(entry.data.run) && !names.has(entry.data.run)) {
      problems.push(`Attempt ${entry.data.attempt}: its run is named after a line that is not in the journal: lines before it were changed.`);
    }
    names.add(runNameAfter(lineHashes[index] ?? ""));
  }
  return problems;
}

/** Runs that no attempt in the journal accounts for. */
function unknownRuns(runs: readonly string[], state: SessionState, what: string): string[] {
  const known = new Set(state.attempts.map((attempt) => attempt.run));
  return runs.filter((run) => !known.has(run)).map((run) => `${what} ${run} is not in the journal.`);
}

/** Attempts that have a result from the box, while the box does not know their run. */
function goneRuns(runs: readonly string[], state: SessionState): string[] {
  return state.attempts
    .filter(({ run, outcome }) => ["scored", "hidden", "invalid"].includes(outcome.kind) && !runs.includes(run))
    .map(({ number, run }) => `Attempt ${number}: the box does not know its run ${run}.`);
}

/** The names of the runs on a box. What else lies there, such as drafts of files, is no run. */
async function runsOf(box: Box, runs: string): Promise<string[]> {
  try {
    const { entries } = await box.list(runs, mostRuns);
    return entries.filter(({ kind, name }) => kind === "folder" && !name.startsWith(".")).map(({ name }) => name);
  } catch (error) {
    if (error instanceof BoxError && error.reason === "path-missing") {
      return [];
    }
    throw error;
  }
}

/** More than anybody scores in a session. */
const mostRuns = 100_000;
