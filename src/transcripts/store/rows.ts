import { type EventKind, eventKinds, type EventScore } from "../event";

/** What a list, an outline and a strip need of an event; its text is read when it is looked at. */
export interface EventRow {
  readonly kind: EventKind;
  readonly isError: boolean;
  readonly isRepeat: boolean;
  /** Whether it says how a file was changed (files at a step). */
  readonly changesFiles: boolean;
  /** UTC, in ms since the epoch. */
  readonly time: number | undefined;
  /** Of a result the event of its call, and of a call its first result. */
  readonly link: number | undefined;
  readonly agent: string;
  readonly branch: string;
  readonly sample: string;
  readonly tool: string;
  readonly score: Pick<EventScore, "value" | "isFinal"> | undefined;
  /** The event that begins the span it lies in; of one that begins a span that of the span around it. */
  readonly span: number | undefined;
  readonly beginsSpan: boolean;
  /** Whether it happened while a scorer worked, such as a call of a model that judges. */
  readonly isScorers: boolean;
  /** Bytes of the title and of the text, in UTF-8. */
  readonly titleBytes: number;
  readonly textBytes: number;
}

/** What a row has beside what is shown of it. */
export interface StoredRow {
  readonly kind: EventKind;
  readonly flags: number;
  readonly link: number;
  readonly time: number;
  readonly textStart: number;
  readonly titleBytes: number;
  readonly textBytes: number;
  readonly headStart: number;
  readonly headBytes: number;
  readonly agent: number;
  readonly branch: number;
  readonly sample: number;
  readonly tool: number;
  readonly span: number;
  readonly score: number;
}

/** Length of a row in bytes. */
export const rowBytes = 72;

/** Bits of `flags`. */
export const rowFlag = { isError: 1, isRepeat: 2, hasScore: 4, isFinalScore: 8, changesFiles: 16, beginsSpan: 32, isScorers: 64 } as const;

/** Where the fields of a row lie. All little-endian. */
const at = { kind: 0, flags: 1, link: 4, time: 8, textStart: 16, titleBytes: 24, textBytes: 28, headStart: 32, headBytes: 40, agent: 44, branch: 48, sample: 52, tool: 56, span: 60, score: 64 } as const;

export function writeRow(buffer: Buffer, offset: number, row: StoredRow): void {
  buffer.fill(0, offset, offset + rowBytes);
  buffer.writeUInt8(eventKinds.indexOf(row.kind), offset + at.kind);
  buffer.writeUInt8(row.flags, offset + at.flags);
  buffer.writeInt32LE(row.link, offset + at.link);
  buffer.writeDoubleLE(row.time, offset + at.time);
  buffer.writeDoubleLE(row.textStart, offset + at.textStart);
  buffer.writeUInt32LE(row.titleBytes, offset + at.titleBytes);
  buffer.writeUInt32LE(row.textBytes, offset + at.textBytes);
  buffer.writeDoubleLE(row.headStart, offset + at.headStart);
  buffer.writeUInt32LE(row.headBytes, offset + at.headBytes);
  buffer.writeUInt32LE(row.agent, offset + at.agent);
  buffer.writeUInt32LE(row.branch, offset + at.branch);
  buffer.writeUInt32LE(row.sample, offset + at.sample);
  buffer.writeUInt32LE(row.tool, offset + at.tool);
  buffer.writeInt32LE(row.span, offset + at.span);
  buffer.writeDoubleLE(row.score, offset + at.score);
}

/** The rows of a transcript in memory: 72 bytes an event. */
export class Rows {
  private buffer = Buffer.alloc(rowBytes * 256);
  private filled = 0;

  /** Number of events. */
  get count(): number {
    return this.filled;
  }

  /** Adds rows as they lie in the file, and lets calls know their results. */
  add(bytes: Buffer): void {
    const added = Math.floor(bytes.length / rowBytes);
    const needed = (this.filled + added) * rowBytes;
    if (needed > this.buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, this.filled * rowBytes);
      this.buffer = larger;
    }
    bytes.copy(this.buffer, this.filled * rowBytes, 0, added * rowBytes);
    for (let ordinal = this.filled; ordinal < this.filled + added; ordinal++) {
      const call = this.buffer.readInt32LE(ordinal * rowBytes + at.link);
      if (call >= 0 && call < ordinal && this.buffer.readInt32LE(call * rowBytes + at.link) < 0) {
        this.buffer.writeInt32LE(ordinal, call * rowBytes + at.link);
      }
    }
    this.filled += added;
  }

  /** Forgets the rows from `count` on. */
  truncate(count: number): void {
    for (let ordinal = count; ordinal < this.filled; ordinal++) {
      const call = this.buffer.readInt32LE(ordinal * rowBytes + at.link);
      if (call >= 0 && call < count) {
        this.buffer.writeInt32LE(-1, call * rowBytes + at.link);
      }
    }
    this.filled = Math.min(this.filled, count);
  }

  /** @throws {RangeError} where there is no such event */
  row(ordinal: number): StoredRow {
    if (!Number.isInteger(ordinal) || ordinal < 0 || ordinal >= this.filled) {
      throw new RangeError(`no event ${ordinal}`);
    }
    const { buffer } = this;
    const offset = ordinal * rowBytes;
    return {
      kind: eventKinds[buffer.readUInt8(offset + at.kind)] ?? "raw",
      flags: buffer.readUInt8(offset + at.flags),
      link: buffer.readInt32LE(offset + at.link),
      time: buffer.readDoubleLE(offset + at.time),
      textStart: buffer.readDoubleLE(offset + at.textStart),
      titleBytes: buffer.readUInt32LE(offset + at.titleBytes),
      textBytes: buffer.readUInt32LE(offset + at.textBytes),
      headStart: buffer.readDoubleLE(offset + at.headStart),
      headBytes: buffer.readUInt32LE(offset + at.headBytes),
      agent: buffer.readUInt32LE(offset + at.agent),
      branch: buffer.readUInt32LE(offset + at.branch),
      sample: buffer.readUInt32LE(offset + at.sample),
      tool: buffer.readUInt32LE(offset + at.tool),
      span: buffer.readInt32LE(offset + at.span),
      score: buffer.readDoubleLE(offset + at.score),
    };
  }

  /** The event in whose title or text the byte of the text file lies. */
  atText(offset: number): number {
    return this.lastFrom(at.textStart, offset);
  }

  /** The event in whose line the byte of the heads file lies. */
  atHead(offset: number): number {
    return this.lastFrom(at.headStart, offset);
  }

  private lastFrom(field: number, offset: number): number {
    let low = 0;
    let high = this.filled - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.buffer.readDoubleLE(middle * rowBytes + field) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
