import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../base";

/** Size of a terminal in characters. */
export interface CastSize {
  readonly columns: number;
  readonly rows: number;
}

/** What changes in a terminal: `o` it prints, `r` it has another size (asciicast v2). */
export type CastEvent = "o" | "r";

/** A recording of a day's terminal is a few MB; one that grows over this, in bytes, is of a program that floods it, and ends there. */
const mostBytes = 256 * 1024 * 1024;

/** What was written reaches the disk within this time, in ms, also where the power is cut. */
const flushInterval = 2000;

/**
 * A terminal's recording while it is made (asciicast v2, docs.asciinema.org/manual/asciicast/v2): a header and one line for each event, in
 * order. Each line is handed to the system whole, so whatever becomes of the editor, the file is
 * valid up to its last line.
 */
export class CastFile {
  private bytes = 0;
  private isDirty = false;
  private readonly flushing: NodeJS.Timeout;

  private constructor(private readonly file: FileHandle) {
    this.flushing = setInterval(() => void this.flush(), flushInterval);
    this.flushing.unref();
  }

  /**
   * Begins a recording in a file that is not there yet. Its header says nothing of whose computer it is.
   * @param startedAt UTC, ms
   * @throws the system's error
   */
  static async create(path: string, size: CastSize, title: string, startedAt: number): Promise<CastFile> {
    const cast = new CastFile(await open(path, "wx", 0o600));
    const header = { version: 2, width: size.columns, height: size.rows, timestamp: Math.floor(startedAt / 1000), title };
    try {
      await cast.line(JSON.stringify(header));
      await cast.flush();
      await syncFolder(dirname(path));
    } catch (error) {
      await cast.close();
      throw error;
    }
    return cast;
  }

  /** Whether nothing more is taken, because it has become too large. */
  get isFull(): boolean {
    return this.bytes > mostBytes;
  }

  /** Adds an event. @param seconds since the beginning @throws the system's error */
  async event(seconds: number, kind: CastEvent, text: string): Promise<void> {
    if (!this.isFull) {
      await this.line(`[${seconds.toFixed(6)}, ${JSON.stringify(kind)}, ${JSON.stringify(text)}]`);
    }
  }

  private async line(text: string): Promise<void> {
    const bytes = Buffer.from(`${text}\n`, "utf8");
    const { size } = await this.file.stat();
    try {
      for (let written = 0; written < bytes.length; ) {
        written += (await this.file.write(bytes, written)).bytesWritten;
      }
    } catch (error) {
      // What a full disk took of a line is cut off again.
      await this.file.truncate(size).catch(() => undefined);
      throw error;
    }
    this.bytes = size + bytes.length;
    this.isDirty = true;
  }

  private async flush(): Promise<void> {
    if (this.isDirty) {
      this.isDirty = false;
      await this.file.datasync().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.flushing);
    await this.flush();
    await this.file.close();
  }
}
