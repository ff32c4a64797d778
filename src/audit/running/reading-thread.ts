import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parentPort, Worker } from "node:worker_threads";
import { errorOf, messageOf } from "../../base";
import { type EventBatch, openTranscript, TranscriptError, type TranscriptFacts, type TranscriptProblem } from "../../transcripts";
import type { Reading } from "../audit-transcript";

/** What a thread that reads is started with. */
export interface ReadingStart {
  readonly kind: "read";
  readonly path: string;
  readonly cache: string;
}

type ReadingMessage =
  | { readonly type: "opened"; readonly format: string }
  /** With what is known of the transcript by now. */
  | { readonly type: "batch"; readonly batch: EventBatch; readonly facts: TranscriptFacts }
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly problem: TranscriptProblem | undefined; readonly message: string };

/** Smaller files are audited before a thread has begun. Bytes. */
const leastBytes = 8 * 2 ** 20;
/** Batches that are read before anyone has looked at them: enough that no thread waits for the other, and little memory. */
const ahead = 8;
/** Memory of the thread, in MB: reading needs far less, and a hostile transcript takes no more. */
const memoryLimit = 1024;

/**
 * Opens a large transcript in a thread of its own, so that it is read on while what was read is audited; a small one, or where there is one
 * processor alone, in this thread.
 *
 * @param program path of the program that runs {@link readForAnother}
 * @throws {TranscriptError} what cannot be opened
 */
export async function openBeside(program: string, path: string, cache: string): Promise<Reading> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() === true && status.size >= leastBytes && availableParallelism() > 1 ? await ReadingThread.open(program, path, cache) : await openTranscript(path, cache);
}

/** A transcript that another thread reads. */
export class ReadingThread implements Reading {
  format = "";
  facts: TranscriptFacts = {};
  private readonly worker: Worker;
  private readonly arrived: ReadingMessage[] = [];
  private arrival: (() => void) | undefined;

  private constructor(program: string, start: ReadingStart) {
    this.worker = new Worker(program, { workerData: start, resourceLimits: { maxOldGenerationSizeMb: memoryLimit } });
    const take = (message: ReadingMessage): void => {
      this.arrived.push(message);
      this.arrival?.();
    };
    this.worker.on("message", take);
    this.worker.on("error", (error) => take({ type: "failed", problem: undefined, message: errorOf(error).message }));
    this.worker.on("exit", () => take({ type: "failed", problem: undefined, message: "the thread that reads it ended" }));
  }

  /** @throws {TranscriptError} what cannot be opened */
  static async open(program: string, path: string, cache: string): Promise<ReadingThread> {
    const reading = new ReadingThread(program, { kind: "read", path, cache });
    try {
      const message = await reading.next();
      reading.format = message.type === "opened" ? message.format : "";
      return reading;
    } catch (error) {
      reading.close();
      throw error;
    }
  }

  async *batches(): AsyncGenerator<EventBatch, void> {
    for (let message = await this.next(); message.type === "batch"; message = await this.next()) {
      this.facts = message.facts;
      yield message.batch;
      this.worker.postMessage("more");
    }
  }

  close(): void {
    void this.worker.terminate();
  }

  private async next(): Promise<ReadingMessage> {
    if (this.arrived.length === 0) {
      await new Promise<void>((resolve) => (this.arrival = resolve));
    }
    const message = this.arrived.shift() ?? { type: "ended" };
    if (message.type !== "failed") {
      return message;
    }
    throw message.problem === undefined ? new Error(message.message) : new TranscriptError(message.problem, message.message);
  }
}

/** What such a thread does. */
export async function readForAnother({ path, cache }: ReadingStart): Promise<void> {
  const send = (message: ReadingMessage): void => parentPort?.postMessage(message);
  let room = ahead;
  let isMore: (() => void) | undefined;
  parentPort?.on("message", () => {
    room++;
    isMore?.();
  });
  try {
    const reading = await openTranscript(path, cache);
    send({ type: "opened", format: reading.format });
    for await (const batch of reading.batches()) {
      if (room === 0) {
        await new Promise<void>((resolve) => (isMore = resolve));
      }
      room--;
      send({ type: "batch", batch, facts: reading.facts });
    }
    reading.close();
    send({ type: "ended" });
  } catch (error) {
    send({ type: "failed", problem: error instanceof TranscriptError ? error.reason : undefined, message: messageOf(error) });
  }
}
