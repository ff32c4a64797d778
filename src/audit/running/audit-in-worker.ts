import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { BaselinerError } from "../../base";
import type { AuditProgress, TranscriptAudit } from "../audit-transcript";
import type { RuleSet } from "../rule-set";

/** An audit came to no end. */
export class AuditError extends BaselinerError<"cancelled" | "failed"> {}

export interface AuditWorkerStart {
  readonly kind: "one";
  readonly path: string;
  readonly rules: RuleSet;
  readonly cache: string;
}

export type AuditWorkerMessage = ({ readonly type: "progress" } & AuditProgress) | { readonly type: "done"; readonly audit: TranscriptAudit };

/** Memory of a worker, in MB: an audit needs far less, and a hostile transcript takes no more. */
const memoryLimit = 1024;

/**
 * Audits a transcript in a thread of its own.
 *
 * @param options.worker path of `audit-worker.js`
 * @throws {AuditError}
 */
export async function auditInWorker(path: string, rules: RuleSet, options: { readonly worker: string; readonly signal?: AbortSignal; readonly progress?: (progress: AuditProgress) => void }): Promise<TranscriptAudit> {
  const { signal } = options;
  const cache = await mkdtemp(join(tmpdir(), "baseliner-audit-"));
  const start: AuditWorkerStart = { kind: "one", path, rules, cache };
  const worker = new Worker(options.worker, { workerData: start, resourceLimits: { maxOldGenerationSizeMb: memoryLimit } });
  const cancelled = new AuditError("cancelled", "The audit was cancelled; the transcript is as it was.");
  let cancel: (() => void) | undefined;
  try {
    return await new Promise<TranscriptAudit>((resolve, reject) => {
      cancel = () => reject(cancelled);
      if (signal?.aborted === true) {
        cancel();
      }
      signal?.addEventListener("abort", cancel);
      worker.on("message", (message: AuditWorkerMessage) => {
        if (message.type === "done") {
          resolve(message.audit);
        } else {
          options.progress?.(message);
        }
      });
      worker.on("error", (error) => {
        const why = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "it needs more memory than it may take" : error.message;
        reject(new AuditError("failed", `The audit came to no end: ${why}. The transcript can be reviewed all the same.`, { cause: error }));
      });
      worker.on("exit", () => reject(new AuditError("failed", "The audit ended before its end. Start it again.")));
    });
  } finally {
    if (cancel !== undefined) {
      signal?.removeEventListener("abort", cancel);
    }
    await worker.terminate();
    await rm(cache, { recursive: true, force: true });
  }
}
