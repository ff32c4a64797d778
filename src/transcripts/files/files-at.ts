import type { TranscriptStore } from "../store/transcript-store";
import { throwIfCancelled } from "../reading";
import { fileChanges } from "./file-changes";
import { FileStates, type StatedFile } from "./file-states";

/** Texts over this size hold no file that anyone looks at. */
const maxTextBytes = 16 * 2 ** 20;

/**
 * The files as they are after event `ordinal`, rebuilt from the edits before it in the same sample and branch. A call
 * whose result is an error changed nothing; one whose result is missing may have.
 *
 * @throws {TranscriptError} `cancelled`
 */
export async function filesAt(store: TranscriptStore, ordinal: number, signal?: AbortSignal): Promise<readonly StatedFile[]> {
  const states = new FileStates();
  if (ordinal < 0 || ordinal >= store.count) {
    return [];
  }
  const { sample, branch } = store.row(ordinal);
  for (let index = 0; index <= ordinal; index++) {
    const row = store.row(index);
    if (!row.changesFiles || row.sample !== sample || row.branch !== branch) {
      continue;
    }
    if (row.link !== undefined && row.link <= ordinal && store.row(row.link).isError && row.tool !== "run") {
      continue;
    }
    throwIfCancelled(signal);
    states.apply(fileChanges(await store.event(index, maxTextBytes)), index);
  }
  return states.all;
}
