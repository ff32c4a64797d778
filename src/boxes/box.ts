import { BaselinerError } from "../base";
import type { BoxConnection } from "./box-connection";
import type { RunExit, RunSpecification } from "./run-record";

/** Why a box could not do what was asked. */
export type BoxErrorReason =
  | "path-missing"
  | "disk-full"
  | "read-only"
  | "permission-denied"
  | "file-too-large"
  | "not-a-file"
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
}

/** What a folder holds, by path relative to it with `/` between names. Folders themselves are not listed. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

export type ManifestEntry =
  | { readonly kind: "file"; readonly bytes: number; readonly sha256: string; readonly executable: boolean }
  | { readonly kind: "large-file"; readonly bytes: number }
  | { readonly kind: "link"; readonly target: string }
  /** A pipe, socket or device. */
  | { readonly kind: "other" };

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
   * Writes a file, making the folders above it. Whatever happens, either the old or the new content is there, whole.
   * @throws {BoxError} `disk-full`, `read-only`, `permission-denied`, `unreachable`
   */
  writeFile(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, options?: { executable?: boolean }): Promise<void>;

  /** Makes a symbolic link, in place of a file or link of this name. The target is not looked at. */
  writeLink(path: string, target: string): Promise<void>;

  /** Removes a file or a link, never what a link leads to, and never a folder. One that is not there is removed already. */
  removeFile(path: string): Promise<void>;

  /**
   * All that lies under a folder, with the content of files as hashes computed on the box. Links are not followed.
   * @throws {BoxError} `path-missing`
   */
  scan(folder: string, scope?: ScanScope): Promise<Manifest>;

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
