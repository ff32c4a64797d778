import * as z from "zod";
import { once } from "../base";
import { type Box, BoxError, type RunExit } from "../boxes";

/** The environment variable that names the file a scoring command writes its result to. */
export const resultVariable = "BASELINER_RESULT";

/**
 * The environment variable that holds, as a JSON array, the words to put in front of a command so that it runs as the
 * expert's account; absent where scoring has no account of its own.
 */
export const solverVariable = "BASELINER_SOLVER";

/** What scoring may print in a session, in bytes. */
export const scoringOutputLimitBytes = 1024 * 1024 * 1024;

/** A result file larger than this is not read, in bytes. */
export const resultLimitBytes = 1024 * 1024;

const resultSchema = once(() =>
  z.object({
    score: z.number().nullable(),
    message: z.record(z.string(), z.unknown()).default({}),
    details: z.record(z.string(), z.unknown()).default({}),
  }),
);

/** Longest message that goes into the journal, in UTF-16 units of JSON. */
const messageLimit = 16 * 1024;

/** The bytes of a result file, or why there are none to read. */
export type ResultFile = Uint8Array | "missing" | "too-large" | "not-a-file";

/**
 * Reads the result file of a run.
 * @throws {BoxError} where the box fails; a file that is missing, too large or none at all is an answer.
 */
export async function readResultFile(box: Box, path: string): Promise<ResultFile> {
  try {
    return await box.readFile(path, resultLimitBytes);
  } catch (error) {
    const reason = error instanceof BoxError ? error.reason : undefined;
    switch (reason) {
      case "path-missing":
        return "missing";
      case "file-too-large":
        return "too-large";
      case "not-a-file":
        return "not-a-file";
      default:
        throw error;
    }
  }
}

/** The scoring command of a task, with `${task}` replaced by the task's folder on the box. */
export function scoringCommand(command: readonly string[], taskFolder: string): string[] {
  return command.map((part) => part.replaceAll("${task}", () => taskFolder));
}

/** What a scoring came to. `score` is null where it is invalid, and `invalid` then says why in one sentence. */
export type Scored =
  | { readonly score: number; readonly message: Record<string, unknown>; readonly invalid: null }
  | { readonly score: null; readonly message: Record<string, unknown>; readonly invalid: InvalidScore };

/** Why a scoring is invalid. `reason` is for code, `text` for people. */
export interface InvalidScore {
  readonly reason:
    | "rejected"
    | "no-result"
    | "bad-result"
    | "not-a-number"
    | "failed"
    | "killed"
    | "timed-out"
    | "cancelled"
    | "output-limit"
    | "not-started";
  readonly text: string;
}

/**
 * Reads what a scoring command left, by the scoring contract. Never throws: whatever
 * a command did is a valid score or an invalid one with its reason.
 *
 * @param result bytes of the result file, or why there are none
 * @param timeoutSeconds the task's limit, for the message
 */
export function readScoring(exit: RunExit, result: ResultFile, timeoutSeconds: number): Scored {
  switch (exit.kind) {
    case "not-started":
      return invalid("not-started", `The scoring command did not start: ${exit.problem ?? "unknown reason"}.`);
    case "timed-out":
      return invalid("timed-out", `Scoring took longer than ${timeoutSeconds} s and was stopped.`);
    case "cancelled":
      return invalid("cancelled", "Scoring was cancelled.");
    case "output-limit":
      return invalid("output-limit", "Scoring printed more than a run may and was stopped.");
    case "killed":
      return invalid("killed", `Scoring was ended by ${exit.signal ?? "a signal"}.`);
    case "exited":
      break;
  }
  if (exit.code !== 0) {
    return invalid("failed", `The scoring command failed with exit status ${exit.code ?? "unknown"}.`);
  }
  if (result === "missing") {
    return invalid("no-result", "The scoring command wrote no result.");
  }
  if (result === "too-large") {
    return invalid("bad-result", `The result is larger than ${resultLimitBytes / 1024} kB.`);
  }
  if (result === "not-a-file") {
    return invalid("bad-result", "What the scoring command left in place of its result is not a file.");
  }
  return readResult(result);
}

function readResult(bytes: Uint8Array): Scored {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return invalid("bad-result", "The result is not UTF-8 text.");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Python's json module writes NaN and Infinity, which JSON does not have.
    return /"score"\s*:\s*[-+]?(NaN|Infinity)/.test(text)
      ? invalid("not-a-number", "The score is not a number.")
      : invalid("bad-result", "The result is not JSON.");
  }
  if (typeof value === "object" && value !== null && "score" in value && Math.abs(Number(value.score)) === Infinity) {
    return invalid("not-a-number", "The score is not a number.");
  }
  const parsed = resultSchema().safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return invalid("bad-result", `The result is not as agreed: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}.`);
  }
  const { score, message } = parsed.data;
  const size = sizeAsText(message);
  if (size === undefined || size > messageLimit) {
    return invalid("bad-result", `The message of the result is larger than ${messageLimit / 1024} kB or nested too deeply.`);
  }
  if (score === null) {
    const stated = message["error"];
    const text = typeof stated === "string" && stated.trim() !== "" ? stated : "The scoring function found the solution invalid.";
    return { score: null, message, invalid: { reason: "rejected", text } };
  }
  return { score, message, invalid: null };
}

/** Length of a value as JSON, in UTF-16 units; undefined where it is nested too deeply to be written. */
function sizeAsText(value: unknown): number | undefined {
  try {
    return JSON.stringify(value).length;
  } catch {
    return undefined;
  }
}

function invalid(reason: InvalidScore["reason"], text: string): Scored {
  return { score: null, message: {}, invalid: { reason, text } };
}
