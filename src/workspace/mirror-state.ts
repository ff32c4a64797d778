import { BaselinerError, messageOf, plainSystemReason, systemErrorCode } from "../base";
import { BoxError } from "../boxes";
import { LocalTreeError } from "./local-tree";
import type { BulkDelete } from "./mirror-plan";

/** Why the mirror rests. */
export type MirrorPauseReason =
  | "unreachable"
  | "disk-full"
  | "box-disk-full"
  | "read-only"
  | "workspace-missing"
  | "question"
  | "incomplete"
  | "cancelled"
  | "failed";

/** Both sides could not be brought in step; nothing was lost on either, and what was not done is done at the next comparison. */
export class MirrorError extends BaselinerError<MirrorPauseReason> {}

export type MirrorState =
  | { readonly kind: "in-step" }
  /** `left`: paths still to be brought over, as far as known. */
  | { readonly kind: "working"; readonly left: number }
  /** Nothing is brought to either side until whoever holds the mirror lets go. `waiting`: paths saved here meanwhile. */
  | { readonly kind: "held"; readonly waiting: number }
  /** In step, and there are copies of other versions for the expert to look through; they are resolved by deleting or renaming them. */
  | { readonly kind: "conflict"; readonly copies: readonly string[] }
  /** `text` is one sentence for the expert. Goes on with `resume`, `answer`, or the next comparison. */
  | { readonly kind: "paused"; readonly reason: MirrorPauseReason; readonly text: string };

/** Why the mirror rests after a failure, for the expert. @param boxName name of the box that it mirrors */
export function mirrorError(error: unknown, boxName: string, signal: AbortSignal): MirrorError {
  if (error instanceof MirrorError) {
    return error;
  }
  const more = { cause: error };
  if (signal.aborted) {
    return new MirrorError("cancelled", "Bringing both sides in step was stopped; it goes on with the next change.", more);
  }
  if (error instanceof BoxError) {
    switch (error.reason) {
      case "unreachable":
        return new MirrorError("unreachable", `${boxName} cannot be reached; your changes are kept here and go there once it can.`, more);
      case "disk-full":
        return new MirrorError("box-disk-full", `The disk of ${boxName} is full; your changes are kept here: free some room there.`, more);
      case "read-only":
        return new MirrorError("read-only", `The disk of ${boxName} is read-only; your changes are kept here.`, more);
      default:
        return new MirrorError("failed", `${boxName} could not be compared with the workspace: ${error.message}`, more);
    }
  }
  const reason = error instanceof LocalTreeError ? error.reason : systemErrorCode(error) === "ENOSPC" ? "disk-full" : "failed";
  switch (reason) {
    case "disk-full":
      return new MirrorError("disk-full", "The disk of this computer is full, so nothing more is brought from the box: free some room.", more);
    case "read-only":
      return new MirrorError("read-only", "The disk of this computer is read-only, so nothing is brought from the box.", more);
    case "root-missing":
      return new MirrorError("workspace-missing", messageOf(error), more);
    default:
      return new MirrorError("failed", `The workspace could not be mirrored: ${plainSystemReason(error)}`, more);
  }
}

/** The question about a bulk delete, as one sentence. */
export function questionText({ side, paths }: BulkDelete): string {
  return side === "here"
    ? `${paths.length} files are gone from the box; nothing was deleted here: say whether to delete them here or to bring them back.`
    : `${paths.length} files are gone from the workspace; nothing was deleted on the box: say whether to delete them there or to bring them back.`;
}
