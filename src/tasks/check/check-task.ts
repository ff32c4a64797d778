import { randomUUID } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Box } from "../../boxes";
import { type LoadedTask, profileOf, taskFileName } from "../load-task";
import { isBetter, normalise } from "../scores";
import { readResultFile, readScoring, resultVariable, scoringCommand } from "../scoring-result";
import { checkInstructions } from "./check-instructions";
import { checkReach } from "./check-reach";
import { hostileSolutions } from "./hostile-solutions";
import { placeIn } from "./places";
import type { CheckedScoring, CheckLine, Place, TaskCheck } from "./report";

/** A check scoring may print this much, in bytes. */
const outputLimitBytes = 64 * 1024 * 1024;
/** How far a measured score may lie from the constant of task.json, as a share of the way from start to reference. */
const tolerableDrift = 0.1;
/** How far the scores of one solution may lie apart, as a share of the way from start to reference. */
const tolerableNoise = 0.2;

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
 * Everything an author wants to know before anyone is paid to solve a task: what its files say, what the starting and the reference
 * solution score on a box and whether `task.json` says the same, and how the scorer takes solutions that are none.
 * @throws {TaskError} `no-profile`; {BoxError} where the box fails; the reason of `signal` when that aborts.
 */
export async function checkTask(loaded: LoadedTask, box: Box, options: CheckOptions): Promise<TaskCheck> {
  const profile = profileOf(loaded, options.profile);
  const { task } = loaded;
  const lines: CheckLine[] = [{ level: "ok", subject: "task.json", text: "follows the schema; the files it names are there" }];
  const taskText = await readFile(join(loaded.folder, taskFileName), "utf8");
  const constant = (name: "start" | "reference"): Place => placeIn(taskText, ["profiles", options.profile, name]);
  lines.push(...(await checkInstructions(loaded)), ...(await checkReach(loaded, box)));
  const repeat = async (name: string, solution: string): Promise<CheckedScoring[]> => {
    const scorings: CheckedScoring[] = [];
    for (let round = 1; round <= options.repeats; round += 1) {
      options.signal?.throwIfAborted();
      options.onProgress?.(`${name}, ${round} of ${options.repeats}`);
      scorings.push(await scoreOnce(loaded, options.profile, box, (workspace) => cp(solution, workspace, { recursive: true, force: true }), options.signal));
    }
    return scorings;
  };

  const start = await repeat("Scoring the starting solution", join(loaded.folder, task.workspace));
  lines.push(...reportOn("starting solution", start, profile.start, profile, constant("start")));
  const referenceFolder = task.reference === undefined ? undefined : join(loaded.folder, task.reference);
  let reference: CheckedScoring[] = [];
  if (referenceFolder !== undefined && (await stat(referenceFolder).catch(() => undefined))?.isDirectory()) {
    reference = await repeat("Scoring the reference solution", referenceFolder);
    lines.push(...reportOn("reference solution", reference, profile.reference, profile, constant("reference")));
    lines.push(...compare(start, reference, task.scoring.direction));
  } else {
    lines.push({ level: "warning", subject: "reference solution", text: "is not in this folder, so it was not scored" });
  }
  // Where not even the starting solution can be scored, the rest says nothing.
  if (start.every(({ scored }) => scored.invalid === null)) {
    lines.push(...(await survives(loaded, box, options)));
  }
  return { task: task.id, profile: options.profile, lines, scorings: { start, reference } };
}

/** How the scorer takes solutions that are missing or broken: each must be valid, or invalid with a reason that the scorer gives. */
async function survives(loaded: LoadedTask, box: Box, options: CheckOptions): Promise<CheckLine[]> {
  const lines: CheckLine[] = [];
  for (const { name, apply } of hostileSolutions(loaded)) {
    options.signal?.throwIfAborted();
    options.onProgress?.(`Scoring ${name}`);
    const { scored } = await scoreOnce(loaded, options.profile, box, apply, options.signal);
    if (scored.invalid === null) {
      lines.push({ level: "ok", subject: name, text: `scores ${scored.score.toFixed(3)}` });
    } else if (scored.invalid.reason === "rejected") {
      lines.push({ level: "ok", subject: name, text: `is invalid: ${scored.invalid.text}` });
    } else {
      lines.push({ level: "failed", subject: name, text: `brings down the scorer, which should say what is wrong with it: ${scored.invalid.text}` });
    }
  }
  return lines;
}

/** Scores one solution in a workspace of its own, which is removed afterwards. `change` makes it of the starting solution. */
async function scoreOnce(
  { folder, task }: LoadedTask,
  profile: string,
  box: Box,
  change: (workspace: string) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<CheckedScoring> {
  const place = await mkdtemp(join(tmpdir(), "baseliner-check-"));
  try {
    const workspace = join(place, "workspace");
    const runs = join(place, "runs");
    await mkdir(runs);
    await cp(join(folder, task.workspace), workspace, { recursive: true });
    await change(workspace);
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
  place: Place,
): CheckLine[] {
  const invalid = scorings.find(({ scored }) => scored.invalid !== null);
  if (invalid?.scored.invalid) {
    return [{ level: "failed", subject, text: `is invalid: ${invalid.scored.invalid.text}` }];
  }
  const scores = scoresOf(scorings);
  const distance = Math.abs(profile.reference - profile.start);
  const average = mean(scores);
  const noise = scores.length > 1 ? `, spread ${(((Math.max(...scores) - Math.min(...scores)) / distance) * 100).toFixed(1)} % of the way from start to reference` : "";
  const isNoisy = scores.length > 1 && (Math.max(...scores) - Math.min(...scores)) / distance > tolerableNoise;
  const seconds = mean(scorings.map(({ durationMs }) => durationMs)) / 1000;
  const drift = Math.abs(average - constant) / distance;
  return [
    {
      level: drift > tolerableDrift || isNoisy ? "warning" : "ok",
      subject,
      ...(drift > tolerableDrift ? { place } : {}),
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
