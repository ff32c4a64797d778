import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ExpertCurve, TaskResampler, type TaskSamples, type Yardstick } from "./resample";
import { AnalysisError } from "./study-file";

/** One thing to be resampled: all statistics of a task, or the times at which the experts of several tasks reach scores. */
export type Job = { readonly kind: "task"; readonly task: TaskSamples } | { readonly kind: "curve"; readonly yardsticks: readonly Yardstick[]; readonly targets: readonly Float64Array[] };

/** Jobs for the resamples [from, to). */
export interface Share {
  readonly jobs: readonly Job[];
  readonly from: number;
  readonly to: number;
}

/** Resamples cost about as much as the runs they draw; below so many drawn runs a worker takes longer to start than to compute. */
const worthWorkers = 4_000_000;
const mostWorkers = 4;

/** The values of each job in order: one row for each resample. */
export function* computeShare({ jobs, from, to }: Share): Generator<Float64Array<ArrayBuffer>, void> {
  for (const job of jobs) {
    yield job.kind === "task" ? resampledTask(job.task, from, to) : resampledTimes(job.yardsticks, job.targets, from, to);
  }
}

function resampledTask(task: TaskSamples, from: number, to: number): Float64Array<ArrayBuffer> {
  const resampler = new TaskResampler(task);
  const values = new Float64Array((to - from) * resampler.width);
  for (let resample = from; resample < to; resample++) {
    resampler.evaluate(resample, values.subarray((resample - from) * resampler.width));
  }
  return values;
}

function resampledTimes(yardsticks: readonly Yardstick[], targets: readonly Float64Array[], from: number, to: number): Float64Array<ArrayBuffer> {
  const curve = new ExpertCurve(yardsticks);
  const values = new Float64Array((to - from) * targets.length);
  for (let resample = from; resample < to; resample++) {
    curve.draw(resample);
    for (const [index, scores] of targets.entries()) {
      values[(resample - from) * targets.length + index] = curve.timeOf(scores[resample] ?? NaN);
    }
  }
  return values;
}

/** How resamples are computed. */
export interface ComputeOptions {
  /** Path of the built worker; without one all is computed in this thread. */
  readonly worker?: string;
  readonly signal?: AbortSignal;
  /** Called as jobs are done. */
  readonly progress?: (done: number, of: number) => void;
}

/**
 * Computes all resamples of jobs, in workers where that is worth it, and calls back with each job's values as soon as they are whole:
 * one row for each resample. What comes out does not depend on how many workers there are.
 *
 * @throws {AnalysisError} `cancelled`
 */
export async function resampleAll(jobs: readonly Job[], resamples: number, options: ComputeOptions, done: (job: number, values: Float64Array) => void): Promise<void> {
  const work = resamples * jobs.reduce((sum, job) => sum + runsOf(job), 0);
  const count = options.worker === undefined || work < worthWorkers ? 0 : Math.min(mostWorkers, availableParallelism());
  if (count === 0) {
    let job = 0;
    for (const values of computeShare({ jobs, from: 0, to: resamples })) {
      done(job++, values);
      options.progress?.(job, jobs.length);
      // Lets whoever cancels have a turn.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfCancelled(options.signal);
    }
    return;
  }
  await inWorkers(jobs, resamples, count, options, done);
}

async function inWorkers(jobs: readonly Job[], resamples: number, count: number, options: ComputeOptions, done: (job: number, values: Float64Array) => void): Promise<void> {
  throwIfCancelled(options.signal);
  const shares = Array.from({ length: count }, (_, index): Share => ({ jobs, from: Math.floor((resamples * index) / count), to: Math.floor((resamples * (index + 1)) / count) }));
  const parts = jobs.map((): (Float64Array | undefined)[] => shares.map(() => undefined));
  const workers = shares.map((share) => new Worker(options.worker ?? "", { workerData: share }));
  const stop = (): void => {
    for (const worker of workers) {
      void worker.terminate();
    }
  };
  options.signal?.addEventListener("abort", stop);
  try {
    let finished = 0;
    await Promise.all(
      workers.map(
        (worker, place) =>
          new Promise<void>((resolve, reject) => {
            let next = 0;
            worker.on("message", (values: Float64Array) => {
              const job = next++;
              const own = parts[job];
              if (own === undefined) {
                return;
              }
              own[place] = values;
              if (own.every((part) => part !== undefined)) {
                done(job, joined(own));
                parts[job] = [];
                options.progress?.(++finished, jobs.length);
              }
            });
            worker.once("error", reject);
            worker.once("exit", () => (next === jobs.length ? resolve() : reject(cancelled())));
          }),
      ),
    );
  } finally {
    options.signal?.removeEventListener("abort", stop);
    stop();
  }
}

function joined(parts: readonly (Float64Array | undefined)[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
  let at = 0;
  for (const part of parts) {
    all.set(part ?? [], at);
    at += part?.length ?? 0;
  }
  return all;
}

function runsOf(job: Job): number {
  return job.kind === "task" ? job.task.samples.reduce((sum, { results }) => sum + results.length, 0) : job.yardsticks.reduce((sum, { results }) => sum + results.length, 0);
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw cancelled();
  }
}

function cancelled(): AnalysisError {
  return new AnalysisError("cancelled", "Computing the figures was cancelled; nothing was kept.");
}
