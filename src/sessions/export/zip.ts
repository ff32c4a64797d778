import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

/** What goes into an archive under a name. */
export type ZipPart = { readonly name: string } & ({ readonly content: Buffer } | { readonly file: string });

/**
 * Writes a zip archive part by part, with ZIP64 where it is needed; files of any size are never in memory whole.
 * @param modifiedAt what the archive says of its parts, UTC ms
 * @throws the system's error; the reason of `signal`
 */
export async function writeZip(path: string, parts: readonly ZipPart[], modifiedAt: number, signal?: AbortSignal): Promise<void> {
  const archive = new ZipFile();
  const options = { mtime: new Date(modifiedAt), mode: 0o100644 };
  for (const part of parts) {
    if ("content" in part) {
      archive.addBuffer(part.content, part.name, options);
    } else {
      archive.addFile(part.file, part.name, options);
    }
  }
  const output = archive.outputStream as NodeJS.ReadableStream & { destroy(error: Error): void };
  // A file that vanished meanwhile is told by the archive, not by what it prints.
  archive.on("error", (error: Error) => output.destroy(error));
  archive.end();
  await pipeline(output, createWriteStream(path), signal === undefined ? {} : { signal });
}
