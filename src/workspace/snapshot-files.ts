import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { BaselinerError, systemErrorCode } from "../base";
import { isSafePath, nameRulesHere } from "./mirror-names";

/**
 * Why a snapshot could not be read.
 * `missing`: the repository does not hold it; `too-large`: more than was asked to be read.
 */
export type SnapshotReadErrorReason = "git-missing" | "missing" | "too-large" | "failed";

/** A snapshot could not be read. Reading changes nothing. */
export class SnapshotReadError extends BaselinerError<SnapshotReadErrorReason> {}

/** A file or link of a snapshot. */
export interface SnapshotEntry {
  /** Relative to the workspace, with `/` between names. */
  readonly path: string;
  readonly kind: "file" | "executable" | "link";
  /** Name of its bytes in the repository: the same bytes have the same. Of a link, the bytes are its target. */
  readonly object: string;
  readonly bytes: number;
}

/** What a snapshot holds. */
export interface SnapshotContent {
  /** By their paths. */
  readonly entries: ReadonlyMap<string, SnapshotEntry>;
  /** How many things have names that this computer cannot have: no UTF-8, control characters, `..` and the like. */
  readonly unnamed: number;
}

/** What differs at a path between two snapshots; one of the two sides may be missing. */
export interface SnapshotChange {
  readonly path: string;
  readonly before: SnapshotEntry | undefined;
  readonly after: SnapshotEntry | undefined;
  /** Whether the bytes are the same, so that only the executable bit differs. */
  readonly onlyMode: boolean;
}

/** Longest that git may take, in ms. */
const deadline = 60_000;
/** A list of files longer than this is none that a snapshot of a workspace has, in bytes. */
const longestList = 256 * 1024 * 1024;
/** So many lists are kept; a snapshot never changes. */
const listsKept = 16;

/** Reads the kept states of a workspace. Nothing in the repository is trusted: it may have come from anywhere. */
export class SnapshotFiles {
  private readonly lists = new Map<string, Promise<SnapshotContent>>();

  constructor(private readonly repository: string) {}

  /**
   * All files of a snapshot.
   * @throws {SnapshotReadError} `git-missing`, `missing`, `failed`
   */
  list(commit: string): Promise<SnapshotContent> {
    const known = this.lists.get(commit);
    if (known !== undefined) {
      return known;
    }
    const listing = this.readList(commit);
    this.lists.set(commit, listing);
    const [oldest] = this.lists.keys();
    if (this.lists.size > listsKept && oldest !== undefined) {
      this.lists.delete(oldest);
    }
    listing.catch(() => this.lists.delete(commit));
    return listing;
  }

  private async readList(commit: string): Promise<SnapshotContent> {
    if (!isObjectName(commit)) {
      throw new SnapshotReadError("missing", "This attempt names no snapshot that could be read.");
    }
    return parseList(await this.git(["ls-tree", "-r", "-l", "-z", "--full-tree", `${commit}^{commit}`], longestList, commit));
  }

  /**
   * The bytes of a file; of a link, its target.
   * @param limitBytes more than this is not read
   * @throws {SnapshotReadError}
   */
  async read(entry: SnapshotEntry, limitBytes: number): Promise<Buffer> {
    if (entry.bytes > limitBytes) {
      throw new SnapshotReadError("too-large", `${entry.path} is too large to be read here.`);
    }
    return await this.git(["cat-file", "blob", entry.object], limitBytes, entry.object);
  }

  /**
   * What differs between two snapshots, by path.
   * @throws {SnapshotReadError}
   */
  async changes(before: string, after: string): Promise<SnapshotChange[]> {
    const [one, other] = await Promise.all([this.list(before), this.list(after)]);
    return snapshotChanges(one, other);
  }

