import { createHash, randomBytes } from "node:crypto";

/** What a supervisor has no program for a seal with says in place of it. */
export const sealsNothing = "unsealed";

/**
 * Keys of the runs that this program started. The supervisor of a run gets its key through a pipe, keeps it in its memory, and seals the
 * record of the run's end with it, so that what ran under the same account cannot write such a record itself. Runs of an
 * earlier program have no key here: their records are believed.
 */
export class RunSeals {
  private readonly runs = new Map<string, { readonly key: string; /** Whether the box can seal; undefined until it told. */ seals: boolean | undefined }>();

  /** The key of a run in a folder; the same however often it is started. */
  keyFor(folder: string): string {
    let run = this.runs.get(folder);
    if (run === undefined) {
      run = { key: randomBytes(32).toString("hex"), seals: undefined };
      this.runs.set(folder, run);
    }
    return run.key;
  }

  /** What the box answered to the start of a run. */
  told(folder: string, answer: string): void {
    const run = this.runs.get(folder);
    if (run !== undefined) {
      run.seals = answer.trim() !== sealsNothing;
    }
  }

  /** Whether a record of a run's end, as it lies on the box, is its supervisor's own, as far as can be told. */
  isGenuine(folder: string, record: string): boolean {
    const run = this.runs.get(folder);
    if (run?.seals !== true) {
      return true;
    }
    const [, text, seal] = /^(\{.*),"seal":"([0-9a-f]{64})"\}$/s.exec(record.trim()) ?? [];
    return text !== undefined && seal === sealOf(run.key, `${text}}`);
  }
}

/** The key on both sides: a text that is only continued has another seal. */
function sealOf(key: string, text: string): string {
  return createHash("sha256").update(key).update(text).update(key).digest("hex");
}
