import { randomUUID } from "node:crypto";
import { cp, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Box, type OutputSink, RunProcesses, type RunUse } from "../boxes";
import { type LoadedTask, profileOf } from "./load-task";
import type { TaskOnBox } from "./score-on-box";
import { readResultFile, readScoring, resultVariable, type Scored, scoringCommand } from "./scoring-result";

/** What an author's scoring may print, in bytes. */
const outputLimitBytes = 64 * 1024 * 1024;
/** What is kept of the output for whoever looks for something in it, in UTF-16 units. */
const keptOutput = 1024 * 1024;
/** Folders that are no part of a solution. */
const noPart = new Set([".git", "__pycache__", "node_modules", ".venv"]);

/** Links stay as they are: made absolute, they would lead to what is copied. */
const copying = { recursive: true, force: true, verbatimSymlinks: true } as const;

/** Fills an empty folder with a solution. */
export type SolutionMaker = (workspace: string) => Promise<void>;

/** How a solution is scored by its author. */
export interface ScoreSolutionOptions {
  readonly profile: string;
  readonly signal?: AbortSignal | undefined;
  /** Gets all that the scoring prints, as it prints it. */
  readonly onOutput?: OutputSink | undefined;
  /** Environment variables on top of those of the profile. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Less time than the task allows, in s. */
  readonly timeoutSeconds?: number;
  /** Where the box is another computer: the task there. */
  readonly there?: TaskOnBox | undefined;
}

/** One scoring by an author. */
export interface SolutionScoring extends RunUse {
  readonly scored: Scored;
  /** Wall time in ms, by the box's clock. */
  readonly durationMs: number;
  /** What it printed to both streams, as far as it is kept. */
  readonly output: string;
}

/** The starting solution. */
export function startingSolution({ folder, task }: LoadedTask): SolutionMaker {
  return async (workspace) => await cp(join(folder, task.workspace), workspace, copying);
}

/** The reference solution: its files over those of the starting solution. Undefined where the task names none. */
export function referenceSolution(loaded: LoadedTask): SolutionMaker | undefined {
  const { reference } = loaded.task;
  return reference === undefined
    ? undefined
    : async (workspace) => {
        await startingSolution(loaded)(workspace);
        await cp(join(loaded.folder, reference), workspace, copying);
      };
}

/** A folder as a whole workspace, without what version control and package managers keep in it. */
export function solutionInFolder(folder: string): SolutionMaker {
  return async (workspace) => await cp(folder, workspace, { ...copying, filter: (source) => source === folder || !noPart.has(basename(source)) });
}

/**
 * Scores a solution on this computer in a workspace of its own, by the task's scoring command. The workspace is removed afterwards.
 * @throws {TaskError} `no-profile`; {BoxError} where the box fails; the reason of `signal` when that aborts
 */
export async function scoreSolution(loaded: LoadedTask, box: Box, make: SolutionMaker, options: ScoreSolutionOptions): Promise<SolutionScoring> {
  const { folder, task } = loaded;
  const { signal, onOutput } = options;
  const profile = profileOf(loaded, options.profile);
  const timeoutSeconds = options.timeoutSeconds ?? task.scoring.timeoutSeconds;
  signal?.throwIfAborted();
  if (options.there !== undefined) {
    return await scoreThere(loaded, options.there, make, { ...options, environment: { ...profile.env, ...options.environment }, timeoutSeconds });
  }
  // As the system tells of working folders of processes: without links.
  const place = await realpath(await mkdtemp(join(tmpdir(), "baseliner-scoring-")));
  try {
    const [workspace, runs, id] = [join(place, "workspace"), join(place, "runs"), randomUUID()];
    await Promise.all([mkdir(workspace), mkdir(join(runs, id), { recursive: true })]);
    await make(workspace);
    const result = join(runs, id, "result.json");
    const processes = new RunProcesses(join(runs, id), workspace);
    let use: RunUse = { peakMemoryBytes: undefined, left: 0 };
    const output = new KeptOutput();
    const cancel = (): void => void box.cancelRun(runs, id).catch(() => undefined);
    let exit;
    try {
      await box.startRun(runs, {
        id,
        command: scoringCommand(task.scoring.command, folder),
        folder: workspace,
        environment: { ...profile.env, ...options.environment, [resultVariable]: result },
        timeoutSeconds,
        outputLimitBytes,
      });
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted === true) {
        cancel();
      }
      exit = await box.followRun(runs, id, { stdout: 0, stderr: 0 }, async (stream, bytes) => {
        output.add(bytes);
        await onOutput?.(stream, bytes);
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
      use = await processes.end();
    }
    signal?.throwIfAborted();
    return { scored: readScoring(exit, await readResultFile(box, result), timeoutSeconds), durationMs: exit.endedAt - exit.startedAt, output: output.text, ...use };
  } finally {
    await rm(place, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The same on another computer, whose processes are not looked at. */
async function scoreThere({ task }: LoadedTask, there: TaskOnBox, make: SolutionMaker, { environment, timeoutSeconds, signal, onOutput }: ScoreSolutionOptions & { timeoutSeconds: number }): Promise<SolutionScoring> {
  const { box } = there;
  const { workspace, runs } = await there.newWorkspace(make);
  const id = randomUUID();
  const result = `${runs}/${id}/result.json`;
  const output = new KeptOutput();
  const cancel = (): void => void box.cancelRun(runs, id).catch(() => undefined);
  try {
    await box.startRun(runs, { id, command: scoringCommand(task.scoring.command, there.task), folder: workspace, environment: { ...environment, [resultVariable]: result }, timeoutSeconds, outputLimitBytes });
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted === true) {
      cancel();
    }
    const exit = await box.followRun(runs, id, { stdout: 0, stderr: 0 }, async (stream, bytes) => {
      output.add(bytes);
      await onOutput?.(stream, bytes);
    });
    signal?.throwIfAborted();
    return { scored: readScoring(exit, await readResultFile(box, result), timeoutSeconds), durationMs: exit.endedAt - exit.startedAt, output: output.text, peakMemoryBytes: undefined, left: 0 };
  } finally {
    signal?.removeEventListener("abort", cancel);
    await there.removeWorkspace(workspace);
  }
}

class KeptOutput {
  text = "";
  private readonly decoder = new TextDecoder();

  add(bytes: Uint8Array): void {
    if (this.text.length < keptOutput) {
      this.text += this.decoder.decode(bytes, { stream: true });
    }
  }
}
