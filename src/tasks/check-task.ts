import { randomUUID } from "node:crypto";
import { cp, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Box } from "../boxes";
import { type LoadedTask, profileOf } from "./load-task";
import { isBetter, normalise } from "./scores";
import { readResultFile, readScoring, resultVariable, scoringCommand, type Scored } from "./scoring-result";

/** A check scoring may print this much, in bytes. */
const outputLimitBytes = 64 * 1024 * 1024;
/** How far a measured score may lie from the constant of task.json, as a share of the way from start to reference. */
const tolerableDrift = 0.1;

/** One scoring of a check. */
export interface CheckedScoring {
  readonly scored: Scored;
  /** Wall time in ms, by the box's clock. */
  readonly durationMs: number;
}

/** One line of a check's report. */
export interface CheckLine {
  readonly level: "ok" | "warning" | "failed";
  /** What was checked. */
  readonly subject: string;
  /** What was seen and what it means. */
  readonly text: string;
}

/** What checking a task found. */
export interface TaskCheck {
  readonly task: string;
  readonly profile: string;
  readonly lines: readonly CheckLine[];
  readonly scorings: { readonly start: readonly CheckedScoring[]; readonly reference: readonly CheckedScoring[] };
}

/** How a check is carried out. */
export interface CheckOptions {
  readonly profile: string;
  /** How often each solution is scored. */
  readonly repeats: number;
  readonly signal?: AbortSignal;
  /** Told before each step. */
  readonly onProgress?: (step: string) => void;
}

/**
 * Scores the starting and the reference solution on a box and compares them with what `task.json` says.
 * @throws {TaskError} `no-profile`; {BoxError} where the box fails; the reason of `signal` when that aborts.
 */
export async function checkTask(loaded: LoadedTask, box: Box, options: CheckOptions): Promise<TaskCheck> {
  const profile = profileOf(loaded, options.profile);
  const { task } = loaded;
  const lines: CheckLine[] = [{ level: "ok", subject: "task.json", text: "follows the schema; the files it names are there" }];
  const repeat = async (name: string, solution: string): Promise<CheckedScoring[]> => {
    const scorings: CheckedScoring[] = [];
    for (let round = 1; round <= options.repeats; round += 1) {
      options.signal?.throwIfAborted();
      options.onProgress?.(`${name}, ${round} of ${options.repeats}`);
      scorings.push(await scoreOnce(loaded, options.profile, box, solution, options.signal));
    }
    return scorings;
  };

  const start = await repeat("Scoring the starting solution", join(loaded.folder, task.workspace));
  lines.push(...reportOn("starting solution", start, profile.start, profile));
  const referenceFolder = task.reference === undefined ? undefined : join(loaded.folder, task.reference);
  let reference: CheckedScoring[] = [];
  if (referenceFolder !== undefined && (await stat(referenceFolder).catch(() => undefined))?.isDirectory()) {
    reference = await repeat("Scoring the reference solution", referenceFolder);
    lines.push(...reportOn("reference solution", reference, profile.reference, profile));
    lines.push(...compare(start, reference, task.scoring.direction));
  } else {
    lines.push({ level: "warning", subject: "reference solution", text: "is not in this folder, so it was not scored" });
  }
  return { task: task.id, profile: options.profile, lines, scorings: { start, reference } };
}

/** Scores one solution in a workspace of its own, which is removed afterwards. */
async function scoreOnce(
  { folder, task }: LoadedTask,
  profile: string,
  box: Box,
  solution: string,
  signal: AbortSignal | undefined,
): Promise<CheckedScoring> {
  const place = await mkdtemp(join(tmpdir(), "baseliner-check-"));
  try {
    const workspace = join(place, "workspace");
    const runs = join(place, "runs");
    await mkdir(runs);
    await cp(join(folder, task.workspace), workspace, { recursive: true });
    await cp(solution, workspace, { recursive: true, force: true });
    const id = randomUUID();
    const result = join(runs, id, "result.json");
    await box.startRun(runs, {
      id,
      command: scoringCommand(task.scoring.command, folder),
      folder: workspace,
      environment: { ...task.profiles[profile]?.env, [resultVariable]: result },
      timeoutSeconds: task.scoring.timeoutSeconds,
      outputLimitBytes,
    });
    const cancel = (): void => void box.cancelRun(runs, id).catch(() => undefined);
    signal?.addEventListener("abort", cancel, { once: true });
    const exit = await box.followRun(runs, id, { stdout: 0, stderr: 0 }, () => Promise.resolve());
    signal?.removeEventListener("abort", cancel);
    return { scored: readScoring(exit, await readResultFile(box, result), task.scoring.timeoutSeconds), durationMs: exit.endedAt - exit.startedAt };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function reportOn(
  subject: string,
  scorings: readonly CheckedScoring[],
  constant: number,
  profile: { start: number; reference: number },
): CheckLine[] {
  const invalid = scorings.find(({ scored }) => scored.invalid !== null);
  if (invalid?.scored.invalid) {
    return [{ level: "failed", subject, text: `is invalid: ${invalid.scored.invalid.text}` }];
  }
  const scores = scoresOf(scorings);
  const distance = Math.abs(profile.reference - profile.start);
  const average = mean(scores);
  const noise = scores.length > 1 ? `, spread ${(((Math.max(...scores) - Math.min(...scores)) / distance) * 100).toFixed(1)} % of the way from start to reference` : "";
  const seconds = mean(scorings.map(({ durationMs }) => durationMs)) / 1000;
  const drift = Math.abs(average - constant) / distance;
  return [
    {
      level: drift > tolerableDrift ? "warning" : "ok",
      subject,
      text:
        `scores ${average.toFixed(3)} (normalised ${normalise(average, profile).toFixed(2)})${noise}, ${seconds.toFixed(1)} s a scoring; ` +
        (drift > tolerableDrift ? `task.json says ${constant}, which does not hold on this box` : `task.json says ${constant}`),
    },
  ];
}

function compare(start: readonly CheckedScoring[], reference: readonly CheckedScoring[], direction: "min" | "max"): CheckLine[] {
  const [startScores, referenceScores] = [scoresOf(start), scoresOf(reference)];
  if (startScores.length === 0 || referenceScores.length === 0) {
    return [];
  }
  return isBetter(mean(referenceScores), mean(startScores), direction)
    ? [{ level: "ok", subject: "reference and start", text: "the reference is better" }]
    : [{ level: "failed", subject: "reference and start", text: "the reference is not better than the start" }];
}

function scoresOf(scorings: readonly CheckedScoring[]): number[] {
  return scorings.flatMap(({ scored }) => (scored.score === null ? [] : [scored.score]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
