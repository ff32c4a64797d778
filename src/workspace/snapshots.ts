import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, lstat, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BaselinerError, messageOf, systemErrorCode } from "../base";

const run = promisify(execFile);
const branch = "refs/heads/session";
/** Longest a git command may take, in ms. */
const gitDeadline = 60_000;

/** No snapshot could be taken; the workspace and earlier snapshots are as they were. */
export class SnapshotError extends BaselinerError<"git-missing" | "failed"> {}

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
  ) {}

  /**
   * Keeps the workspace as it is now. The same state twice is one commit.
   * @throws {SnapshotError} `git-missing`, `failed`
   */
  async take(message: string): Promise<Snapshot> {
    if (!existsSync(join(this.repository, "HEAD"))) {
      await this.run(["init", "--quiet", "--bare", "--template=", this.repository], commitIdentity);
      // Whatever attributes the expert's files set: bytes are kept as they are.
      await mkdir(join(this.repository, "info"), { recursive: true });
      await writeFile(join(this.repository, "info", "attributes"), "* -text -ident -filter -working-tree-encoding -eol\n");
    }
    await this.removeLeftLock();
    const leftOut = await whatToLeaveOut(this.workspace, this.scope.maxFileMB * 1024 * 1024);
    const tree = await this.writeTree(leftOut);
    const parent = await this.git(["rev-parse", "--verify", "--quiet", branch]).catch(() => "");
    if (parent !== "" && (await this.git(["rev-parse", `${parent}^{tree}`])) === tree) {
      return { commit: parent, isNew: false, leftOut };
    }
    const commit = await this.git(["commit-tree", tree, ...(parent === "" ? [] : ["-p", parent]), "-m", message]);
    await this.git(["update-ref", branch, commit]);
    return { commit, isNew: true, leftOut };
  }

  /**
   * The workspace as a tree object. An index of its own name is used and then
   * takes the place of the last one, so that a crash leaves no lock behind.
   */
  private async writeTree(leftOut: readonly string[]): Promise<string> {
    const last = join(this.repository, "index");
    const index = join(this.repository, `index-${randomUUID()}`);
    const environment = { GIT_INDEX_FILE: index };
    try {
      await copyFile(last, index).catch(unlessMissing);
      const left = leftOut.map((path) => `:(exclude,literal,top)${path}`);
      const add = (): Promise<string> =>
        this.git(["add", "--all", "--force", "--", ".", ...this.scope.ignore.flatMap(excluding), ...left], environment);
      await add().catch(async () => {
        // A file that vanished meanwhile, or an index that a power cut damaged: once more, from nothing.
        await rm(index, { force: true });
        await rm(`${index}.lock`, { force: true });
        return await add();
      });
      const tree = await this.git(["write-tree"], environment);
      await rename(index, last);
      return tree;
    } finally {
      await rm(index, { force: true });
      await rm(`${index}.lock`, { force: true });
    }
  }

  /** A git that was killed while it moved the branch leaves a lock that would stop every later one. */
  private async removeLeftLock(): Promise<void> {
    const lock = join(this.repository, `${branch}.lock`);
    const made = (await stat(lock).catch(unlessMissing))?.mtimeMs;
    if (made !== undefined && Date.now() - made > gitDeadline) {
      await rm(lock, { force: true });
    }
  }

  /**
   * Which of these commits are not there with all of their tree.
   * @throws {SnapshotError}
   */
  async missing(commits: readonly string[]): Promise<string[]> {
    if (!existsSync(join(this.repository, "HEAD"))) {
      return [...commits];
    }
    const found = await Promise.all(
      commits.map(async (commit) => {
        const listed = await this.git(["ls-tree", "-r", commit]).catch(() => undefined);
        return listed === undefined ? commit : undefined;
      }),
    );
    return found.filter((commit) => commit !== undefined);
  }

  private git(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> {
    return this.run(args, { ...commitIdentity, GIT_DIR: this.repository, GIT_WORK_TREE: this.workspace, ...more });
  }

  private async run(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
    try {
      const { stdout } = await run("git", [...settings.flatMap((setting) => ["-c", setting]), ...args], {
        cwd: this.workspace,
        timeout: gitDeadline,
        maxBuffer: 16 * 1024 * 1024,
        windowsHide: true,
        env: { ...environmentWithoutGit(), ...environment },
      });
      return stdout.trim();
    } catch (error) {
      throw systemErrorCode(error) === "ENOENT"
        ? new SnapshotError("git-missing", "git is not installed, so no snapshots of the workspace are kept.", { cause: error })
        : new SnapshotError("failed", `No snapshot of the workspace could be taken, so nothing was scored: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** Bytes are kept as they are, and committed objects reach the disk. */
const settings = ["core.autocrlf=false", "core.safecrlf=false", "core.excludesFile=", "core.fsync=committed", "gc.auto=0"];

const commitIdentity: NodeJS.ProcessEnv = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: process.platform === "win32" ? "NUL" : "/dev/null",
  GIT_AUTHOR_NAME: "Baseliner",
  GIT_AUTHOR_EMAIL: "baseliner@localhost",
  GIT_COMMITTER_NAME: "Baseliner",
  GIT_COMMITTER_EMAIL: "baseliner@localhost",
};

/** Pathspecs that leave out what a gitignore-like pattern names, at any depth unless it starts with `/`. */
function excluding(pattern: string): string[] {
  const body = pattern.replace(/^\//, "").replace(/\/$/, "");
  const prefix = pattern.startsWith("/") || body.includes("/") ? "" : "**/";
  return [`:(exclude,glob,top)${prefix}${body}`, `:(exclude,glob,top)${prefix}${body}/**`];
}

function environmentWithoutGit(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
}

/** Files over the limit, and folders that are repositories of their own, of which git would keep no more than a commit's name. */
async function whatToLeaveOut(root: string, limitBytes: number): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string, prefix: string): Promise<void> => {
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

function reasonOf(error: unknown): string {
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  const line = stderr.split("\n").find((one) => one.trim() !== "");
  return line ?? messageOf(error);
}
