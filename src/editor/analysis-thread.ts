import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { AnalysisError } from "../analysis";
import type { AnalysisCharts, AnalysisExport, AnalysisRunPage, AnalysisView } from "../protocol";

/** What the thread is started with. */
export interface AnalysisThreadStart {
  /** A `study.json`, or a folder or file with runs. */
  readonly path: string;
  /** An existing folder for what does not fit in memory. */
  readonly cache: string;
  /** Path of `analysis-worker.js`, which resamples. */
  readonly resampler: string;
  /** The folder `dist/pictures`. */
  readonly pictures: string;
}

/** How far the thread is. */
export type AnalysisProgress =
  | { readonly type: "reading"; readonly path: string; readonly number: number; readonly of: number; readonly runs: number }
  | { readonly type: "resampling"; readonly done: number; readonly of: number };

export type AnalysisThreadMessage =
  | AnalysisProgress
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly text: string }
  | { readonly type: "answer"; readonly number: number; readonly answer: AnalysisAnswer }
  | { readonly type: "refused"; readonly number: number; readonly text: string };

export type AnalysisQuestion =
  | { readonly ask: "view" }
  | { readonly ask: "charts"; readonly task: string }
  | { readonly ask: "runs"; readonly task: string; readonly query: string; readonly from: number }
  | { readonly ask: "place"; readonly run: number; readonly step: number | undefined }
  | { readonly ask: "export"; readonly format: AnalysisExport; readonly to: string };

/** Where a run, or one of its attempts, is written. */
export interface RunPlace {
  readonly path: string;
  /** Line, sample or run within it. */
  readonly part: string;
  /** Line of a table, from 1 on; undefined for sessions and transcripts. */
  readonly line?: number;
  /** What the attempt is called there; empty where there is none. */
  readonly attempt: string;
}

export type AnalysisAnswer = AnalysisView | AnalysisCharts | AnalysisRunPage | RunPlace | undefined;

/** Memory of the thread in MB, numbers of runs not included: what is larger is for the command line. */
const memoryLimit = 2048;

/** A study that is read, computed and kept in a thread of its own, so that neither millions of attempts nor a huge file hold up the editor. */
export class AnalysisThread {
  private readonly asked = new Map<number, { resolve: (answer: AnalysisAnswer) => void; reject: (error: Error) => void }>();
  private last = 0;
  private ended: AnalysisError | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly cache: string,
  ) {}

  /**
   * Reads and computes a study.
   *
   * @param programs folder of the built programs, `dist`
   * @throws {AnalysisError} `cancelled`, or `invalid` with what the thread says
   */
  static async open(path: string, programs: string, options: { readonly signal: AbortSignal; readonly progress: (progress: AnalysisProgress) => void }): Promise<AnalysisThread> {
    const cache = await mkdtemp(join(tmpdir(), "baseliner-analysis-"));
    const start: AnalysisThreadStart = { path, cache, resampler: join(programs, "analysis-worker.js"), pictures: join(programs, "pictures") };
    const thread = new AnalysisThread(new Worker(join(programs, "study-worker.js"), { workerData: start, resourceLimits: { maxOldGenerationSizeMb: memoryLimit } }), cache);
    const cancel = (): void => thread.end(new AnalysisError("cancelled", "Cancelled; nothing was kept."));
    try {
      await new Promise<void>((resolve, reject) => {
        // A promise that is never asked for anything else: it waits for the thread to be ready or to end.
        thread.asked.set(0, { resolve: () => resolve(), reject });
        thread.listen(options.progress);
        options.signal.addEventListener("abort", cancel);
        if (options.signal.aborted) {
          cancel();
        }
      });
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    } finally {
      options.signal.removeEventListener("abort", cancel);
    }
  }

  async view(): Promise<AnalysisView> {
    return (await this.ask({ ask: "view" })) as AnalysisView;
  }

  /** Charts of a task, or of all where there is none of that name. */
  async charts(task: string): Promise<AnalysisCharts> {
    return (await this.ask({ ask: "charts", task })) as AnalysisCharts;
  }

  async runs(task: string, query: string, from: number): Promise<AnalysisRunPage> {
    return (await this.ask({ ask: "runs", task, query, from })) as AnalysisRunPage;
  }

  /** Where a run is written, by its place among all runs; undefined where there is none. */
  async placeOf(run: number, step: number | undefined): Promise<RunPlace | undefined> {
    return (await this.ask({ ask: "place", run, step })) as RunPlace | undefined;
  }

  /** Writes the figures to a file of this computer. */
  async export(format: AnalysisExport, to: string): Promise<void> {
    await this.ask({ ask: "export", format, to });
  }

  /** Ends the thread; what is still asked is answered by an error. */
  async close(): Promise<void> {
    this.end(new AnalysisError("cancelled", "The study was closed."));
    await this.worker.terminate();
    await rm(this.cache, { recursive: true, force: true });
  }

  private async ask(question: AnalysisQuestion): Promise<AnalysisAnswer> {
    if (this.ended !== undefined) {
      throw this.ended;
    }
    const number = ++this.last;
    return await new Promise<AnalysisAnswer>((resolve, reject) => {
      this.asked.set(number, { resolve, reject });
      this.worker.postMessage({ number, question });
    });
  }

  private listen(progress: (progress: AnalysisProgress) => void): void {
    this.worker.on("message", (message: AnalysisThreadMessage) => {
      switch (message.type) {
        case "reading":
        case "resampling":
          progress(message);
          break;
        case "ready":
          this.settle(0, ({ resolve }) => resolve(undefined));
          break;
        case "failed":
          this.end(new AnalysisError("invalid", message.text));
          break;
        case "answer":
          this.settle(message.number, ({ resolve }) => resolve(message.answer));
          break;
        case "refused":
          this.settle(message.number, ({ reject }) => reject(new AnalysisError("invalid", message.text)));
          break;
      }
    });
    this.worker.on("error", (error) => {
      const isTooLarge = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.end(new AnalysisError("invalid", isTooLarge ? "The study needs more memory than the editor may give it; compare its runs with the command baseliner scores." : `The study could not be computed: ${error.message}`, { cause: error }));
    });
    this.worker.on("exit", () => this.end(new AnalysisError("invalid", "The study's thread ended; read it again.")));
  }

  private settle(number: number, act: (asked: { resolve: (answer: AnalysisAnswer) => void; reject: (error: Error) => void }) => void): void {
    const asked = this.asked.get(number);
    this.asked.delete(number);
    if (asked !== undefined) {
      act(asked);
    }
  }

  private end(error: AnalysisError): void {
    this.ended ??= error;
    for (const number of Array.from(this.asked.keys())) {
      this.settle(number, ({ reject }) => reject(error));
    }
  }
}
