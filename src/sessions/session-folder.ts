import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Name of the journal in a session folder. */
export const journalFileName = "session.jsonl";

/** Where everything of a session lies on the expert's computer. Absolute paths. */
export interface SessionFolder {
  readonly root: string;
  /** What the expert edits. */
  readonly workspace: string;
  readonly snapshots: string;
  /** Of a local session: what would lie on the box. */
  readonly box: string;
  readonly runs: string;
}

/** The parts of the session folder at `root`. */
export function sessionFolder(root: string): SessionFolder {
  const box = join(root, "box");
  return {
    root,
    workspace: join(root, "workspace"),
    snapshots: join(root, "snapshots.git"),
    box,
    runs: join(box, "runs"),
  };
}

/** The root of the session that has this folder as its workspace; undefined where none has. */
export function sessionAround(workspace: string): string | undefined {
  const root = dirname(workspace);
  return workspace === sessionFolder(root).workspace && existsSync(join(root, journalFileName)) ? root : undefined;
}

/** The folder of one attempt's output and result. */
export function attemptFolder(root: string, attempt: number): string {
  return join(root, "attempts", String(attempt));
}

/** The files of an attempt, in its folder. */
export const attemptFiles = ["stdout.log", "stderr.log", "result.json"] as const;
