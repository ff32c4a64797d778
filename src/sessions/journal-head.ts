import { readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { once } from "../base";
import type { JournalHead } from "../workspace";

/**
 * Name of the file beside the journal that says where the journal ends. It is
 * written after the line it names is on the disk, and not flushed itself: after a
 * crash it may name an earlier line, never one that is not there.
 */
export const headFileName = "journal.head";

/** Length of the file in bytes, so that a new content covers the old one whole. */
const headBytes = 128;

const headSchema = once(() => z.object({ seq: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }));

/** The content of the file for an end of the journal. */
export function headText(head: JournalHead): string {
  return `${JSON.stringify({ seq: head.seq, sha256: head.sha256 }).padEnd(headBytes - 1)}\n`;
}

/** Where the journal of a session ended last; undefined where that is not known. */
export function readHead(folder: string): JournalHead | undefined {
  try {
    return headSchema().parse(JSON.parse(readFileSync(join(folder, headFileName), "utf8")));
  } catch {
    return undefined;
  }
}

/**
 * Keeps where the journal ends. Nobody waits for it, and what goes wrong with it is left: the journal itself is the record.
 */
export class HeadFile {
  private file: FileHandle | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly folder: string) {}

  /** Begins to write where the journal ends now. */
  write(head: JournalHead): void {
    this.work = this.work.then(() => this.writeNow(head)).catch(() => undefined);
  }

  private async writeNow(head: JournalHead): Promise<void> {
    const path = join(this.folder, headFileName);
    this.file ??= await open(path, "r+").catch(() => open(path, "w"));
    await this.file.write(headText(head), 0);
  }

  /** Waits for what was begun and lets the file go. */
  async close(): Promise<void> {
    await this.work;
    await this.file?.close().catch(() => undefined);
  }
}
