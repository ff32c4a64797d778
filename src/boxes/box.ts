import { BaselinerError } from "../base";
import type { BoxConnection } from "./box-connection";
import type { RunExit, RunSpecification } from "./run-record";
import type { BoxShell, TerminalSize } from "./shell";

/** Why a box could not do what was asked. */
export type BoxErrorReason =
  | "path-missing"
  | "disk-full"
  | "read-only"
  | "permission-denied"
  | "file-too-large"
  | "not-a-file"
  /** Something else lies there than was expected; nothing was done to it. */
  | "changed"
  | "run-unknown"
  | "run-abandoned"
  | "run-vanished"
  /** The box cannot be reached now, or the connection broke before the answer came. */
  | "unreachable"
  /** It shows another host key than the one it is known by. */
  | "host-key-changed"
  | "host-key-revoked"
  /** Nothing vouches for its host key, and nobody confirmed it. */
  | "host-key-refused"
  | "authentication-failed"
  /** What a person wrote, or their ssh configuration, does not lead to a box. */
  | "target-invalid"
  /** The port of this computer is in use. */
  | "port-taken"
  /** The box answered something that cannot be right, or too much. */
  | "invalid-answer"
  | "failed";

/** A box could not do what was asked of it. */
export class BoxError extends BaselinerError<BoxErrorReason> {}

const connectionProblems: readonly BoxErrorReason[] = ["unreachable", "host-key-changed", "host-key-revoked", "host-key-refused", "authentication-failed"];

/** Whether the box could not be reached, so that it is not known what it did. */
export function isConnectionProblem(error: unknown): boolean {
  return error instanceof BoxError && connectionProblems.includes(error.reason);
}

/** What a run prints to. */
export type OutputStream = "stdout" | "stderr";

/** What of a folder is looked at. */
export interface ScanScope {
  /** Patterns in the manner of gitignore, without `!`, relative to the folder. What they match is not in the manifest. */
  readonly ignore?: readonly string[];
  /** Larger files are in the manifest without a hash. */
  readonly maxFileBytes?: number;
  /** Of which files the content need not be looked at: hashing it takes as long as bringing it over. A box may look at it all the same. */
  readonly unread?: { /** Smaller ones are looked at. */ readonly fromBytes: number; readonly except: ReadonlySet<string> };
}

/** What a folder holds, by path relative to it with `/` between names. Folders themselves are not listed. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

export type ManifestEntry =
  | { readonly kind: "file"; readonly bytes: number; readonly sha256: string; readonly executable: boolean }
  /** A file that is like any other, only that nobody has looked at its content (`ScanScope.unread`). */
  | { readonly kind: "unread-file"; readonly bytes: number; readonly executable: boolean }
  | { readonly kind: "large-file"; readonly bytes: number }
  | { readonly kind: "link"; readonly target: string }
  /** A pipe, socket or device. */
  | { readonly kind: "other" };

/** One thing that lies in a folder. */
export interface FolderEntry {
  /** Hostile text. Never `.`, `..` or empty, and without `/`. */
  readonly name: string;
  /** `other`: a pipe, socket or device, or anything whose name is no text, so that it cannot be asked for. */
  readonly kind: "file" | "folder" | "link" | "other";
  /** Of a link that leads to a file or folder: what it is in the end. */
  readonly leadsTo?: { readonly kind: "file" | "folder"; /** Absolute, without links. */ readonly path: string; readonly bytes: number };
  /** Length of a file; 0 for all else. */
  readonly bytes: number;
  /** Milliseconds since the epoch, UTC; some boxes tell full seconds only. */
  readonly modifiedAt: number;
}

/** What lies in one folder, folders first, each kind by name. */
export interface FolderListing {
  readonly entries: readonly FolderEntry[];
  /** Whether there is more than was asked for. */
  readonly more: boolean;
}

/**
 * What must lie at a path just before it is changed. Looked at on the box, right before
 * the step that changes it: what another process puts there in the instant between the two is
 * replaced all the same where it replaced something itself, as POSIX has no such step in one.
 */
export type Expectation =
  | { readonly kind: "nothing" }
  /** A regular file with this content; where `executable` is given, with that executable bit. */
  | { readonly kind: "file"; readonly sha256: string; readonly bytes?: number; readonly executable?: boolean }
  | { readonly kind: "link"; readonly target: string };

/** Without an expectation a file or link is changed whatever it is. */
export interface ChangeOptions {
  readonly expect?: Expectation | undefined;
}

/** One change of many, at a path relative to a folder with `/` between names. */
export type FileChange = ChangeOptions & { readonly path: string } & (
    | {
        readonly make: "file";
        /** A chunk may be written over as soon as the next but one is asked for. */
        readonly content: Uint8Array | AsyncIterable<Uint8Array>;
        readonly executable: boolean;
      }
    | { readonly make: "link"; readonly target: string }
    /** Removes a file or link. */
    | { readonly make: "nothing" }
    /** Sets the executable bit of a file. */
    | { readonly make: "executable"; readonly executable: boolean }
    /** Changes nothing: only tells whether what is expected is there. */
    | { readonly make: "no-change" }
  );

/** How one change ended. */
export interface ChangeOutcome {
  readonly path: string;
  /** Why it was not made: a `BoxError`, or what its content threw. What was there before is there still, whole. */
  readonly failure?: Error | undefined;
}

/** One file of many that are read. */
export type FileRead =
  | { readonly path: string; /** To be taken before the next file is asked for. */ readonly content: AsyncIterable<Uint8Array> }
  | { readonly path: string; readonly failure: BoxError };

/** How far the output of a run was already taken over, in bytes. */
export interface OutputOffsets {
  stdout: number;
  stderr: number;
}

