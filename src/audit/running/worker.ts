import { parentPort, workerData } from "node:worker_threads";
import { auditTranscript } from "../audit-transcript";
import { type AuditTarget, auditTarget } from "../batch/audit-file";
import type { WorkerTask } from "../batch/audit-many";
import type { AuditWorkerMessage, AuditWorkerStart } from "./audit-in-worker";
import { openBeside, readForAnother, type ReadingStart } from "./reading-thread";

/** Progress is told so often at most, in ms. */
const tellEvery = 100;

const start = workerData as AuditWorkerStart | ReadingStart | WorkerTask;
if (start.kind === "one") {
  auditOne(start);
} else if (start.kind === "read") {
  void readForAnother(start);
} else {
  // One target after the other as they come; one message for each.
  parentPort?.on("message", (target: AuditTarget) => {
    void auditTarget(target, start.rules, start.results).then((outcome) => parentPort?.postMessage(outcome));
  });
}

function auditOne({ path, rules, cache }: AuditWorkerStart): void {
  const send = (message: AuditWorkerMessage): void => parentPort?.postMessage(message);
  let told = 0;
  void auditTranscript(path, () => rules, cache, {
    progress: (progress) => {
      if (Date.now() - told >= tellEvery) {
        told = Date.now();
        send({ type: "progress", ...progress });
      }
    },
    open: async (file, folder) => await openBeside(__filename, file, folder),
  }).then((audit) => send({ type: "done", audit }));
}
