import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfFile, systemErrorCode } from "../../base";

/** Names the SHA-256 of every other file of an exported record, as `sha256sum --check` reads it. */
export const checksumsFile = "SHA256SUMS";

/** The snapshots of an exported record, as a bundle that `git clone` reads. */
export const snapshotsBundle = "snapshots.bundle";

/** The content of `SHA256SUMS` for the files of a folder. */
export async function checksumsOf(folder: string, signal?: AbortSignal): Promise<string> {
  const lines: string[] = [];
  for (const path of await filesIn(folder)) {
    signal?.throwIfAborted();
    lines.push(`${(await sha256OfFile(join(folder, path))).sha256}  ${path}\n`);
  }
  return lines.join("");
}

/** What does not agree with `SHA256SUMS`; nothing where a folder has none. */
export async function checksumProblems(folder: string, signal?: AbortSignal): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(join(folder, checksumsFile), "utf8");
  } catch (error) {
    return systemErrorCode(error) === "ENOENT" ? [] : [`${checksumsFile} cannot be read.`];
  }
  const problems: string[] = [];
  const listed = new Map<string, string>();
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) {
      problems.push(`${checksumsFile} has a line that is no checksum.`);
    } else {
      listed.set(match[2], match[1]);
    }
  }
  const there = (await filesIn(folder)).filter((path) => path !== checksumsFile);
  problems.push(...there.filter((path) => !listed.has(path)).map((path) => `${path} is not in ${checksumsFile}.`));
  for (const [path, sha256] of listed) {
    signal?.throwIfAborted();
    if (!there.includes(path)) {
      problems.push(`${path} of ${checksumsFile} is missing.`);
    } else if ((await sha256OfFile(join(folder, path))).sha256 !== sha256) {
      problems.push(`${path} is not as ${checksumsFile} says.`);
    }
  }
  return problems;
}

/** The files below a folder, as sorted paths relative to it with `/` between names. */
export async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (prefix: string): Promise<void> => {
    for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory()) {
        await visit(`${path}/`);
      } else {
        found.push(path);
      }
    }
  };
  await visit("");
  return found.sort();
}
