import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, lstat, mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode } from "../base";
import { git, type GitOptions, SnapshotError } from "./git";

/** The branch that snapshots are on. */
export const snapshotBranch = "refs/heads/session";

/** Longest one git command may take, in ms. */
const gitDeadline = 60_000;

/** The end of a session's journal: number and SHA-256 of its last line. */
export interface JournalHead {
  readonly seq: number;
  readonly sha256: string;
}

/** Begins the line of a commit's message that names the end of the journal. */
export const headTrailer = "Journal: ";

/** What of a workspace is kept. */
export interface SnapshotScope {
  /** Patterns in the manner of gitignore, relative to the workspace: `__pycache__/`, `*.pt`. */
  readonly ignore: readonly string[];
  /** Larger files are left out and listed. */
  readonly maxFileMB: number;
}

/** A kept state of the workspace. */
export interface Snapshot {
  /** Commit in the bare repository. */
  readonly commit: string;
  /** Whether it differs from the snapshot before. */
  readonly isNew: boolean;
  /** Commit of the snapshot before; of the same one where it is not new. */
  readonly before: string | undefined;
  /** Paths relative to the workspace of files that were too large, and of repositories within it (with `/` behind them). */
  readonly leftOut: readonly string[];
}

/**
 * Keeps states of a workspace as commits of a bare repository that has nothing
 * to do with any repository of the expert's: neither their configuration, their
 * ignore files nor their index take part.
 */
export class Snapshots {
  constructor(
    private readonly repository: string,
    private readonly workspace: string,
    private readonly scope: SnapshotScope,
    /** Whether taking them gives way to whatever else wants the processor. */
    private readonly lowPriority = false,
  ) {}

  /**
   * Keeps the workspace as it is now. The same state twice is one commit.
   * @param head end of the journal at this moment, which the commit then vouches for
   * @param signal gives it up while files are still being read
   * @throws {SnapshotError} `git-missing`, `failed`; the reason of `signal`
   */
  async take(message: string, head?: JournalHead, signal?: AbortSignal): Promise<Snapshot> {
    try {
      return await this.takeNow(head === undefined ? message : `${message}\n\n${headTrailer}${head.seq} ${head.sha256}\n`, signal);
    } catch (error) {
      throw error instanceof SnapshotError && error.reason === "failed"
        ? new SnapshotError("failed", `No snapshot of the workspace could be taken: ${error.message}`, { cause: error })
        : error;
    }
  }

  private async takeNow(message: string, signal: AbortSignal | undefined): Promise<Snapshot> {
    if (!existsSync(join(this.repository, "HEAD"))) {
      await git(["init", "--quiet", "--bare", "--template=", this.repository], { folder: this.workspace });
      // Whatever attributes the expert's files set: bytes are kept as they are.
      await mkdir(join(this.repository, "info"), { recursive: true });
      await writeFile(join(this.repository, "info", "attributes"), "* -text -ident -filter -working-tree-encoding -eol\n");
    }
    await this.removeLeftLock();
    const leftOut = await whatToLeaveOut(this.workspace, this.scope.maxFileMB * 1024 * 1024, signal);
    const tree = await this.writeTree(leftOut, signal);
    // From here on nothing is broken off: a git that is killed while it moves the branch leaves a lock.
    signal?.throwIfAborted();
    // Nothing where there is no such branch yet.
    const [parent = "", treeBefore] = (await this.git(["for-each-ref", "--format=%(objectname) %(tree)", snapshotBranch])).split(" ");
    if (treeBefore === tree) {
      return { commit: parent, isNew: false, before: parent, leftOut };
    }
    const commit = await this.git(["commit-tree", tree, ...(parent === "" ? [] : ["-p", parent]), "-m", message]);
    await this.git(["update-ref", snapshotBranch, commit]);
    return { commit, isNew: true, before: parent === "" ? undefined : parent, leftOut };
  }

  /**
   * The workspace as a tree object. An index of its own name is used and then
   * takes the place of the last one, so that a crash leaves no lock behind.
   */
  private async writeTree(leftOut: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    const last = join(this.repository, "index");
    const index = join(this.repository, `index-${randomUUID()}`);
    const options = { environment: { GIT_INDEX_FILE: index }, signal };
    try {
      await copyIndex(last, index);
      const left = leftOut.map((path) => `:(exclude,literal,top)${path}`);
      const add = (): Promise<string> =>
        this.git(["add", "--all", "--force", "--", ".", ...this.scope.ignore.flatMap(excluding), ...left], options);
      await add().catch(async () => {
        // A file that vanished meanwhile, or an index that a power cut damaged: once more, from nothing.
        await rm(index, { force: true });
        await rm(`${index}.lock`, { force: true });
        return await add();
      });
      const tree = await this.git(["write-tree"], options);
      await rename(index, last);
      return tree;
    } finally {
      await rm(index, { force: true });
      await rm(`${index}.lock`, { force: true });
    }
  }

  /** A git that was killed while it moved the branch leaves a lock that would stop every later one. */
  private async removeLeftLock(): Promise<void> {
    const lock = join(this.repository, `${snapshotBranch}.lock`);
    const made = (await stat(lock).catch(unlessMissing))?.mtimeMs;
    if (made !== undefined && Date.now() - made > gitDeadline) {
      await rm(lock, { force: true });
    }
  }

  private git(args: readonly string[], options: Partial<GitOptions> = {}): Promise<string> {
    const environment = { GIT_WORK_TREE: this.workspace, ...options.environment };
    return git(args, { folder: this.workspace, repository: this.repository, deadlineMs: gitDeadline, lowPriority: this.lowPriority, ...options, environment });
  }
}

/**
 * Copies an index with its time: git looks again at files that were changed in the same second as the index was
 * written, and a later time would hide such a change of a file that keeps its length.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  const status = await stat(from).catch(unlessMissing);
  if (status !== undefined) {
    await copyFile(from, to);
    await utimes(to, status.atime, status.mtime);
  }
}

/** Pathspecs that leave out what a gitignore-like pattern names, at any depth unless it starts with `/`. */
function excluding(pattern: string): string[] {
  const body = pattern.replace(/^\//, "").replace(/\/$/, "");
  const prefix = pattern.startsWith("/") || body.includes("/") ? "" : "**/";
  return [`:(exclude,glob,top)${prefix}${body}`, `:(exclude,glob,top)${prefix}${body}/**`];
}

/** Files over the limit, and folders that are repositories of their own, of which git would keep no more than a commit's name. */
async function whatToLeaveOut(root: string, limitBytes: number, signal: AbortSignal | undefined): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string, prefix: string): Promise<void> => {
    signal?.throwIfAborted();
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== ".git") {
        const inside = join(folder, entry.name);
        if ((await stat(join(inside, ".git")).catch(unlessMissing)) === undefined) {
          await visit(inside, `${prefix}${entry.name}/`);
        } else {
          found.push(`${prefix}${entry.name}/`);
        }
      } else if (entry.isFile()) {
        const status = await lstat(join(folder, entry.name)).catch(unlessMissing);
        if (status !== undefined && status.size > limitBytes) {
          found.push(`${prefix}${entry.name}`);
        }
      }
    }
  };
  await visit(root, "");
  return found;
}

/** For a file that may not be there. */
function unlessMissing(error: unknown): undefined {
  if (systemErrorCode(error) !== "ENOENT") {
    throw error;
  }
  return undefined;
}
