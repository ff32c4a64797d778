import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Box } from "../../src/boxes";
import { hashesOf, type Provision, provisioned as names, scoringFiles } from "../../src/tasks";
import { writeTask } from "./task-folder";

/** What differs from the sample task. */
export interface TaskChanges {
  readonly scoring?: Record<string, unknown>;
  /** Further files of the starting solution by their paths. */
  readonly files?: Record<string, string>;
  readonly sync?: Record<string, unknown>;
}

/** Puts a sample task with this scoring function into a folder on this computer, as it lies on a provisioned box; returns its root. */
export async function provisionInto(folder: string, box: Box, scorer: string, changes: TaskChanges = {}): Promise<string> {
  const task = writeTask(join(folder, "task"), scorer, changes.scoring, changes.sync === undefined ? {} : { sync: changes.sync });
  for (const [name, content] of Object.entries(changes.files ?? {})) {
    mkdirSync(join(task, "workspace", name, ".."), { recursive: true });
    writeFileSync(join(task, "workspace", name), content);
  }
  const root = join(folder, "box");
  cpSync(task, root, { recursive: true });
  mkdirSync(join(root, names.runs));
  const provision: Provision = {
    format: 1,
    task: { id: "sample", version: "1.0.0" },
    protection: "none",
    files: await scoringFiles(box, root),
    startingSolution: await hashesOf(box, join(root, names.workspace), []),
    entry: null,
    provisionedAt: "2026-01-01T00:00:00.000Z",
  };
  writeFileSync(join(root, names.record), JSON.stringify(provision));
  return root;
}
