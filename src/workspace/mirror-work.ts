import { BoxError } from "../boxes";
import { LocalTreeError } from "./local-tree";
import { MirrorError } from "./mirror-state";
import type { BulkDelete, Conflict, LeftOut, MirrorAction, MirrorSide, MirrorStep } from "./mirror-plan";

/** What a full comparison did. */
export interface MirrorSummary {
  /** Paths brought to the box, brought here and deleted on either side. */
  readonly uploaded: readonly string[];
  readonly downloaded: readonly string[];
  readonly deleted: readonly { readonly side: MirrorSide; readonly path: string }[];
  readonly conflicts: readonly Conflict[];
  readonly leftOut: readonly LeftOut[];
  /** Set where a bulk delete waits for an answer; those paths are then not in step. */
  readonly question?: BulkDelete;
}

/** What is being collected while a comparison goes on. */
export interface Work {
  readonly uploaded: Set<string>;
  readonly downloaded: Set<string>;
  readonly deleted: { side: MirrorSide; path: string }[];
  readonly conflicts: Conflict[];
  /** Paths whose sides changed while they were worked on, by whether they were on their way to the box. */
  again: Map<string, boolean>;
  /** Paths that could not be brought over, with the reason as a sentence. */
  failed: Map<string, { readonly toBox: boolean; readonly text: string }>;
}

export function newWork(): Work {
  return { uploaded: new Set(), downloaded: new Set(), deleted: [], conflicts: [], again: new Map(), failed: new Map() };
}

/** Notes what an action that was made did. */
export function note(action: MirrorAction, work: Work): void {
  for (const step of action.steps) {
    switch (step.do) {
      case "upload":
        work.uploaded.add(step.path);
        break;
      case "download":
        work.downloaded.add(step.as);
        break;
      case "copy-here":
        break;
      case "delete":
        work.deleted.push({ side: step.side, path: step.path });
        break;
      case "set-executable":
        (step.side === "here" ? work.downloaded : work.uploaded).add(step.path);
    }
  }
}

export function goesToBox(step: MirrorStep): boolean {
  return step.do === "upload" || (step.do !== "download" && step.do !== "copy-here" && step.side === "box");
}

/** Whether a step's failure is the path's own, and worth another look, or everybody's. */
export function outcomeOf(error: unknown): "again" | "failed" | "stop" {
  if (error instanceof LocalTreeError) {
    switch (error.reason) {
      case "changed":
        return "again";
      case "in-the-way":
      case "permission-denied":
      case "failed":
        return "failed";
      case "disk-full":
      case "read-only":
      case "root-missing":
        return "stop";
    }
  }
  if (error instanceof BoxError) {
    switch (error.reason) {
      case "changed":
      case "path-missing":
      case "not-a-file":
        return "again";
      case "permission-denied":
      case "file-too-large":
      case "failed":
        return "failed";
      default:
        return "stop";
    }
  }
  return "stop";
}

/** @throws {MirrorError} `incomplete`: what lies on the box is not what lies here. */
export function expectAllOnBox(work: Work): void {
  const missing = [
    ...[...work.failed].filter(([, { toBox }]) => toBox).map(([path, { text }]) => ({ path, text })),
    ...[...work.again].filter(([, toBox]) => toBox).map(([path]) => ({ path, text: "it is being written without a pause." })),
  ];
  const [first] = missing;
  if (first !== undefined) {
    const others = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
    throw new MirrorError("incomplete", `${first.path}${others} could not be brought to the box and is kept here: ${first.text}`);
  }
}
