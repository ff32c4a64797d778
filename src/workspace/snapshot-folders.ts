import { posix } from "node:path";
import type { SnapshotContent, SnapshotEntry } from "./snapshot-files";

/** What lies in a folder of a snapshot, by name: a file, a link or another folder. */
export type SnapshotFolder = ReadonlyMap<string, SnapshotEntry | "folder">;

const known = new WeakMap<SnapshotContent, ReadonlyMap<string, SnapshotFolder>>();

/** The folders of a snapshot by their paths, `""` being the workspace itself; folders first, then by name. */
export function snapshotFolders(content: SnapshotContent): ReadonlyMap<string, SnapshotFolder> {
  const found = known.get(content);
  if (found !== undefined) {
    return found;
  }
  const folders = new Map<string, Map<string, SnapshotEntry | "folder">>([["", new Map()]]);
  const folderAt = (path: string): Map<string, SnapshotEntry | "folder"> => {
    let folder = folders.get(path);
    if (folder === undefined) {
      folder = new Map();
      folders.set(path, folder);
      const above = posix.dirname(path);
      folderAt(above === "." ? "" : above).set(posix.basename(path), "folder");
    }
    return folder;
  };
  for (const entry of content.entries.values()) {
    const above = posix.dirname(entry.path);
    folderAt(above === "." ? "" : above).set(posix.basename(entry.path), entry);
  }
  const sorted = new Map([...folders].map(([path, folder]) => [path, new Map([...folder].sort(foldersFirst))]));
  known.set(content, sorted);
  return sorted;
}

function foldersFirst([name, one]: [string, SnapshotEntry | "folder"], [otherName, other]: [string, SnapshotEntry | "folder"]): number {
  return Number(other === "folder") - Number(one === "folder") || name.localeCompare(otherName);
}
