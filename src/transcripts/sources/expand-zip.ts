import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BaselinerError, singleLine } from "../../base";
import { FileSource } from "./byte-source";
import { expandMember, readZip } from "./zip";

/** An archive cannot be expanded whole. */
export class ArchiveError extends BaselinerError<"damaged" | "unsafe"> {}

/**
 * Expands all files of a zip archive below a folder.
 * @returns their paths relative to it
 * @throws {ArchiveError} where a member is damaged, or has a name that leads elsewhere; the reason of `signal`
 */
export async function expandZip(file: string, folder: string, signal?: AbortSignal): Promise<string[]> {
  const source = FileSource.open(file);
  try {
    const { members, problem } = readZip(source);
    if (problem !== undefined) {
      throw new ArchiveError("damaged", problem);
    }
    const paths: string[] = [];
    for (const member of members.values()) {
      signal?.throwIfAborted();
      if (member.name.endsWith("/")) {
        continue;
      }
      if (/\\|\0|^\/|^[A-Za-z]:|(^|\/)\.{0,2}(\/|$)/.test(member.name)) {
        throw new ArchiveError("unsafe", `The archive holds a file whose name leads elsewhere: ${singleLine(member.name, 80)}.`);
      }
      const path = join(folder, member.name);
      await mkdir(dirname(path), { recursive: true });
      const expanded = await expandMember(source, member, path, signal).catch((error: unknown) => {
        throw new ArchiveError("damaged", `${singleLine(member.name, 80)} in the archive cannot be expanded.`, { cause: error });
      });
      const { content } = expanded;
      content.close?.();
      if (expanded.problem !== undefined) {
        throw new ArchiveError("damaged", `${singleLine(member.name, 80)} in the archive is damaged: ${expanded.problem}.`);
      }
      if (!existsSync(path)) {
        await writeFile(path, content.read(0, content.size));
      }
      paths.push(member.name);
    }
    return paths;
  } finally {
    source.close();
  }
}
