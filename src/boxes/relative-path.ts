import { posix } from "node:path";
import { BoxError } from "./box";

/** @throws {BoxError} for a path that does not stay below the folder that it is relative to */
export function expectInside(path: string): void {
  if (path.split("/").some((name) => name === "" || name === "." || name === "..") || path.includes("\0")) {
    throw new BoxError("failed", `${path} leads out of its folder; nothing was done to it.`);
  }
}

/** The folders between a folder and a path below it, outermost first: `/top/a`, `/top/a/b` for `a/b/c`. */
export function foldersBetween(folder: string, path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => posix.join(folder, ...names.slice(0, index + 1)));
}
