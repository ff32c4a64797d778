import { realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";

/** Whether a path is the file of a transcript, by whatever name or link, or a file that is there in the folder of one. */
export async function isPartOf(transcript: string, path: string): Promise<boolean> {
  try {
    const [own, other] = await Promise.all([stat(transcript, { bigint: true }), stat(path, { bigint: true })]);
    if (own.dev === other.dev && own.ino === other.ino) {
      return true;
    }
    const within = relative(await realpath(transcript), await realpath(path));
    return own.isDirectory() && !isAbsolute(within) && within !== ".." && !within.startsWith(`..${sep}`);
  } catch {
    // A file that is not there yet is none of it.
    return false;
  }
}
