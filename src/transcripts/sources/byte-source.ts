import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";

/** Bytes that can be read from anywhere. Synchronous, because whoever reads much does so in a worker or a command of its own. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /** The bytes of [start, end), fewer where the source ends before. May be a view of memory that must not be changed. */
  read(start: number, end: number): Buffer;
  /**
   * The same from `start` on into memory that its owner uses again and again, for whoever goes through all of it. Returns
   * how many bytes were read, fewer than there is room for where the source ends before.
   */
  readInto?(room: Buffer, start: number): number;
}

/** Goes through a source window by window. A window is valid until the next is asked for: all lie in the same memory. */
export class Windows {
  private room: Buffer | undefined;

  constructor(
    private readonly source: ByteSource,
    private readonly bytes: number,
  ) {}

  /** The window that begins at `start`, and reaches no further than `to`. */
  at(start: number, to: number): Buffer {
    const end = Math.min(to, start + this.bytes);
    if (this.source.readInto === undefined || end - start < this.bytes) {
      return this.source.read(start, end);
    }
    // New memory for each window costs more than reading it.
    this.room ??= Buffer.allocUnsafeSlow(this.bytes);
    return this.room.subarray(0, this.source.readInto(this.room, start));
  }
}

/** So much is read at once of values that lie one behind the other. */
const aheadBytes = 2 ** 20;

/** Bytes in memory. */
export class MemorySource implements ByteSource {
  constructor(private readonly bytes: Buffer) {}

  get size(): number {
    return this.bytes.length;
  }

  read(start: number, end: number): Buffer {
    return this.bytes.subarray(start, end);
  }
}

/** A file, of which no more is seen than it had when it was opened or last looked at. */
export class FileSource implements ByteSource {
  private length: number;

  private constructor(
    private readonly path: string,
    private readonly descriptor: number,
    private readonly opened: Stats,
  ) {
    this.length = opened.size;
  }

  /** @throws the system's error */
  static open(path: string): FileSource {
    const descriptor = openSync(path, "r");
    return new FileSource(path, descriptor, fstatSync(descriptor));
  }

  get size(): number {
    return this.length;
  }

  read(start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(end, this.length) - start));
    return bytes.subarray(0, this.readInto(bytes, start));
  }

  readInto(room: Buffer, start: number): number {
    const wanted = Math.max(0, Math.min(room.length, this.length - start));
    let filled = 0;
    while (filled < wanted) {
      const count = readSync(this.descriptor, room, filled, wanted - filled, start + filled);
      if (count === 0) {
        break;
      }
      filled += count;
    }
    return filled;
  }

  /** Looks again how long the file is. False where another file has taken its place. */
  refresh(): boolean {
    const now = statSync(this.path, { throwIfNoEntry: false });
    if (now === undefined || now.ino !== this.opened.ino || now.dev !== this.opened.dev) {
      return false;
    }
    this.length = now.size;
    return true;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** Reads ahead where values are read one behind the other, so that many small ones cost few reads. What was read is valid until more is. */
export class ReadAhead implements ByteSource {
  private window: Buffer = Buffer.alloc(0);
  private start = 0;
  private lastEnd = 0;
  private readonly windows: Windows;

  constructor(private readonly source: ByteSource) {
    this.windows = new Windows(source, aheadBytes);
  }

  get size(): number {
    return this.source.size;
  }

  read(start: number, end: number): Buffer {
    if (start < this.start || end > this.start + this.window.length) {
      const isNext = start >= this.lastEnd && start - this.lastEnd <= aheadBytes / 4;
      this.lastEnd = end;
      if (!isNext || end - start > aheadBytes / 4) {
        return this.source.read(start, end);
      }
      this.window = this.windows.at(start, this.size);
      this.start = start;
    }
    this.lastEnd = end;
    return this.window.subarray(start - this.start, Math.max(start, end) - this.start);
  }
}

/** A part of another source, counted from its own start. */
export class PartSource implements ByteSource {
  constructor(
    private readonly whole: ByteSource,
    private readonly start: number,
    readonly size: number,
  ) {}

  read(start: number, end: number): Buffer {
    return this.whole.read(this.start + start, this.start + Math.min(end, this.size));
  }

  readInto(room: Buffer, start: number): number {
    const part = room.subarray(0, Math.max(0, Math.min(room.length, this.size - start)));
    if (this.whole.readInto !== undefined) {
      return this.whole.readInto(part, this.start + start);
    }
    return this.read(start, start + part.length).copy(part);
  }
}
