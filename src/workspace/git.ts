import { type ExecFileOptions, execFile } from "node:child_process";
import { constants, setPriority } from "node:os";
import { BaselinerError, messageOf, systemErrorCode } from "../base";

/** No snapshot could be taken or read; the workspace and earlier snapshots are as they were. */
export class SnapshotError extends BaselinerError<"git-missing" | "failed"> {}

/** How a git command is run. */
export interface GitOptions {
  readonly folder: string;
  /** Repository that it works on. */
  readonly repository?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Longest it may take, in ms. */
  readonly deadlineMs?: number;
  /** Whether it gives way to whatever else wants the processor. */
  readonly lowPriority?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const usualDeadlineMs = 60_000;

/**
 * Runs git with nothing of the expert's configuration and hands back what it prints, without white space at its end.
 * @throws {SnapshotError} `git-missing`, `failed`; the reason of `signal`
 */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  try {
    return (await run([...settings.flatMap((setting) => ["-c", setting]), ...args], options)).trimEnd();
  } catch (error) {
    options.signal?.throwIfAborted();
    throw systemErrorCode(error) === "ENOENT"
      ? new SnapshotError("git-missing", "git is not installed, so no snapshots of the workspace are kept.", { cause: error })
      : new SnapshotError("failed", `git ${args[0] ?? ""} failed: ${reasonOf(error)}`, { cause: error });
  }
}

function run(args: readonly string[], { folder, repository, environment, input, deadlineMs, lowPriority, signal }: GitOptions): Promise<string> {
  const options: ExecFileOptions = {
    cwd: folder,
    timeout: deadlineMs ?? usualDeadlineMs,
    maxBuffer: 64 * 1024 * 1024,
    windowsHide: true,
    env: { ...environmentWithoutGit(), ...identity, ...(repository === undefined ? {} : { GIT_DIR: repository }), ...environment },
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    const child = execFile("git", args, { ...options, encoding: "utf8" }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
      } else {
        reject(Object.assign(error instanceof Error ? error : new Error("git failed"), { stdout, stderr }));
      }
    });
    // git may end before it has read all of it; why it did is what it says itself.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input ?? "");
    if (lowPriority === true && child.pid !== undefined) {
      try {
        setPriority(child.pid, constants.priority.PRIORITY_LOW);
      } catch {
        // It has ended already.
      }
    }
  });
}

/** Bytes are kept as they are, and committed objects reach the disk. */
const settings = ["core.autocrlf=false", "core.safecrlf=false", "core.excludesFile=", "core.fsync=committed", "core.quotePath=false", "gc.auto=0"];

const identity: NodeJS.ProcessEnv = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: process.platform === "win32" ? "NUL" : "/dev/null",
  GIT_AUTHOR_NAME: "Baseliner",
  GIT_AUTHOR_EMAIL: "baseliner@localhost",
  GIT_COMMITTER_NAME: "Baseliner",
  GIT_COMMITTER_EMAIL: "baseliner@localhost",
};

function environmentWithoutGit(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
}

function reasonOf(error: unknown): string {
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  const line = stderr.split("\n").find((one) => one.trim() !== "");
  return line ?? messageOf(error);
}
