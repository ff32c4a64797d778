import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import type { TranscriptEvent } from "../event";
import { changesFiles } from "../files/file-changes";
import { generationFiles, type GenerationFiles, Names } from "./layout";
import { rowBytes, rowFlag, writeRow } from "./rows";
import { Spans } from "./spans";

/** Writes the files of one generation. */
export class IndexWriter {
  readonly files: GenerationFiles;
  readonly names = new Names();
  /** Events written, also those that are not flushed yet. */
  count = 0;
  private readonly rows: Appender;
  private readonly heads: Appender;
  private readonly text: Appender;
  /** The event of each call that may get results. */
  private readonly calls = new Map<string, number>();
  private readonly spans = new Spans();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.files = generationFiles(folder);
    this.rows = new Appender(this.files.rows);
    this.heads = new Appender(this.files.heads);
    this.text = new Appender(this.files.text);
  }

  /** Bytes that are written but not flushed. */
  get unflushed(): number {
    return this.text.unflushed + this.heads.unflushed;
  }

  add(event: TranscriptEvent): void {
    const { title, text } = event;
    const textStart = this.text.length;
    const titleBytes = this.text.add(title);
    this.text.add("\n");
    const textBytes = this.text.add(text);
    this.text.add("\n");
    const headStart = this.heads.length;
    const headBytes = this.heads.add(headText(event));
    this.heads.add("\n");
    const { span, begins, isScorers } = this.spans.place(event, this.count);
    writeRow(this.rows.room(rowBytes), 0, {
      kind: event.kind,
      flags: flagsOf(event) | (begins ? rowFlag.beginsSpan : 0) | (isScorers ? rowFlag.isScorers : 0),
      link: this.linkOf(event),
      time: event.time ?? NaN,
      textStart,
      titleBytes,
      textBytes,
      headStart,
      headBytes,
      agent: this.names.number(event.agent),
      branch: this.names.number(event.branch),
      sample: this.names.number(event.sample),
      tool: this.names.number(event.tool),
      span,
      score: event.score?.value ?? NaN,
    });
    this.count++;
  }

  /** Where the end is now, to come back to it. */
  mark(): EndMark {
    return { count: this.count, rows: this.rows.length, heads: this.heads.length, text: this.text.length };
  }

  /** Takes back what was written behind a mark. */
  truncate(mark: EndMark): void {
    this.flush();
    this.count = mark.count;
    this.rows.truncate(mark.rows);
    this.heads.truncate(mark.heads);
    this.text.truncate(mark.text);
  }

  /** Puts all that was written into the files; the rows last, so that what they refer to is there. */
  flush(): void {
    this.text.flush();
    this.heads.flush();
    this.rows.flush();
  }

  close(): void {
    this.flush();
    this.text.close();
    this.heads.close();
    this.rows.close();
  }

  private linkOf(event: TranscriptEvent): number {
    if (event.call === undefined) {
      return -1;
    }
    const key = `${event.sample ?? ""}\0${event.call}`;
    if (event.kind === "tool-call") {
      this.calls.set(key, this.count);
      return -1;
    }
    return this.calls.get(key) ?? -1;
  }
}

/** A place at the end of a generation. */
export interface EndMark {
  readonly count: number;
  readonly rows: number;
  readonly heads: number;
  readonly text: number;
}

function flagsOf(event: TranscriptEvent): number {
  return (
    (event.isError ? rowFlag.isError : 0) |
    (event.isRepeat ? rowFlag.isRepeat : 0) |
    (event.score === undefined ? 0 : rowFlag.hasScore) |
    (event.score?.isFinal === true ? rowFlag.isFinalScore : 0) |
    (changesFiles(event) ? rowFlag.changesFiles : 0)
  );
}

/** The id comes first: it is searched for. */
function headText(event: TranscriptEvent): string {
  const { id, kind, time, sample, agent, branch, span, call, tool, fields, score, isError, isRepeat, source } = event;
  const head = { id, kind, time, sample, agent, branch, span, call, tool, fields, score, isError, isRepeat, source };
  try {
    return JSON.stringify(head);
  } catch {
    // Nested too deeply to be written; the raw source has it.
    return JSON.stringify({ ...head, fields: { leftOut: "nested too deeply; see the raw source" } });
  }
}

const bufferBytes = 4 * 2 ** 20;

/** A file that is written at its end, in large pieces. */
class Appender {
  private readonly descriptor: number;
  private readonly buffer = Buffer.allocUnsafe(bufferBytes);
  private used = 0;
  private flushed = 0;

  constructor(path: string) {
    this.descriptor = openSync(path, "w");
  }

  get length(): number {
    return this.flushed + this.used;
  }

  get unflushed(): number {
    return this.used;
  }

  /** Writes text as UTF-8; lone surrogates become U+FFFD. Returns its length in bytes. */
  add(text: string): number {
    if (text.length * 3 > bufferBytes - this.used) {
      this.flush();
      if (text.length * 3 > bufferBytes) {
        return this.addLong(text);
      }
    }
    const bytes = this.buffer.write(text, this.used);
    this.used += bytes;
    return bytes;
  }

  /** The next `length` bytes, to be written by the caller. */
  room(length: number): Buffer {
    if (length > bufferBytes - this.used) {
      this.flush();
    }
    this.used += length;
    return this.buffer.subarray(this.used - length, this.used);
  }

  truncate(length: number): void {
    this.flush();
    ftruncateSync(this.descriptor, length);
    this.flushed = length;
  }

  flush(): void {
    this.write(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private addLong(text: string): number {
    const before = this.flushed;
    const step = 2 ** 20;
    for (let from = 0; from < text.length; ) {
      let to = Math.min(text.length, from + step);
      // Both halves of a pair stay together.
      const last = text.charCodeAt(to - 1);
      if (to < text.length && last >= 0xd800 && last < 0xdc00) {
        to--;
      }
      this.write(Buffer.from(text.slice(from, to), "utf8"));
      from = to;
    }
    return this.flushed - before;
  }

  private write(bytes: Buffer): void {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.descriptor, bytes, written, bytes.length - written, this.flushed + written);
    }
    this.flushed += bytes.length;
  }
}
