import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EventSource } from "./event";
import { asUtf8 } from "./open-transcript";
import { TranscriptError } from "./reading";
import { FileSource } from "./sources/byte-source";
import { isParquet, writeRows } from "./sources/parquet";
import { expandMember, isZip, readZip, ZipError } from "./sources/zip";

/** The bytes of an event as they were written. */
export interface RawSource {
  /** The first of them, as text. */
  readonly text: string;
  /** How many there are in all. */
  readonly bytes: number;
}

/**
 * Reads what an event was made from.
 *
 * @param path of the transcript
 * @param limit how many bytes to read at most
 * @param cache an existing folder for members of archives that are too large for memory
 * @throws {TranscriptError}
 */
export async function readSource(path: string, source: EventSource, limit: number, cache: string): Promise<RawSource> {
  const bytes = source.end - source.start;
  const to = Math.min(source.end, source.start + limit);
  try {
    const file = FileSource.open(source.file === "" ? path : join(statSync(path).isDirectory() ? path : dirname(path), source.file));
    try {
      if (source.member === "") {
        return { text: isZip(file) ? "" : asUtf8(file).read(source.start, to).toString("utf8"), bytes };
      }
      if (isParquet(file)) {
        return { text: await rowText(file, source.start, to, cache), bytes };
      }
      const member = readZip(file).members.get(source.member);
      if (member === undefined) {
        return { text: "", bytes };
      }
      const { content } = await expandMember(file, member, join(cache, `raw-${member.offset}.json`));
      try {
        return { text: content.read(source.start, to).toString("utf8"), bytes };
      } finally {
        content.close?.();
      }
    } finally {
      file.close();
    }
  } catch (error) {
    const why = error instanceof ZipError ? error.message : "the file cannot be read any more";
    throw new TranscriptError("unreadable", `The source of this event cannot be shown: ${why}.`, { cause: error });
  }
}

/** A part of the rows of a Parquet file, which are written once more for it. */
async function rowText(file: FileSource, start: number, end: number, cache: string): Promise<string> {
  const path = join(cache, "raw-rows.jsonl");
  const rowsOf = writeRows(file, path);
  while ((await rowsOf.next()).done !== true && (statSync(path, { throwIfNoEntry: false })?.size ?? 0) < end);
  await rowsOf.return();
  const rows = FileSource.open(path);
  try {
    return rows.read(start, end).toString("utf8");
  } finally {
    rows.close();
  }
}
