import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { lanes } from "./draws";
import { TaskResampler, type TaskSamples } from "./resample";
import { AnalysisError } from "./study-file";

/** Tasks whose resamples [from, to) are to be computed. */
export interface Share {
  readonly tasks: readonly TaskSamples[];
  readonly from: number;
  readonly to: number;
}

/** Resamples cost about as much as the runs they draw; below so many drawn runs a worker takes longer to start than to compute. */
const worthWorkers = 4_000_000;
const mostWorkers = 4;

/** The statistics of each task in order: one row for each resample. */
export function* computeShare({ tasks, from, to }: Share): Generator<Float64Array<ArrayBuffer>, void> {
  for (const task of tasks) {
    const resampler = new TaskResampler(task);
    const values = new Float64Array((to - from) * resampler.width);
    for (let first = from; first < to; first += lanes) {
      resampler.evaluate(first, Math.min(lanes, to - first), values, (first - from) * resampler.width);
    }
    yield values;
  }
}

/** How resamples are computed. */
export interface ComputeOptions {
  /** Path of the built worker; without one all is computed in this thread. */
  readonly worker?: string;
  readonly signal?: AbortSignal;
  /** Called as tasks are done. */
  readonly progress?: (done: number, of: number) => void;
}

/**
 * Computes all resamples of tasks, in workers where that is worth it, and calls back with each task's values as soon as they are whole:
 * one row for each resample. What comes out does not depend on how many workers there are.
 *
 * @throws {AnalysisError} `cancelled`
 */
export async function resampleAll(tasks: readonly TaskSamples[], resamples: number, options: ComputeOptions, done: (task: number, values: Float64Array) => void): Promise<void> {
  const work = resamples * tasks.reduce((sum, { samples }) => sum + samples.reduce((runs, { results }) => runs + results.length, 0), 0);
  const count = options.worker === undefined || work < worthWorkers ? 0 : Math.min(mostWorkers, availableParallelism());
  if (count === 0) {
    let task = 0;
    for (const values of computeShare({ tasks, from: 0, to: resamples })) {
      done(task++, values);
      options.progress?.(task, tasks.length);
      // Lets whoever cancels have a turn.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfCancelled(options.signal);
    }
    return;
  }
  await inWorkers(tasks, resamples, count, options, done);
}

async function inWorkers(tasks: readonly TaskSamples[], resamples: number, count: number, options: ComputeOptions, done: (task: number, values: Float64Array) => void): Promise<void> {
  throwIfCancelled(options.signal);
  const shares = Array.from({ length: count }, (_, index): Share => ({ tasks, from: Math.floor((resamples * index) / count), to: Math.floor((resamples * (index + 1)) / count) }));
  const parts = tasks.map((): (Float64Array | undefined)[] => shares.map(() => undefined));
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
              const task = next++;
              const own = parts[task];
              if (own === undefined) {
                return;
              }
              own[place] = values;
              if (own.every((part) => part !== undefined)) {
                done(task, joined(own));
                parts[task] = [];
                options.progress?.(++finished, tasks.length);
              }
            });
            worker.once("error", reject);
            worker.once("exit", () => (next === tasks.length ? resolve() : reject(cancelled())));
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

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw cancelled();
  }
}

function cancelled(): AnalysisError {
  return new AnalysisError("cancelled", "Computing the figures was cancelled; nothing was kept.");
}
