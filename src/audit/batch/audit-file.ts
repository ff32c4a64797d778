import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { plainSystemReason, sha256, sha256OfFile, writeFileDurably } from "../../base";
import { openTranscript, TranscriptError } from "../../transcripts";
import { auditTranscript, type TranscriptAuditOptions } from "../audit-transcript";
import { chooseRules, type RuleChoice } from "../known-tasks";
import type { AuditedTranscript } from "../reports/report";

/** A file or folder that is to be audited. */
export interface AuditTarget {
  /** As reports name it. */
  readonly name: string;
  readonly path: string;
  /** Whether it was named by someone: it is then reported whatever it is. What was only found in a folder is left out where it is no transcript. */
  readonly isNamed: boolean;
}

/** What became of a target. */
export interface AuditOutcome {
  /** Undefined where it is no transcript. */
  readonly audited: AuditedTranscript | undefined;
  /** Whether it is as it was found by an audit before. */
  readonly isKnown: boolean;
  /** Why the result could not be stored. */
  readonly notKept?: string | undefined;
}

/** Where results are stored, so that an audit that was stopped goes on where it was. */
export interface ResultsFolder {
  readonly path: string;
  /** What results depend on besides the transcript: the rules and the program. */
  readonly key: string;
}

const storedSchema = z.object({ key: z.string(), audited: z.object({ rules: z.string(), format: z.string(), events: z.number(), findings: z.array(z.unknown()), problem: z.string().optional() }) });

/** Audits a transcript, or takes the result of the same audit from the results folder. Never throws for what is wrong with the transcript. @param open opens it; without it, this thread does */
export async function auditTarget(target: AuditTarget, rules: RuleChoice, results: ResultsFolder | undefined, open?: TranscriptAuditOptions["open"]): Promise<AuditOutcome> {
  let stored: { path: string; key: string } | undefined;
  if (results !== undefined) {
    try {
      const key = sha256(`${results.key}\n${await contentHash(target.path)}`);
      stored = { key, path: join(results.path, `${key}.json`) };
    } catch (error) {
      return { audited: { file: target.name, format: "", rules: "", events: 0, findings: [], problem: `The transcript cannot be read: ${plainSystemReason(error)}.` }, isKnown: false };
    }
    const known = await readStored(stored);
    if (known !== undefined) {
      return { audited: { ...known, file: target.name }, isKnown: true };
    }
  }
  const audited = await auditFile(target, rules, open);
  if (audited === undefined || stored === undefined) {
    return { audited, isKnown: false };
  }
  try {
    await writeFileDurably(stored.path, JSON.stringify({ key: stored.key, audited }));
    return { audited, isKnown: false };
  } catch (error) {
    return { audited, isKnown: false, notKept: plainSystemReason(error) };
  }
}

/** Undefined where a file was only found in a folder and is no transcript. */
async function auditFile({ name, path, isNamed }: AuditTarget, rules: RuleChoice, open: TranscriptAuditOptions["open"]): Promise<AuditedTranscript | undefined> {
  const cache = await mkdtemp(join(tmpdir(), "baseliner-audit-"));
  try {
    return isNamed || (await isTranscript(path, cache)) ? await auditChosen(name, path, rules, cache, open) : undefined;
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

async function auditChosen(name: string, path: string, rules: RuleChoice, cache: string, open: TranscriptAuditOptions["open"]): Promise<AuditedTranscript> {
  let task = "";
  const audit = await auditTranscript(
    path,
    (facts, format, told) => {
      const chosen = chooseRules(rules, facts, format, told);
      task = chosen.task;
      return chosen.rules;
    },
    cache,
    { open },
  );
  return { file: name, ...audit, rules: task };
}

/** Whether a file looks like a transcript of a known format, whatever state it is in. */
async function isTranscript(path: string, cache: string): Promise<boolean> {
  try {
    const reading = await openTranscript(path, cache);
    reading.close();
    return reading.format !== plainJson;
  } catch (error) {
    return !(error instanceof TranscriptError && (error.reason === "unknown-format" || error.reason === "empty"));
  }
}

/** How JSON is called that is no transcript that we know. */
const plainJson = "json";

async function readStored({ path, key }: { path: string; key: string }): Promise<AuditedTranscript | undefined> {
  try {
    const stored = storedSchema.parse(JSON.parse(await readFile(path, "utf8")));
    // Written by this program with this key; what is cut off or something else is audited anew.
    return stored.key === key ? (stored.audited as unknown as AuditedTranscript) : undefined;
  } catch {
    return undefined;
  }
}

/** Of a session its journal counts, of another folder the files in it. */
async function contentHash(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) {
    return (await sha256OfFile(path)).sha256;
  }
  const journal = join(path, "session.jsonl");
  if ((await stat(journal).catch(() => undefined))?.isFile() === true) {
    return (await sha256OfFile(journal)).sha256;
  }
  const files = (await readdir(path, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
  const hashes: string[] = [];
  for (const file of files) {
    hashes.push(`${file.slice(path.length)} ${(await sha256OfFile(file)).sha256}`);
  }
  return sha256(hashes.join("\n"));
}
