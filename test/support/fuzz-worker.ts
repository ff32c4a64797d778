// Audits the mutated transcripts of the seeds that it is given, and says of each what it took.
import { parentPort } from "node:worker_threads";
import { auditMutated, mutatedTranscript } from "./audit-fuzz";

/** What became of a seed. */
export interface FuzzedSeed {
  readonly seed: number;
  readonly name: string;
  readonly units: number;
  /** Seconds of the processor. */
  readonly seconds: number;
  /** What was thrown. */
  readonly error: string | undefined;
}

parentPort?.on("message", (seed: number) => {
  void fuzz(seed).then((fuzzed) => parentPort?.postMessage(fuzzed));
});

async function fuzz(seed: number): Promise<FuzzedSeed> {
  const transcript = mutatedTranscript(seed);
  const before = process.cpuUsage();
  let error: string | undefined;
  try {
    await auditMutated(transcript);
  } catch (thrown) {
    error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  const { user, system } = process.cpuUsage(before);
  return { seed, name: transcript.name, units: transcript.content.length, seconds: (user + system) / 1e6, error };
}
