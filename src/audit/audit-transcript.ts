import { messageOf } from "../base";
import { openTranscript, TranscriptError, type TranscriptEvent, type TranscriptFacts, type TranscriptReading } from "../transcripts";
import { Audit, type AuditResult } from "./audit";
import { FirstTold } from "./known-tasks";
import type { RuleSet } from "./rule-set";

/** How far an audit has come: bytes read, of `total`, and how many events. */
export interface AuditProgress {
  readonly done: number;
  readonly total: number;
  readonly events: number;
}

/** How an audit of a file is carried out. */
export interface TranscriptAuditOptions {
  readonly progress?: ((progress: AuditProgress) => void) | undefined;
  /** Opens the transcript; without it, this thread does. */
  readonly open?: ((path: string, cache: string) => Promise<Reading>) | undefined;
}

/** A transcript whose events can be read once, by whichever thread. */
export type Reading = Pick<TranscriptReading, "format" | "facts" | "batches" | "close">;

/** What an audit found in a file, as far as that could be read. */
export interface TranscriptAudit extends AuditResult {
  /** Name of the transcript's format; empty where it has none that is known. */
  readonly format: string;
  /** Why it could not be read to its end. */
  readonly problem: string | undefined;
}

/**
 * Audits a transcript that lies on the disk. A file that cannot be read is a problem in the result, never an exception.
 *
 * @param rulesFor chooses the rules by what the transcript says of itself before its first events, and by what the solver is told in these
 * @param cache an existing folder for members of archives that are too large for memory
 */
export async function auditTranscript(path: string, rulesFor: (facts: TranscriptFacts, format: string, told: string) => RuleSet, cache: string, { progress, open = openTranscript }: TranscriptAuditOptions = {}): Promise<TranscriptAudit> {
  let audit: Audit | undefined;
  let format = "";
  let events = 0;
  let damaged = 0;
  let problem: string | undefined;
  try {
    const reading = await open(path, cache);
    format = reading.format;
    let told = new FirstTold();
    // Events wait until it is known what the solver is told, by which the rules are chosen.
    let waiting: TranscriptEvent[] = [];
    const begin = (): Audit => {
      const begun = new Audit(rulesFor(reading.facts, format, told.text));
      waiting.forEach((event) => begun.add(event));
      waiting = [];
      return begun;
    };
    try {
      for await (const batch of reading.batches()) {
        if (batch.restarts === true) {
          [audit, told, waiting, events, damaged] = [undefined, new FirstTold(), [], 0, 0];
        }
        for (const event of batch.events) {
          damaged += isDamage(event) ? 1 : 0;
          if (audit !== undefined) {
            audit.add(event);
            continue;
          }
          told.add(event);
          waiting.push(event);
          audit = told.isComplete ? begin() : undefined;
        }
        events += batch.events.length;
        progress?.({ done: batch.done, total: batch.total, events });
      }
    } finally {
      audit ??= begin();
      reading.close();
    }
  } catch (error) {
    problem = error instanceof TranscriptError ? error.message : `The transcript cannot be read: ${messageOf(error)}.`;
  }
  problem ??= damaged === 0 ? undefined : `${damaged === 1 ? "A part" : `${damaged} parts`} of the transcript ${damaged === 1 ? "is" : "are"} damaged or cut off and could not be audited.`;
  const result = audit?.end() ?? { findings: [], events: 0 };
  const unread = audit?.unread ?? 0;
  problem ??= unread === 0 ? undefined : `${unread === 1 ? "A piece" : `${unread} pieces`} of Python in the transcript ${unread === 1 ? "is" : "are"} too long or too broken to be read and could not be audited to the end.`;
  return { format, ...result, problem };
}

/** Whether an event stands for a part that could not be read. */
function isDamage({ kind, isError, title, fields }: TranscriptEvent): boolean {
  return isError && (kind === "raw" || (kind === "error" && (fields["stoppedAtByte"] !== undefined || /^(damaged$|a damaged line)/.test(title))));
}
