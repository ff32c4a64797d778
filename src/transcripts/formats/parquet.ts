import { join } from "node:path";
import { messageOf } from "../../base";
import { type EventBatch, sealed, TranscriptError, throwIfCancelled, type TranscriptReading } from "../reading";
import { type ByteSource, FileSource } from "../sources/byte-source";
import { writeRows, type WrittenRows } from "../sources/parquet";
import { firstSight } from "./first-sight";
import type { TranscriptFacts } from "./format";
import { detectFormat, plainFormat } from "./formats";
import { JsonReading } from "./json-reading";

/** What the rows of a Parquet file are called as the source of an event. */
export const rowsMember = "rows.jsonl";

/** Rows of a Parquet file, in whatever format they are: data sets such as MALT come so. They are read as lines of JSON. */
export class ParquetReading implements TranscriptReading {
  readonly files = [""];

  private constructor(
    private readonly source: ByteSource & { close?(): void },
    private readonly rows: AsyncGenerator<WrittenRows, void>,
    private readonly reading: JsonReading,
    private written: WrittenRows,
  ) {}

  /**
   * @param cache an existing folder for the rows
   * @throws {TranscriptError}
   */
  static async open(source: ByteSource & { close?(): void }, cache: string): Promise<ParquetReading> {
    const path = join(cache, rowsMember);
    const rows = writeRows(source, path);
    let first: IteratorResult<WrittenRows, void>;
    try {
      first = await rows.next();
    } catch (error) {
      throw new TranscriptError("unreadable", `The Parquet file cannot be read: ${messageOf(error)}.`, { cause: error });
    }
    if (first.done === true) {
      throw new TranscriptError("empty", "The Parquet file has no rows.");
    }
    const lines = FileSource.open(path);
    const sight = firstSight(lines, path);
    if (sight === undefined) {
      throw new TranscriptError("unknown-format", "The rows of this Parquet file are no transcript of a known format.");
    }
    return new ParquetReading(source, rows, new JsonReading(lines, detectFormat(sight) ?? plainFormat(sight), sight, { file: "", member: rowsMember }), first.value);
  }

  get format(): string {
    return this.reading.format;
  }

  get formatTitle(): string {
    return `${this.reading.formatTitle} (Parquet)`;
  }

  get facts(): TranscriptFacts {
    return this.reading.facts;
  }

  async *batches(signal?: AbortSignal): AsyncGenerator<EventBatch, void> {
    yield* this.counted(this.reading.batches(signal));
    let problem: string | undefined;
    while (problem === undefined) {
      throwIfCancelled(signal);
      try {
        const next = await this.rows.next();
        if (next.done === true) {
          return;
        }
        this.written = next.value;
      } catch (error) {
        problem = messageOf(error);
      }
      yield* this.counted(this.reading.more(signal));
    }
    const stopped = sealed({ kind: "error", title: "damaged", text: `The rows behind row ${this.written.done} cannot be read: ${problem}.`, isError: true }, "damage", { file: "", member: rowsMember, start: 0, end: 0 });
    yield { events: [stopped], ...this.progress() };
  }

  private async *counted(batches: AsyncGenerator<EventBatch, void> | undefined): AsyncGenerator<EventBatch, void> {
    for await (const batch of batches ?? []) {
      yield { ...batch, ...this.progress() };
    }
  }

  private progress(): { done: number; total: number } {
    const { size } = this.source;
    return { done: Math.floor((size * this.written.done) / Math.max(1, this.written.total)), total: size };
  }

  close(): void {
    this.reading.close();
    this.source.close?.();
  }
}
