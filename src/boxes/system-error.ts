import { plainSystemReason, systemErrorCode } from "../base";
import { BoxError, type BoxErrorReason } from "./box";

const reasons: Readonly<Record<string, BoxErrorReason>> = {
  ENOENT: "path-missing",
  ENOTDIR: "path-missing",
  ENOSPC: "disk-full",
  EDQUOT: "disk-full",
  EROFS: "read-only",
  EACCES: "permission-denied",
  EPERM: "permission-denied",
};

/** The reason that a system's error code (`ENOSPC`, …) stands for. */
export function reasonOfCode(code: string): BoxErrorReason {
  return reasons[code] ?? "failed";
}

/** The failure of a system call on this computer; `what` says what could not be done. Other errors are passed on. */
export function boxError(error: unknown, what: string): unknown {
  const code = systemErrorCode(error);
  if (error instanceof BoxError || code === undefined) {
    return error;
  }
  return new BoxError(reasonOfCode(code), `${what}: ${plainSystemReason(error)}.`, { cause: error });
}
