import type { Stats } from "node:fs";
import { lstat, opendir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FolderEntry, FolderListing } from "../box";
import { inOrder, isText } from "../folder-listing";

/** What lies in a folder of this computer, at most `limit` things of it. What vanishes meanwhile is left out. */
export async function listFolder(folder: string, limit: number): Promise<FolderListing> {
  const entries: FolderEntry[] = [];
  let more = false;
  for await (const { name } of await opendir(folder)) {
    if (entries.length >= limit) {
      more = true;
      break;
    }
    const entry = await entryOf(folder, name);
    if (entry !== undefined) {
      entries.push(entry);
    }
  }
  return { entries: entries.sort(inOrder), more };
}

async function entryOf(folder: string, name: string): Promise<FolderEntry | undefined> {
  if (!isText(name)) {
    return { name, kind: "other", bytes: 0, modifiedAt: 0 };
  }
  const path = join(folder, name);
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) {
    return undefined;
  }
  const entry: FolderEntry = { name, kind: kindOf(status), bytes: status.isFile() ? status.size : 0, modifiedAt: Math.round(status.mtimeMs) };
  if (entry.kind !== "link") {
    return entry;
  }
  const [end, target] = await Promise.all([stat(path).catch(() => undefined), realpath(path).catch(() => undefined)]);
  const kind = end === undefined ? "other" : kindOf(end);
  return (kind === "file" || kind === "folder") && end !== undefined && target !== undefined && isText(target)
    ? { ...entry, leadsTo: { kind, path: target, bytes: kind === "file" ? end.size : 0 } }
    : entry;
}

function kindOf(status: Stats): FolderEntry["kind"] {
  return status.isFile() ? "file" : status.isDirectory() ? "folder" : status.isSymbolicLink() ? "link" : "other";
}