  private async git(args: readonly string[], limitBytes: number, object: string): Promise<Buffer> {
    const { code, output, problem } = await ran(args, this.repository, limitBytes);
    if (code !== 0) {
      throw /not a valid object|bad object|Not a valid|does not exist|not a git repository/i.test(problem)
        ? new SnapshotReadError("missing", `The snapshot ${object.slice(0, 10)} is missing or damaged.`)
        : new SnapshotReadError("failed", `A snapshot could not be read: ${problem.split("\n")[0] ?? ""}`);
    }
    return output;
  }
}

/** What differs between two lists of files, by path. */
export function snapshotChanges(before: SnapshotContent, after: SnapshotContent): SnapshotChange[] {
  const paths = [...new Set([...before.entries.keys(), ...after.entries.keys()])].sort();
  return paths.flatMap((path) => {
    const [was, is] = [before.entries.get(path), after.entries.get(path)];
    const sameBytes = was?.object === is?.object && (was?.kind === "link") === (is?.kind === "link");
    return sameBytes && was?.kind === is?.kind ? [] : [{ path, before: was, after: is, onlyMode: sameBytes }];
  });
}

/** Reads what `git ls-tree -r -l -z` prints: `<mode> <type> <object> <bytes>\t<path>` and a NUL for each thing. */
function parseList(output: Buffer): SnapshotContent {
  const entries = new Map<string, SnapshotEntry>();
  let unnamed = 0;
  for (let start = 0; start < output.length; ) {
    const found = output.indexOf(0, start);
    const end = found === -1 ? output.length : found;
    // Bytes that are no UTF-8 become U+FFFD, which is no name to have.
    const line = output.toString("utf8", start, end);
    start = end + 1;
    const tab = line.indexOf("\t");
    const [mode = "", type, object = "", bytes = ""] = line.slice(0, tab).split(/ +/);
    const path = line.slice(tab + 1);
    const kind = kinds[mode];
    if (type !== "blob" || kind === undefined || !isObjectName(object) || !/^\d+$/.test(bytes)) {
      continue;
    }
    if (isSafePath(path, nameRulesHere)) {
      entries.set(path, { path, kind, object, bytes: Number(bytes) });
    } else {
      unnamed += 1;
    }
  }
  return { entries, unnamed };
}

const kinds: Partial<Record<string, SnapshotEntry["kind"]>> = { "100644": "file", "100664": "file", "100755": "executable", "120000": "link" };

/** Whether a text is an object's whole name in git, SHA-1 or SHA-256, and so no option and no expression either. */
function isObjectName(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** Runs git on a repository; never its hooks, its helpers or a network, whatever its configuration asks for. */
async function ran(args: readonly string[], repository: string, limitBytes: number): Promise<{ code: number | null; output: Buffer; problem: string }> {
  const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn("git", ["--no-replace-objects", "--no-optional-locks", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: deadline,
    windowsHide: true,
    env: {
      ...plain,
      LC_ALL: "C",
      GIT_DIR: repository,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: process.platform === "win32" ? "NUL" : "/dev/null",
      // An object that is missing is missing: a repository may name a place to fetch it from.
      GIT_NO_LAZY_FETCH: "1",
      GIT_ALLOW_PROTOCOL: "none",
    },
  });
  const output: Buffer[] = [];
  let bytes = 0;
  let problem = "";
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    output.push(chunk);
    if (bytes > limitBytes) {
      child.kill();
    }
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    problem = (problem + text).slice(0, 2000);
  });
  return await new Promise((resolve, reject) => {
    child.on("error", (error) =>
      reject(
        systemErrorCode(error) === "ENOENT"
          ? new SnapshotReadError("git-missing", "git is not installed, so snapshots of the workspace cannot be read.", { cause: error })
          : new SnapshotReadError("failed", "A snapshot could not be read: git did not start.", { cause: error }),
      ),
    );
    child.on("close", (code) => {
      if (bytes > limitBytes) {
        reject(new SnapshotReadError("too-large", "A file of the snapshot is larger than its list says."));
      } else {
        resolve({ code, output: Buffer.concat(output), problem });
      }
    });
  });
}
