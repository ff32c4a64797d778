import { parentPort, workerData } from "node:worker_threads";
import { computeShare, type Share } from "./shares";

// The share of the resamples that this worker computes; one message for each task, in their order.
const share = workerData as Share;
for (const values of computeShare(share)) {
  parentPort?.postMessage(values, [values.buffer]);
}
