import { existsSync } from "node:fs";
import { join } from "node:path";
import { git, type GitOptions, SnapshotError } from "./git";
import { headTrailer, type JournalHead, snapshotBranch } from "./snapshots";

/** One snapshot, as its commit tells it. */
export interface SnapshotCommit {
  readonly commit: string;
  /** End of the journal when it was taken; undefined where the commit does not say. */
  readonly head: JournalHead | undefined;
}

/** What a repository of snapshots holds. */
export interface SnapshotsFound {
  /** The commits of the branch, first to last. */
  readonly branch: readonly SnapshotCommit[];
  /** Commits that the branch does not lead to. */
  readonly loose: readonly SnapshotCommit[];
  /** What git finds wrong with its objects: missing or damaged ones, as clauses. Empty where all is whole. */
  readonly damage: readonly string[];
}

/** Every object is read, which may take as long as this, in ms. */
const checkDeadlineMs = 30 * 60_000;

/**
 * Reads all of a repository of snapshots and compares every object with its name.
 * @throws {SnapshotError} `git-missing`; the reason of `signal`
 */
export async function checkSnapshots(repository: string, signal?: AbortSignal): Promise<SnapshotsFound> {
  if (!existsSync(join(repository, "HEAD"))) {
    return { branch: [], loose: [], damage: [] };
  }
  const options = optionsFor(repository, signal);
  let lines = await fsck(options, signal);
  let damage = lines.filter(isDamage);
  if (damage.length > 0) {
    // A snapshot that is being taken may have put a commit where git had not looked yet, and its tree where it had:
    // what is not there the second time either is missing.
    lines = await fsck(options, signal);
    damage = lines.filter((line) => isDamage(line) && damage.includes(line));
  }
  const loose = lines.flatMap((line) => /^unreachable commit ([0-9a-f]{40,64})$/.exec(line)?.[1] ?? []);
  return {
    branch: await described(await branchOf(repository, signal), options),
    loose: await described(loose, options),
    damage,
  };
}

/** What git says of the objects of a repository, line by line. */
async function fsck(options: GitOptions, signal: AbortSignal | undefined): Promise<string[]> {
  const said = await git(["fsck", "--full", "--unreachable", "--no-reflogs", "--no-progress"], options).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (error instanceof SnapshotError && error.reason === "git-missing") {
      throw error;
    }
    // Its exit status says that something was found; what, it prints on both outputs.
    const { stdout = "", stderr = "" } = (error instanceof Error ? error.cause : {}) as { stdout?: string; stderr?: string };
    return `${stdout}\n${stderr}`;
  });
  return said.split("\n").filter((line) => line.trim() !== "");
}

function isDamage(line: string): boolean {
  return !/^(notice:|unreachable |dangling |Checking )/.test(line);
}

/** The commits of the branch of snapshots, first to last. Empty where there is none. */
export async function branchOf(repository: string, signal?: AbortSignal): Promise<string[]> {
  const text = await git(["rev-list", "--first-parent", "--reverse", snapshotBranch], optionsFor(repository, signal)).catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

/** Which of these commits are not there with all of their files; that the files are undamaged, `checkSnapshots` tells. */
export async function missingSnapshots(repository: string, commits: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const missing: string[] = [];
  for (const commit of commits) {
    signal?.throwIfAborted();
    await git(["rev-list", "--objects", "--quiet", `${commit}^{commit}`], optionsFor(repository, signal)).catch(() => missing.push(commit));
  }
  return missing;
}

function optionsFor(repository: string, signal: AbortSignal | undefined): GitOptions {
  return { folder: repository, repository, deadlineMs: checkDeadlineMs, lowPriority: true, signal };
}

/** The commits with the ends of the journal that their messages name. */
async function described(commits: readonly string[], options: GitOptions): Promise<SnapshotCommit[]> {
  if (commits.length === 0) {
    return [];
  }
  const told = await git(["log", "--no-walk=unsorted", "--stdin", "--format=%H%x00%B%x01"], { ...options, input: `${commits.join("\n")}\n` }).catch(() => "");
  const heads = new Map<string, JournalHead | undefined>();
  for (const text of told.split("\u0001")) {
    const [commit = "", body = ""] = text.trim().split("\0");
    heads.set(commit, headOf(body));
  }
  return commits.map((commit) => ({ commit, head: heads.get(commit) }));
}

function headOf(message: string): JournalHead | undefined {
  const line = message.split("\n").find((one) => one.startsWith(headTrailer));
  const match = /^(\d+) ([0-9a-f]{64})$/.exec(line?.slice(headTrailer.length) ?? "");
  return match?.[1] === undefined || match[2] === undefined ? undefined : { seq: Number(match[1]), sha256: match[2] };
}