/** The state of a run, as its files on the box tell it. */
export type RunState =
  | { readonly kind: "unknown" }
  | { readonly kind: "running" }
  | { readonly kind: "ended"; readonly exit: RunExit }
  /** Its processes are gone and it left no record of its end. */
  | { readonly kind: "vanished" };

/** Takes output bytes in order; the next ones come when the promise is fulfilled. */
export type OutputSink = (stream: OutputStream, bytes: Uint8Array) => Promise<void>;

/**
 * The machine a task runs on. All paths are absolute paths on that machine.
 * Runs are detached: they outlive the client, and any client can follow them.
 */
export interface Box {
  /** What a person calls it: `this computer`, a host name. */
  readonly name: string;

  /** The way to a box that is another machine. */
  readonly connection?: BoxConnection;

  /** The box's clock: milliseconds since the epoch, UTC. */
  time(): Promise<number>;

  /**
   * Reads a whole file.
   * @throws {BoxError} `path-missing`; `not-a-file` for folders, links and pipes; `file-too-large` when it holds more than `limitBytes`.
   */
  readFile(path: string, limitBytes: number): Promise<Buffer>;

  /**
   * The bytes of a file of any size, in order.
   * @throws {BoxError} `path-missing`, `not-a-file`, `unreachable`; also in the middle of it
   */
  readStream(path: string): AsyncIterable<Uint8Array>;

  /**
   * Reads many files of a folder in few round trips, in the order of their paths. No link is gone
   * through below the folder. A file that is being changed may come torn: look at its hash. One that `scan` may list as an
   * unread file does not: its content breaks off with `changed` where the file's status shows a change meanwhile.
   * @throws {BoxError} `unreachable` in the middle of it; or the reason of `signal`
   */
  readFiles(folder: string, paths: Iterable<string>, signal?: AbortSignal): AsyncIterable<FileRead>;

  /**
   * Writes a file, making the folders above it. Whatever happens, either the old or the new content is there, whole.
   * @throws {BoxError} `changed`, `disk-full`, `read-only`, `permission-denied`, `unreachable`
   */
  writeFile(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, options?: ChangeOptions & { readonly executable?: boolean }): Promise<void>;

  /** Makes a symbolic link, in place of a file or link of this name. The target is not looked at. */
  writeLink(path: string, target: string, options?: ChangeOptions): Promise<void>;

  /** Removes a file or a link, never what a link leads to, and never a folder. One that is not there is removed already, unless it is expected. */
  removeFile(path: string, options?: ChangeOptions): Promise<void>;

  /**
   * Makes many changes below a folder in few round trips, each as `writeFile`, `writeLink` and
   * `removeFile` do; each path once. The folder is made where it is missing; a folder below it that turns out to be
   * a link or a file is not gone through (`changed`). An outcome is told for every change that
   * was taken, in any order, once it is on the box's disk; until then a power cut there may leave a file torn. Changes are taken ahead of their outcomes.
   * To stop taking outcomes breaks off what is not made yet.
   * @throws {BoxError} `unreachable`: changes without an outcome may have been made or not; or the reason of `signal`
   */
  changeFiles(folder: string, changes: Iterable<FileChange> | AsyncIterable<FileChange>, signal?: AbortSignal): AsyncIterable<ChangeOutcome>;

  /**
   * All that lies under a folder, with the content of files as hashes computed on the box. Links are not followed.
   * @throws {BoxError} `path-missing`
   */
  scan(folder: string, scope?: ScanScope): Promise<Manifest>;

  /**
   * What lies in one folder, at most `limit` things of it. Only the links in it are followed.
   * @throws {BoxError} `path-missing` also for what is no folder; `permission-denied`, `unreachable`
   */
  list(folder: string, limit: number): Promise<FolderListing>;

  /**
   * Runs a POSIX shell script that is no run: it ends with whoever watches it. Hands over what it prints to
   * its standard output, piece by piece, and resolves with its exit status; null where a signal ended it.
   * What it started is stopped when it ends, when `signal` aborts and when the connection breaks.
   * @throws {BoxError} `unreachable` where the connection broke or was needed for something else: watch again;
   * the reason of `signal` when that aborts; what `take` throws
   */
  watch(script: string, take: (bytes: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<number | null>;

  /**
   * Opens a shell of the person's own in a folder, at a terminal. A box that is another machine opens it in the home folder where
   * that folder is missing, and as a login shell.
   * @throws {BoxError} `unreachable`; `failed` where the box allows too few sessions for a terminal, and where this computer has no python3
   */
  openShell(options: TerminalSize & { readonly folder: string }): Promise<BoxShell>;

  /**
   * Starts a run, or does nothing where the run of this id was started before.
   * Resolves when the run has begun or has failed to begin; either is then on record.
   * A box that is another machine is waited for as long as it is tried to reach it, or until `signal` aborts.
   * @throws {BoxError} when it could not even be recorded; nothing runs then. Whether anything runs after `unreachable`, or the reason of `signal`, only `runState` tells.
   */
  startRun(runs: string, specification: RunSpecification, signal?: AbortSignal): Promise<void>;

  /** The state of a run. One that was asked for and never began is given up first, so that it cannot begin later. */
  runState(runs: string, id: string): Promise<RunState>;

  /**
   * Hands over a run's output from the given offsets on and resolves when the run has ended and all of it was handed over.
   * @throws {BoxError} `run-unknown`, `run-vanished`; `disk-full` where the box has no room left for the run's record (the run goes on); or the reason of `signal` when that aborts (the run goes on).
   */
  followRun(runs: string, id: string, from: OutputOffsets, sink: OutputSink, signal?: AbortSignal): Promise<RunExit>;

  /** Asks a run to stop with all its processes. Resolves at once; the end is seen by following it. */
  cancelRun(runs: string, id: string): Promise<void>;
}
