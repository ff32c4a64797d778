import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { errorOf, sha256 } from "../../base";
import type { RuleChoice } from "../known-tasks";
import { openBeside } from "../running/reading-thread";
import { type AuditOutcome, type AuditTarget, auditTarget, type ResultsFolder } from "./audit-file";

/** How many transcripts are audited. */
export interface ManyOptions {
  /** Path of the built worker; without one all is done in this thread. */
  readonly worker?: string | undefined;
  /** Workers at most; without it, as many as there are processors. */
  readonly jobs?: number | undefined;
  /** An existing folder for results. */
  readonly results?: string | undefined;
  /** What was done stays in the results folder. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each target as it is done, in any order. */
  readonly onProgress?: ((done: number, of: number, name: string) => void) | undefined;
}

/** What a worker is given to begin with. */
export interface WorkerTask {
  readonly kind: "many";
  readonly rules: RuleChoice;
  readonly results: ResultsFolder | undefined;
}

/** MB that a worker may take; a transcript that needs more stops only its own audit. */
const workerMemory = 2048;

/**
 * Audits transcripts, several at a time, and calls back with each outcome in the order of the targets.
 *
 * @throws the reason of `signal` when that aborts
 */
export async function auditMany(targets: readonly AuditTarget[], rules: RuleChoice, options: ManyOptions, done: (target: AuditTarget, outcome: AuditOutcome) => void): Promise<void> {
  const results = options.results === undefined ? undefined : { path: options.results, key: await resultsKey(rules, options.worker) };
  const outcomes = new Map<number, AuditOutcome>();
  let next = 0;
  let finished = 0;
  const take = (index: number, outcome: AuditOutcome): void => {
    outcomes.set(index, outcome);
    options.onProgress?.(++finished, targets.length, targets[index]?.name ?? "");
    for (let ready = outcomes.get(next); ready !== undefined; ready = outcomes.get(next)) {
      const target = targets[next];
      outcomes.delete(next++);
      if (target !== undefined) {
        done(target, ready);
      }
    }
  };
  options.signal?.throwIfAborted();
  const { worker } = options;
  if (worker === undefined || targets.length < 2) {
    // With a single one, the other processors can read it meanwhile.
    const open = worker === undefined ? undefined : async (path: string, cache: string) => await openBeside(worker, path, cache);
    for (const [index, target] of targets.entries()) {
      take(index, await auditTarget(target, rules, results, open));
      options.signal?.throwIfAborted();
    }
    return;
  }
  const waiting = targets.entries();
  const count = Math.min(targets.length, options.jobs ?? availableParallelism());
  await Promise.all(Array.from({ length: count }, async () => await workOff(worker, { kind: "many", rules, results }, waiting, take, options.signal)));
  options.signal?.throwIfAborted();
}

/** Gives one worker after the other what waits; a worker that dies is followed by another one. */
async function workOff(program: string, task: WorkerTask, waiting: Iterator<[number, AuditTarget]>, take: (index: number, outcome: AuditOutcome) => void, signal: AbortSignal | undefined): Promise<void> {
  let isOver = false;
  while (!isOver && signal?.aborted !== true) {
    const worker = new Worker(program, { workerData: task, resourceLimits: { maxOldGenerationSizeMb: workerMemory } });
    isOver = await new Promise<boolean>((resolve) => {
      let current: [number, AuditTarget] | undefined;
      const stop = (): void => void worker.terminate();
      const proceed = (): void => {
        const following = signal?.aborted === true ? undefined : waiting.next();
        current = following === undefined || following.done === true ? undefined : following.value;
        if (current === undefined) {
          resolve(true);
          void worker.terminate();
        } else {
          worker.postMessage(current[1]);
        }
      };
      const end = (problem: string): void => {
        if (current !== undefined && signal?.aborted !== true) {
          const [index, { name }] = current;
          current = undefined;
          take(index, { audited: { file: name, format: "", rules: "", events: 0, findings: [], problem: `The audit of this file failed: ${problem}.` }, isKnown: false });
        }
        resolve(false);
      };
      signal?.addEventListener("abort", stop, { once: true });
      worker.on("message", (outcome: AuditOutcome) => {
        if (current !== undefined) {
          take(current[0], outcome);
          proceed();
        }
      });
      worker.on("error", (error) => {
        end(errorOf(error).message.replace(/\.$/, ""));
      });
      worker.on("exit", () => {
        signal?.removeEventListener("abort", stop);
        end("its process ended");
      });
      proceed();
    });
  }
}

/** Other rules, or another version of the program, come to other results. */
async function resultsKey(rules: RuleChoice, program: string | undefined): Promise<string> {
  return sha256(`${JSON.stringify(rules)}\n${program === undefined ? "" : sha256(await readFile(program))}`);
}
