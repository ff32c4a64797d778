import { join } from "node:path";
import { formatSeconds, singleLine } from "../base";
import { commands } from "../contributions";
import { type Attempt, attemptFolder, describeAttempt, formatScore, type JournalEntry, journalFileName, type SessionState } from "../sessions";

/** Where a link in the record of an attempt leads. */
export type RecordLink =
  /** A line of the journal, from 1. */
  | { readonly kind: "journal"; readonly path: string; readonly line: number }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "command"; readonly command: string; readonly attempt: number };

/** The record of an attempt as plain text with links in it. */
export interface AttemptRecord {
  readonly text: string;
  /** UTF-16 offsets into the text; `end` is behind the last. */
  readonly links: readonly { readonly start: number; readonly end: number; readonly to: RecordLink }[];
}

type Part = string | { readonly text: string; readonly to: RecordLink };

/**
 * All that is on record of one attempt, each thing with the line of the journal that says so. Scores that the task hides are not in it.
 * @param root the session's folder
 * @param entries its whole journal
 */
export function attemptRecord(root: string, state: SessionState, entries: readonly JournalEntry[], attempt: Attempt): AttemptRecord {
  const page = new LinkedText();
  const journal = (line: number): Part => ({ text: `line ${line}`, to: { kind: "journal", path: join(root, journalFileName), line } });
  const row = (name: string, ...parts: readonly Part[]): void => page.line(`  ${name.padEnd(14)}`, ...parts);
  const about = entriesAbout(entries, attempt);
  const lineOf = (type: JournalEntry["type"]): Part[] => {
    const entry = about.find((one) => one.type === type);
    return entry === undefined ? [] : ["   ", journal(entry.seq + 1)];
  };

  const { scoreWithUnit, normalised, note } = describeAttempt(attempt, state);
  page.line([`Attempt ${attempt.number}`, note].filter((part) => part !== "").join(" · "));
  page.line();
  if (attempt.outcome.kind === "scored" && state.created.scoring.visible) {
    const { start, reference } = state.created.scoring;
    row("Score", `${scoreWithUnit}, exactly ${attempt.outcome.score}`, ...lineOf("attempt.finished"));
    row("Normalised", `${normalised} = max(0, (${formatScore(attempt.outcome.score)} − ${formatScore(start)}) ÷ (${formatScore(reference)} − ${formatScore(start)}))   start and reference: `, journal(1));
    for (const [name, value] of Object.entries(attempt.outcome.message)) {
      row("Message", singleLine(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`, 2000));
    }
  } else if (attempt.outcome.kind !== "running") {
    row("Outcome", note, ...lineOf("attempt.finished"), ...lineOf("attempt.lost"), ...lineOf("attempt.failed"));
  }
  page.line();
  page.line("Times");
  timesOf(attempt, about, row, lineOf);
  workspaceOf(attempt, state, page, row, lineOf);
  filesOf(root, about, page);

  page.line();
  page.line("Journal");
  for (const entry of about) {
    const line = journal(entry.seq + 1);
    page.line("  ", line, " ".repeat(Math.max(1, 14 - (typeof line === "string" ? 0 : line.text.length))), `${utc(Date.parse(entry.at))}   ${entry.type}`);
  }
  return page.done();
}

/** Entries of the journal that say something of an attempt, in their order. */
function entriesAbout(entries: readonly JournalEntry[], attempt: Attempt): JournalEntry[] {
  const finished = entries.find((entry) => entry.type === "attempt.finished" && entry.data.attempt === attempt.number);
  const commits = [attempt.snapshot, finished?.type === "attempt.finished" ? finished.data.changedTo : null];
  return entries.filter((entry) => {
    switch (entry.type) {
      case "attempt.started":
      case "attempt.finished":
      case "attempt.lost":
      case "attempt.failed":
      case "integrity.changed":
      case "snapshot.restored":
        return entry.data.attempt === attempt.number;
      case "snapshot.taken":
        return commits.includes(entry.data.commit);
      default:
        return false;
    }
  });
}

type Row = (name: string, ...parts: readonly Part[]) => void;
type LineOf = (type: JournalEntry["type"]) => Part[];

function timesOf(attempt: Attempt, about: readonly JournalEntry[], row: Row, lineOf: LineOf): void {
  row("Begun", `${utc(attempt.startedAt)} by this computer's clock`, ...lineOf("attempt.started"));
  row("Working time", attempt.elapsedMs === null ? "off the clock" : `${formatSeconds(attempt.elapsedMs)} into the session`);
  const finished = about.find((entry) => entry.type === "attempt.finished");
  if (finished?.type !== "attempt.finished") {
    return;
  }
  const { startedAt, endedAt, aheadMs } = finished.data.box;
  row("Run began", `${utc(startedAt)} by the box's clock`, ...lineOf("attempt.finished"));
  row("", `${utc(startedAt - aheadMs)} by this computer's clock`);
  row("Run ended", `${utc(endedAt)} by the box's clock`);
  row("", `${utc(endedAt - aheadMs)} by this computer's clock`);
  row("Run took", `${((endedAt - startedAt) / 1000).toFixed(3)} s`);
  row("Box's clock", aheadMs === 0 ? "in step with this computer's" : `${Math.abs(aheadMs)} ms ${aheadMs > 0 ? "ahead of" : "behind"} this computer's`);
  row("On record", `${utc(Date.parse(finished.at))} by this computer's clock`);
}

function workspaceOf(attempt: Attempt, state: SessionState, page: LinkedText, row: Row, lineOf: LineOf): void {
  page.line();
  page.line("Workspace");
  if (attempt.snapshot === null) {
    row("Snapshot", "none was taken", ...lineOf("attempt.started"));
    return;
  }
  const command = (text: string, id: string): Part => ({ text, to: { kind: "command", command: id, attempt: attempt.number } });
  row("Snapshot", attempt.snapshot, ...lineOf("attempt.started"));
  const actions: Part[] = [command("browse files", commands.browseAttemptFiles)];
  if (state.attempts.some(({ number, snapshot }) => number < attempt.number && snapshot !== null)) {
    actions.push("   ", command("changes since the previous attempt", commands.showAttemptChanges));
  }
  if (state.created.scoring.visible && state.best !== null && state.best !== attempt.number) {
    actions.push("   ", command(`changes to the best, attempt ${state.best}`, commands.showAttemptChangesToBest));
  }
  row("", ...actions);
  if (attempt.changedWhileScoring) {
    row("", "The workspace was changed while it was scored.", ...lineOf("attempt.finished"));
  }
}

function filesOf(root: string, about: readonly JournalEntry[], page: LinkedText): void {
  const finished = about.find((entry) => entry.type === "attempt.finished");
  if (finished?.type !== "attempt.finished") {
    return;
  }
  const kept = Object.entries(finished.data.files).flatMap(([name, file]) => (file === null ? [] : [{ name, ...file }]));
  page.line();
  page.line("Files");
  for (const { name, bytes, sha256 } of kept) {
    const link: Part = { text: name, to: { kind: "file", path: join(attemptFolder(root, finished.data.attempt), name) } };
    page.line("  ", link, " ".repeat(Math.max(1, 14 - name.length)), `${String(bytes).padStart(9)} bytes   sha256 ${sha256}`);
  }
  if (kept.length === 0) {
    page.line("  none");
  }
}

/** A moment (UTC, ms since the epoch) as text. */
function utc(moment: number): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? "?" : date.toISOString().replace("T", " ").replace("Z", " UTC");
}

/** Text that is written line by line, and knows where its links are. */
class LinkedText {
  private text = "";
  private readonly links: { start: number; end: number; to: RecordLink }[] = [];

  line(...parts: readonly Part[]): void {
    for (const part of parts) {
      const text = typeof part === "string" ? part : part.text;
      if (typeof part !== "string") {
        this.links.push({ start: this.text.length, end: this.text.length + text.length, to: part.to });
      }
      this.text += text;
    }
    this.text = this.text.replace(/ +$/, "") + "\n";
  }

  done(): AttemptRecord {
    return { text: this.text, links: this.links };
  }
}
