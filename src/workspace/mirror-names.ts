import { posix } from "node:path";

/** What the file system that holds the workspace can tell apart and name. */
export interface NameRules {
  /** False where `Data` and `data` are the same file (usual on macOS and Windows). */
  readonly caseSensitive: boolean;
  /** Whether the names that Windows reserves are to be left out. */
  readonly windows: boolean;
}

/** The rules of this computer. */
export const nameRulesHere: NameRules = {
  caseSensitive: process.platform !== "win32" && process.platform !== "darwin",
  windows: process.platform === "win32",
};

/** Longest name of a file in bytes that all usual file systems take. */
const longestName = 255;
const windowsDevice = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
const windowsRefuses = /[<>:"|?*]|[. ]$/;

/**
 * Whether a path relative to a root may be mirrored at all. A box is not
 * trusted: its scan may list anything. A backslash is refused on every system,
 * because Windows takes it for a separator; U+FFFD, because it stands for bytes
 * that are no UTF-8, under which the file could not be found again.
 */
export function isSafePath(path: string, rules: NameRules): boolean {
  if (/\p{Cc}|\\|\uFFFD/u.test(path)) {
    return false;
  }
  return path.split("/").every(
    (name) =>
      name !== "" &&
      name !== "." &&
      name !== ".." &&
      Buffer.byteLength(name) <= longestName &&
      !(rules.windows && (windowsDevice.test(name) || windowsRefuses.test(name))),
  );
}

/**
 * Whether a link cannot lead out of the root, whatever other such links there
 * are: `..` may stand only at the start of its target, where it goes up real
 * folders. Behind a name it could go up from wherever a link of that name leads.
 */
export function leadsInside(path: string, target: string): boolean {
  if (target === "" || /\p{Cc}|\\|\uFFFD/u.test(target) || posix.isAbsolute(target) || /^[A-Za-z]:/.test(target)) {
    return false;
  }
  const names = target.split("/").filter((name) => name !== "" && name !== ".");
  const up = names.findIndex((name) => name !== "..");
  const ups = up === -1 ? names.length : up;
  return !names.slice(ups).includes("..") && ups <= path.split("/").length - 1;
}

/** The folders above a path, outermost first: `a`, `a/b` for `a/b/c`. */
export function foldersAbove(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join("/"));
}

/** One spelling for all paths that a file system which ignores case takes for the same. */
export function folded(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

/** Which side's version a conflict's copy holds. */
export type CopyOrigin = "box" | "here";

/** The `number`th name for a copy of a file's version: `train.from-box-1a2b3c4d.py`, then `train.from-box-1a2b3c4d-2.py`, … */
export function copyName(path: string, origin: CopyOrigin, hash: string, number: number): string {
  const { dir, name, ext } = posix.parse(path);
  const mark = `.from-${origin}-${hash.slice(0, 8)}${number === 1 ? "" : `-${number}`}`;
  let stem = name;
  while (Buffer.byteLength(`${stem}${mark}${ext}`) > longestName && stem.length > 1) {
    stem = Array.from(stem).slice(0, -1).join("");
  }
  return posix.join(dir, `${stem}${mark}${ext}`);
}

/** Whether a path is the copy that a conflict left behind. */
export function isCopyName(path: string): boolean {
  return /\.from-(box|here)-[0-9a-f]{8}(-\d+)?(\.[^./]*)?$/.test(path);
}

/** The name of a file that is just being written whole by a box, or was when it crashed. */
export function isDraftName(path: string): boolean {
  return /\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.tmp$/.test(path) || /(^|\/)\.baseliner-draft-[^/]*$/.test(path);
}
