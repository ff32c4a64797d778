import { foldersAbove } from "./mirror-names";
import type { SnapshotChange, SnapshotEntry } from "./snapshot-files";

/** Larger files are not edited as text, in bytes. */
export const largestText = 2 * 1024 * 1024;

/** One step on the way from one state of the workspace to another. */
export type RestoreStep =
  /** Steps that an editor can make, and take back: */
  | { readonly do: "delete"; readonly path: string }
  | { readonly do: "create"; readonly path: string; readonly entry: SnapshotEntry; readonly content: Buffer }
  | { readonly do: "replace-text"; readonly path: string; readonly entry: SnapshotEntry; readonly content: Buffer }
  /** Steps that are made on the disk, and that an editor cannot take back: */
  | { readonly do: "remove"; readonly path: string }
  | { readonly do: "put"; readonly path: string; readonly entry: SnapshotEntry; readonly content: Buffer }
  | { readonly do: "set-executable"; readonly path: string; readonly entry: SnapshotEntry };

/**
 * The steps that lead over these changes, in the order in which they can be made: what goes first makes room.
 * @param bytesOf the content of a file, or the target of a link
 */
export async function planRestore(changes: readonly SnapshotChange[], bytesOf: (entry: SnapshotEntry) => Promise<Buffer>): Promise<RestoreStep[]> {
  const taken = new Set(changes.flatMap(({ path, after }) => (after === undefined ? [] : [path])));
  const gone = new Set(changes.flatMap(({ path, after }) => (after === undefined ? [path] : [])));
  // A file that takes the place of a folder, or the other way round: only together can they be made.
  const isEntangled = (path: string): boolean => foldersAbove(path).some((folder) => taken.has(folder) || gone.has(folder)) || changes.some((change) => change.path.startsWith(`${path}/`));
  const removals: RestoreStep[] = [];
  const edits: RestoreStep[] = [];
  const puts: RestoreStep[] = [];
  for (const { path, before, after, onlyMode } of changes) {
    if (after === undefined) {
      const isPlain = before?.kind !== "link" && !isEntangled(path);
      (isPlain ? edits : removals).push({ do: isPlain ? "delete" : "remove", path });
    } else if (onlyMode) {
      puts.push({ do: "set-executable", path, entry: after });
    } else {
      const content = await bytesOf(after);
      if (after.kind === "link" || before?.kind === "link" || isEntangled(path)) {
        puts.push({ do: "put", path, entry: after, content });
      } else if (before === undefined) {
        edits.push({ do: "create", path, entry: after, content });
      } else if (isText(content) && before.bytes <= largestText && isText(await bytesOf(before))) {
        edits.push({ do: "replace-text", path, entry: after, content });
      } else {
        puts.push({ do: "put", path, entry: after, content });
      }
      if (after.kind === "executable" || before?.kind === "executable") {
        puts.push({ do: "set-executable", path, entry: after });
      }
    }
  }
  return [...removals, ...edits, ...puts];
}

/** Whether a file is text that an editor gives back byte by byte: UTF-8 without NUL, and not too large. */
export function isText(content: Uint8Array): boolean {
  if (content.length > largestText || content.includes(0)) {
    return false;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}
