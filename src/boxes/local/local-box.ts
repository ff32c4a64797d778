import { spawn } from "node:child_process";
import { type FSWatcher, watch } from "node:fs";
import { lstat, mkdir, open, readFile, readdir, readlink, statfs, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import ignore from "ignore";
import type * as z from "zod";
import {
  createFileOnce,
  isSameProcess,
  sha256OfFile,
  systemErrorCode,
  type Time,
  writeFileDurably,
} from "../../base";
import {
  type Box,
  BoxError,
  type ChangeOptions,
  type ChangeOutcome,
  type FileChange,
  type FileRead,
  type FolderListing,
  type Manifest,
  type ManifestEntry,
  type OutputOffsets,
  type OutputSink,
  type RunState,
  type ScanScope,
} from "../box";
import {
  claimSchema,
  processRecordSchema,
  type RunExit,
  runExitSchema,
  runFiles,
  type RunSpecification,
  runSpecificationSchema,
} from "../run-record";
import type { BoxShell, TerminalSize } from "../shell";
import { boxError } from "../system-error";
import { environmentOutsideTheEditor } from "./environment";
import { listFolder } from "./list-folder";
import { LocalShell } from "./local-shell";
import { changeFile, changeFilesIn, readFilesOf, readRegularFile } from "./local-files";
import { killProcessGroup } from "./process-group";
import { watchLocally } from "./watch";

/** How much output is taken over at a time, in bytes. */
const chunkBytes = 64 * 1024;
/** How long a supervisor may take to appear, in ms. */
const startDeadline = 10_000;
/** Room that recording a run's end takes at most, in bytes. */
const roomForRecord = 64 * 1024;
/** A run's files are looked at after this time even if the system announces no change, because watchers lie. In ms. */
const lookAgainAfter = 1000;

/** A supervisor has this long to end once the record of the run's end is there, in ms. */
const endsAfterRecord = 20_000;

/** This computer as a box. Each run has a supervising process of its own, which outlives this one. */
export class LocalBox implements Box {
  readonly name = "this computer";

  /** How the supervisors that were started here ended, by the folder of their run: whether by themselves. */
  private readonly endings = new Map<string, Promise<boolean>>();

  /** @param supervisor absolute path of the built `supervisor.js` */
  constructor(
    private readonly supervisor: string,
    private readonly clock: Time,
  ) {}

  time(): Promise<number> {
    return Promise.resolve(this.clock.now());
  }

  async readFile(path: string, limitBytes: number): Promise<Buffer> {
    try {
      // Opening a pipe would wait for ever, and a link may lead anywhere.
      if (!(await lstat(path)).isFile()) {
        throw new BoxError("not-a-file", `${path} is not a regular file.`);
      }
      const file = await open(path, "r");
      try {
        const { size } = await file.stat();
        if (size > limitBytes) {
          throw new BoxError("file-too-large", `${path} holds ${size} bytes; at most ${limitBytes} are read.`);
        }
        return await file.readFile();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw boxError(error, `${path} could not be read`);
    }
  }

  readStream(path: string): AsyncIterable<Uint8Array> {
    return readRegularFile(path);
  }

  readFiles(folder: string, paths: Iterable<string>, signal?: AbortSignal): AsyncIterable<FileRead> {
    return readFilesOf(folder, paths, signal);
  }

  async writeFile(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, options: ChangeOptions & { readonly executable?: boolean } = {}): Promise<void> {
    await changeFile(dirname(path), { path: basename(path), make: "file", content, executable: options.executable === true, expect: options.expect });
  }

  async writeLink(path: string, target: string, { expect }: ChangeOptions = {}): Promise<void> {
    await changeFile(dirname(path), { path: basename(path), make: "link", target, expect });
  }

  async removeFile(path: string, { expect }: ChangeOptions = {}): Promise<void> {
    await changeFile(dirname(path), { path: basename(path), make: "nothing", expect });
  }

  changeFiles(folder: string, changes: Iterable<FileChange> | AsyncIterable<FileChange>, signal?: AbortSignal): AsyncIterable<ChangeOutcome> {
    return changeFilesIn(folder, changes, signal);
  }

  async scan(folder: string, scope: ScanScope = {}): Promise<Manifest> {
    const manifest = new Map<string, ManifestEntry>();
    const ignored = ignore().add([...(scope.ignore ?? [])]);
    const visit = async (place: string, prefix: string): Promise<void> => {
      for (const entry of (await readdir(place, { withFileTypes: true })).sort((one, other) => (one.name < other.name ? -1 : 1))) {
        const path = `${prefix}${entry.name}`;
        if (ignored.ignores(entry.isDirectory() ? `${path}/` : path)) {
          continue;
        }
        if (entry.isDirectory()) {
          await visit(join(place, entry.name), `${path}/`);
        } else {
          manifest.set(path, await manifestEntry(join(place, entry.name), scope.maxFileBytes ?? Infinity));
        }
      }
    };
    try {
      await visit(folder, "");
    } catch (error) {
      throw boxError(error, `${folder} could not be read`);
    }
    return manifest;
  }

  async list(folder: string, limit: number): Promise<FolderListing> {
    try {
      return await listFolder(folder, limit);
    } catch (error) {
      throw boxError(error, `${folder} could not be listed`);
    }
  }

  async watch(script: string, take: (bytes: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<number | null> {
    return await watchLocally(script, take, signal);
  }

  async openShell({ folder, ...size }: TerminalSize & { readonly folder: string }): Promise<BoxShell> {
    return await LocalShell.open(folder, size);
  }

  async startRun(runs: string, specification: RunSpecification): Promise<void> {
    runSpecificationSchema().parse(specification);
    const folder = join(runs, specification.id);
    try {
      await mkdir(folder, { recursive: true });
      await writeFileDurably(join(folder, runFiles.specification), JSON.stringify(specification));
    } catch (error) {
      throw boxError(error, "The run could not be recorded and was not started");
    }
    if ((await readOptional(join(folder, runFiles.claim))) !== undefined) {
      return;
    }
    const supervisor = spawn(process.execPath, [this.supervisor, folder], {
      detached: true,
      stdio: "ignore",
      windowsHide: true,
      env: environmentOutsideTheEditor(),
    });
    const failed = new Promise<Error>((resolve) => {
      supervisor.once("error", resolve);
      supervisor.once("exit", (code) => resolve(new Error(`the process that supervises it ended with status ${code ?? "unknown"}`)));
    });
    this.endings.set(folder, new Promise((resolve) => {
      supervisor.once("error", () => resolve(false));
      supervisor.once("exit", (code) => resolve(code === 0));
    }));
    supervisor.unref();
    const outcome = await Promise.race([failed, this.untilClaimed(folder)]);
    if (outcome === true) {
      return;
    }
    // Given up for good, so that what is recorded as failed cannot run later after all.
    if (!(await this.takeClaimFrom(folder))) {
      return;
    }
    const why = outcome instanceof Error ? outcome : new Error("the process that supervises it did not start in time");
    throw systemErrorCode(why) === undefined
      ? new BoxError("failed", `The run could not be started: ${why.message}.`, { cause: why })
      : boxError(why, "The run could not be started");
  }

  private async untilClaimed(folder: string): Promise<boolean> {
    const deadline = this.clock.monotonic() + startDeadline;
    while (this.clock.monotonic() < deadline) {
      if ((await readOptional(join(folder, runFiles.claim))) !== undefined) {
        return true;
      }
      await delay(5);
    }
    return false;
  }

  async runState(runs: string, id: string): Promise<RunState> {
    const folder = join(runs, id);
    if ((await readOptional(join(folder, runFiles.specification))) === undefined) {
      return { kind: "unknown" };
    }
    if (!(await this.untilClaimedOrAbandoned(folder))) {
      return { kind: "unknown" };
    }
    const exit = await readExit(folder);
    if (exit !== undefined) {
      return { kind: "ended", exit };
    }
    return (await this.supervisorLives(folder)) ? { kind: "running" } : await this.vanishedUnlessJustEnded(folder);
  }

  /** Waits for a supervisor that may be just starting; takes its place for good where none comes. */
  private async untilClaimedOrAbandoned(folder: string): Promise<boolean> {
    if (!(await this.untilClaimed(folder)) && (await this.takeClaimFrom(folder))) {
      return false;
    }
    const claim = await readRecord(join(folder, runFiles.claim), claimSchema());
    return claim === undefined || "pid" in claim;
  }

  /** Claims a run so that it can never begin. False where a supervisor has it already. */
  private async takeClaimFrom(folder: string): Promise<boolean> {
    return await createFileOnce(join(folder, runFiles.claim), JSON.stringify({ abandonedAt: this.clock.now() }));
  }

  private async supervisorLives(folder: string): Promise<boolean> {
    const claim = await readRecord(join(folder, runFiles.claim), claimSchema());
    return claim !== undefined && "pid" in claim && (await isSameProcess(claim.pid, claim.identity));
  }

  /** The supervisor is gone: it may have ended in its own time a moment ago; else what it ran is ended too. */
  private async vanishedUnlessJustEnded(folder: string): Promise<RunState> {
    const exit = await readExit(folder);
    if (exit !== undefined) {
      return { kind: "ended", exit };
    }
    const child = await readRecord(join(folder, runFiles.child), processRecordSchema());
    if (child !== undefined && (await isSameProcess(child.pid, child.identity))) {
      killProcessGroup(child.pid, "SIGKILL");
    }
    return { kind: "vanished" };
  }

  async followRun(
    runs: string,
    id: string,
    from: OutputOffsets,
    sink: OutputSink,
    signal?: AbortSignal,
  ): Promise<RunExit> {
    const folder = join(runs, id);
    const offsets = { ...from };
    const changes = new FolderChanges(folder);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const state = await this.runState(runs, id);
        for (const stream of ["stdout", "stderr"] as const) {
          const path = join(folder, runFiles[stream]);
          // What a process that slipped away prints after the recorded end is not the run's output.
          const end = state.kind === "ended" ? state.exit[`${stream}Bytes`] : Infinity;
          offsets[stream] = await readOutput(path, offsets[stream], end, (bytes) => sink(stream, bytes), signal);
        }
        switch (state.kind) {
          case "ended": {
            if (!(await this.supervisorEnded(folder))) {
              return { ...state.exit, kind: "killed", code: null, signal: "SIGKILL" };
            }
            // What was there before its own record may have been somebody else's.
            const own = await readExit(folder);
            if (own !== undefined && isDeepStrictEqual(own, state.exit)) {
              return own;
            }
            break;
          }
          case "unknown":
            throw new BoxError("run-unknown", "The box has no record that this run ever began.");
          case "vanished":
            throw new BoxError("run-vanished", "The run's processes are gone and left no record of their end.");
          case "running":
            await expectRoom(folder);
            await changes.next(lookAgainAfter, signal);
        }
      }
    } finally {
      changes.close();
    }
  }

  /**
   * Waits for the supervisor behind a record of its end. False where it was killed, or goes on for long: then the record is not its
   * own, but one that what it ran has put there. True where another process started it, which cannot be told here.
   */
  private async supervisorEnded(folder: string): Promise<boolean> {
    const patience = new AbortController();
    try {
      return await Promise.race([this.endings.get(folder) ?? true, delay(endsAfterRecord, false, { signal: patience.signal })]);
    } finally {
      patience.abort();
    }
  }

  async cancelRun(runs: string, id: string): Promise<void> {
    try {
      await writeFile(join(runs, id, runFiles.cancel), "");
    } catch (error) {
      throw boxError(error, "The run could not be asked to stop");
    }
  }
}

async function manifestEntry(path: string, maxFileBytes: number): Promise<ManifestEntry> {
  const status = await lstat(path);
  if (status.isSymbolicLink()) {
    return { kind: "link", target: await readlink(path) };
  }
  if (!status.isFile()) {
    return { kind: "other" };
  }
  if (status.size > maxFileBytes) {
    return { kind: "large-file", bytes: status.size };
  }
  return { kind: "file", ...(await sha256OfFile(path)), executable: (status.mode & 0o100) !== 0 };
}

/** @throws {BoxError} `disk-full` where the supervisor could not record the run's end. */
async function expectRoom(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < roomForRecord) {
    throw new BoxError("disk-full", "The disk is full; the run goes on and its end is recorded once there is room: free the disk, then score again.");
  }
}

/** Announces that something in a folder may have changed. Announcements are hints: `next` also resolves after a while. */
class FolderChanges {
  private readonly watcher: FSWatcher | undefined;
  private wake: (() => void) | undefined;
  private changed = false;

  constructor(folder: string) {
    try {
      this.watcher = watch(folder, () => {
        this.changed = true;
        this.wake?.();
      });
      this.watcher.on("error", () => undefined);
    } catch {
      this.watcher = undefined;
    }
  }

  async next(atMostMs: number, signal?: AbortSignal): Promise<void> {
    if (!this.changed) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const timer = setTimeout(wake, atMostMs);
        signal?.addEventListener("abort", wake);
        this.wake = wake;
      });
      this.wake = undefined;
    }
    this.changed = false;
  }

  close(): void {
    this.watcher?.close();
  }
}

/** Hands over a file from `offset` to its present end, but not beyond `end`, and returns the new offset. A missing file is an empty one. */
async function readOutput(
  path: string,
  offset: number,
  end: number,
  take: (bytes: Uint8Array) => Promise<void>,
  signal?: AbortSignal,
): Promise<number> {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") {
      return offset;
    }
    throw boxError(error, "The output of the run could not be read");
  }
  try {
    for (;;) {
      signal?.throwIfAborted();
      const wanted = Math.min(chunkBytes, Math.max(0, end - offset));
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, wanted, offset);
      if (bytesRead === 0) {
        return offset;
      }
      await take(buffer.subarray(0, bytesRead));
      offset += bytesRead;
    }
  } finally {
    await file.close();
  }
}

function readExit(folder: string): Promise<RunExit | undefined> {
  return readRecord(join(folder, runFiles.exit), runExitSchema());
}

/** A record of a run; undefined where it is missing, or is not what such a record is: a solution can write there too. */
async function readRecord<Value>(path: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
  const text = await readOptional(path);
  if (text === undefined) {
    return undefined;
  }
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") {
      return undefined;
    }
    throw boxError(error, `${path} could not be read`);
  }
}
