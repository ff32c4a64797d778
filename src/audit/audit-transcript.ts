import { messageOf } from "../base";
import { openTranscript, TranscriptError, type TranscriptEvent, type TranscriptFacts } from "../transcripts";
import { Audit, type AuditResult } from "./audit";
import { toldFirst } from "./known-tasks";
import type { RuleSet } from "./rule-set";

/** How far an audit has come: bytes read, of `total`, and how many events. */
export interface AuditProgress {
  readonly done: number;
  readonly total: number;
  readonly events: number;
}

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
export async function auditTranscript(path: string, rulesFor: (facts: TranscriptFacts, format: string, told: string) => RuleSet, cache: string, progress?: (progress: AuditProgress) => void): Promise<TranscriptAudit> {
  let audit: Audit | undefined;
  let format = "";
  let events = 0;
  let damaged = 0;
  let problem: string | undefined;
  try {
    const reading = await openTranscript(path, cache);
    format = reading.format;
    try {
      for await (const batch of reading.batches()) {
        if (audit === undefined || batch.restarts === true) {
          audit = new Audit(rulesFor(reading.facts, format, toldFirst(batch.events)));
          events = 0;
          damaged = 0;
        }
        for (const event of batch.events) {
          audit.add(event);
          damaged += isDamage(event) ? 1 : 0;
        }
        events += batch.events.length;
        progress?.({ done: batch.done, total: batch.total, events });
      }
    } finally {
      reading.close();
    }
  } catch (error) {
    problem = error instanceof TranscriptError ? error.message : `The transcript cannot be read: ${messageOf(error)}.`;
  }
  problem ??= damaged === 0 ? undefined : `${damaged === 1 ? "A part" : `${damaged} parts`} of the transcript ${damaged === 1 ? "is" : "are"} damaged or cut off and could not be audited.`;
  return { format, ...(audit?.end() ?? { findings: [], events: 0 }), problem };
}

/** Whether an event stands for a part that could not be read. */
function isDamage({ kind, isError, title, fields }: TranscriptEvent): boolean {
  return isError && (kind === "raw" || (kind === "error" && (fields["stoppedAtByte"] !== undefined || /^(damaged$|a damaged line)/.test(title))));
}
