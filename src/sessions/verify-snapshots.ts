import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { branchOf, checkSnapshots, missingSnapshots, SnapshotError, type SnapshotsFound, unbundleSnapshots } from "../workspace";
import { snapshotsBundle } from "./export/checksums";
import type { JournalContent } from "./journal";
import type { JournalEntry } from "./journal-entry";
import { sessionFolder } from "./session-folder";
import type { SessionState } from "./session-state";

/**
 * The snapshots of a session, or of an export of one, while they are checked. They are looked through before
 * the journal is read, and once more behind it, so that a session that goes on meanwhile is not found fault with.
 */
export class SnapshotsCheck {
  private constructor(
    private readonly repository: string,
    private readonly found: SnapshotsFound,
    private readonly failure: SnapshotError | undefined,
    private readonly passing: string | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Reads every object. @throws the reason of `signal` */
  static async begin(root: string, signal?: AbortSignal): Promise<SnapshotsCheck> {
    const { snapshots } = sessionFolder(root);
    const bundle = join(root, snapshotsBundle);
    let passing: string | undefined;
    let repository = snapshots;
    try {
      if (!existsSync(snapshots) && existsSync(bundle)) {
        passing = await mkdtemp(join(tmpdir(), "baseliner-snapshots-"));
        repository = join(passing, "snapshots.git");
        await unbundleSnapshots(bundle, repository, signal);
      }
      return new SnapshotsCheck(repository, await checkSnapshots(repository, signal), undefined, passing, signal);
    } catch (error) {
      if (error instanceof SnapshotError) {
        return new SnapshotsCheck(repository, { branch: [], loose: [], damage: [] }, error, passing, signal);
      }
      await removeAll(passing);
      throw error;
    }
  }

  /** What is wrong with them by the journal; one sentence each. */
  async problems({ entries, lineHashes }: JournalContent, state: SessionState): Promise<string[]> {
    const { failure, repository, signal, found } = this;
    const named = [...new Set(entries.flatMap(commitsOf))];
    if (failure !== undefined) {
      return named.length === 0 ? [] : [`The snapshots could not be checked: ${failure.message}`];
    }
    const branch = named.length === 0 ? [] : await branchOf(repository, signal);
    const isWhole = found.damage.length === 0;
    const missing = await missingSnapshots(repository, isWhole ? named.filter((commit) => !branch.includes(commit)) : named, signal);
    return [
      ...missing.map((commit) => missingText(commit, state)),
      ...found.damage.map((text) => `The repository of snapshots is damaged: ${text}.`),
      ...orderProblems(
        named.filter((commit) => !missing.includes(commit)),
        branch,
      ),
      ...this.unknown(named, lineHashes),
      ...this.ofAnotherJournal(lineHashes),
    ];
  }

  /** Snapshots that the journal does not name. One that a crash kept out of it is the last, and names a line that is there. */
  private unknown(named: readonly string[], lineHashes: readonly string[]): string[] {
    const { branch, loose } = this.found;
    const ofACrash = [...loose, ...branch.slice(-1)].filter(({ head }) => head !== undefined && lineHashes[head.seq] === head.sha256);
    return [...branch, ...loose]
      .filter((one) => !named.includes(one.commit) && !ofACrash.includes(one))
      .map(({ commit }) => `Snapshot ${commit} is kept, but the journal does not know it: lines at its end may have been removed.`);
  }

  /** Snapshots that name a line that the journal does not have. */
  private ofAnotherJournal(lineHashes: readonly string[]): string[] {
    return this.found.branch.flatMap(({ commit, head }) =>
      head === undefined || lineHashes[head.seq] === head.sha256 ? [] : [`Snapshot ${commit} was taken when journal line ${head.seq + 1} was another one: the journal was changed since.`],
    );
  }

  async end(): Promise<void> {
    await removeAll(this.passing);
  }
}

async function removeAll(folder: string | undefined): Promise<void> {
  if (folder !== undefined) {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function commitsOf(entry: JournalEntry): string[] {
  switch (entry.type) {
    case "snapshot.taken":
      return [entry.data.commit];
    case "attempt.started":
      return entry.data.snapshot === null ? [] : [entry.data.snapshot];
    case "attempt.finished":
      return entry.data.changedTo === null ? [] : [entry.data.changedTo];
    default:
      return [];
  }
}

function missingText(commit: string, state: SessionState): string {
  const attempts = state.attempts.filter(({ snapshot }) => snapshot === commit).map(({ number }) => number);
  const whose = attempts.length === 0 ? `Snapshot ${commit}` : `Attempt ${attempts.join(", ")}: its snapshot ${commit}`;
  return `${whose} is missing or damaged.`;
}

/** The branch holds what the journal names, in the order of the journal. */
function orderProblems(named: readonly string[], branch: readonly string[]): string[] {
  const places = named.map((commit) => branch.indexOf(commit));
  const inOrder = places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1));
  return inOrder ? [] : ["The chain of snapshots is not the one that the journal names: a snapshot was replaced, or the branch was moved."];
}
