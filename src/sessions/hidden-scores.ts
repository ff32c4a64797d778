import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { once, sha256 } from "../base";
import { readScoring, type ResultFile, resultLimitBytes, type Scored } from "../tasks";
import type { EntryData, JournalEntry } from "./journal-entry";

/** The file that a protected box keeps beside a hidden result: without it, the commitment could be found out by trying scores. */
const nonceFile = "nonce";

/** What of a scoring goes on record. */
export type RecordedScore = Pick<EntryData<"attempt.finished">, "score" | "message" | "invalid" | "hidden">;

/** What a protected box hands out in place of a hidden result. */
const receiptSchema = once(() => z.object({ score: z.null(), hidden: z.object({ commitment: z.string().regex(/^[0-9a-f]{64}$/) }) }));

/**
 * What goes on record of a scoring whose score the task hides: that there is a score and what commits it, or why there is none.
 * On a protected box the score itself never leaves the box.
 */
export function withheld(scored: Scored, result: ResultFile): RecordedScore {
  const receipt = result instanceof Uint8Array ? receiptIn(result) : undefined;
  if (scored.invalid?.reason === "rejected" && receipt !== undefined) {
    return { score: null, message: {}, invalid: null, hidden: receipt };
  }
  if (scored.score !== null && result instanceof Uint8Array) {
    return { score: null, message: {}, invalid: null, hidden: { commitment: commitment(result, "") } };
  }
  return { score: null, message: {}, invalid: scored.invalid };
}

function receiptIn(result: Uint8Array): { commitment: string } | undefined {
  try {
    return receiptSchema().safeParse(JSON.parse(Buffer.from(result).toString("utf8"))).data?.hidden;
  } catch {
    return undefined;
  }
}

/** SHA-256 of the nonce's text and the result's bytes behind it. */
function commitment(result: Uint8Array, nonce: string): string {
  return sha256(Buffer.concat([Buffer.from(nonce), result]));
}

/** A journal as it reads once hidden scores are known. */
export interface Revealed {
  /** The entries with the scores in them, which are visible from there on; the chain of hashes does not hold for them. */
  readonly entries: readonly JournalEntry[];
  /** Hidden scores that could not be had, or are not the ones on record. Each is one sentence. */
  readonly problems: readonly string[];
}

/**
 * Joins a session's journal with the scores that were hidden from its expert, for who reviews it.
 * @param folder what a protected box has in `private/`, any other box in `runs/`: a folder for each run, with its `result.json`
 */
export async function revealScores(entries: readonly JournalEntry[], folder: string): Promise<Revealed> {
  const runs = new Map(entries.flatMap((entry) => (entry.type === "attempt.started" ? [[entry.data.attempt, entry.data.run] as const] : [])));
  const problems: string[] = [];
  const revealed: JournalEntry[] = [];
  for (const entry of entries) {
    if (entry.type === "session.created") {
      revealed.push({ ...entry, data: { ...entry.data, scoring: { ...entry.data.scoring, visible: true } } });
    } else if (entry.type === "attempt.finished" && entry.data.hidden !== undefined) {
      const { hidden, ...data } = entry.data;
      const scored = await hiddenScore(join(folder, runs.get(data.attempt) ?? ""), hidden.commitment);
      if (typeof scored === "string") {
        problems.push(`Attempt ${data.attempt}: ${scored}`);
        revealed.push({ ...entry, data: { ...data, invalid: { reason: "hidden", text: "its score is hidden and was not found" } } });
      } else {
        revealed.push({ ...entry, data: { ...data, score: scored.score, message: scored.message, invalid: scored.invalid } });
      }
    } else {
      revealed.push(entry);
    }
  }
  return { entries: revealed, problems };
}

/** A score that was hidden, or why it cannot be told, as one sentence. */
async function hiddenScore(run: string, committed: string): Promise<Scored | string> {
  let result: Buffer;
  try {
    result = await readFile(join(run, "result.json"));
  } catch {
    return "its result is not in that folder.";
  }
  const nonce = await readFile(join(run, nonceFile), "utf8").catch(() => "");
  if (result.length > resultLimitBytes || commitment(result, nonce) !== committed) {
    return "its result is not the one that is on record.";
  }
  // That the command ended well is on record too, or nothing would be hidden.
  return readScoring({ kind: "exited", code: 0, signal: null, problem: null, startedAt: 0, endedAt: 0, stdoutBytes: 0, stderrBytes: 0 }, result, 0);
}
