import type { FolderEntry } from "./box";

/** The order of a listing: folders first, and what leads to one; each kind by name. */
export function inOrder(one: FolderEntry, other: FolderEntry): number {
  const isFolder = ({ kind, leadsTo }: FolderEntry): boolean => (leadsTo?.kind ?? kind) === "folder";
  return Number(isFolder(other)) - Number(isFolder(one)) || (one.name < other.name ? -1 : 1);
}

/** Whether a name came through decoding whole. What did not cannot be asked for by it. */
export function isText(name: string): boolean {
  return !name.includes("\ufffd");
}
