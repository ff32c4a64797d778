import { posix } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { messageOf, singleLine } from "../../base";
import { BoxError, type ChangeOptions, type ChangeOutcome, type FileChange, type FileRead, type FolderEntry, type FolderListing, type Manifest, type OutputOffsets, type OutputSink, type OutputStream, type RunState, type ScanScope } from "../box";
import { inOrder, isText } from "../folder-listing";
import { expectInside, foldersBetween } from "../relative-path";
import type { Forwarding, RemoteBox } from "../remote-box";
import type { BoxShell, TerminalSize } from "../shell";
import { type RunExit, runExitSchema, runFiles, type RunSpecification, runSpecificationSchema } from "../run-record";
import { watchScript } from "../watch-script";
import type { SshConnection } from "./connection";
import type { FileAgent } from "./file-agent";
import type { FileAgents } from "./file-agents";
import { areRealFolders, changeFilesByShell } from "./files-by-shell";
import { PortForwarding } from "./forwarding";
import type { Link } from "./link";
import { Interrupted } from "./link";
import { askScript, plainReason, reasonIn, type ScriptAnswer, streamScript } from "./remote-shell";
import { clockScript, entryScript, followScript, runScriptStatus, startScript, startWithin, stateScript } from "./run-scripts";
import { RunSeals } from "./run-seals";
import { parseScan, scanScript } from "./scan";
import type { Sftp } from "./sftp";
import { boxErrorOf, closeQuietly } from "./sftp-error";
import { SshShell } from "./shell";

/** What a short answer may hold, in bytes. */
const shortAnswer = 64 * 1024;
/** What the listing of a folder may hold, in bytes: about half a million files. */
const longestListing = 64 * 1024 * 1024;
/** How long a short answer may take, in ms. */
const shortWait = 30_000;
/** How long hashing a folder may take, in ms. */
const scanWait = 600_000;
/** How long watching goes on undisturbed before it gives way to other things, in ms. */
const watchAtLeast = 2000;
/** How long a run that pretends to have ended is left alone, in ms. */
const lookAgainAfter = 1000;
/** How many links of a folder are followed at a time. */
const linksAtATime = 32;
/** How often a turn of following waits for more output; turns are short where the box allows few sessions. */
const napsATurn = { plenty: 600, scarce: 10 } as const;

export interface SshBoxOptions {
  /**
   * Absolute path of the program that runs the scoring function as another account (`provision.json`). Runs are then
   * started, stopped and claimed by it alone, as it was provisioned: of a specification only the id counts.
   */
  readonly entry?: string | null;
}

/** A machine reached over SSH, behind the same contract as this computer. */
export class SshBox implements RemoteBox {
  readonly name: string;
  /** The listing that is being made. */
  private scanning: Promise<unknown> = Promise.resolve();
  /** Drafts of writes that broke off, to be removed once the box is back. */
  private readonly leftovers = new Set<string>();

  private readonly entry: string | null;
  private readonly seals = new RunSeals();

  constructor(
    readonly connection: SshConnection,
    options: SshBoxOptions = {},
  ) {
    this.name = connection.name;
    this.entry = options.entry ?? null;
    connection.subscribe(({ state }) => {
      if (state === "connected" && this.leftovers.size > 0) {
        void this.removeLeftovers();
      }
    });
  }

  async time(): Promise<number> {
    return await this.connection.during(
      async (link) => {
        const { stdout } = await askScript(link, clockScript, shortAnswer, shortWait);
        const told = z.coerce.number().int().positive().safeParse(stdout.toString("latin1").trim());
        if (!told.success) {
          throw new BoxError("invalid-answer", `${this.name} does not tell the time: ${singleLine(stdout.toString("utf8"))}.`);
        }
        return told.data;
      },
      { repeatable: true },
    );
  }

  /**
   * Runs a POSIX shell script to its end. It is not done again where the connection breaks meanwhile.
   * @throws {BoxError} `unreachable`; `invalid-answer` where it prints more than 64 kB
   */
  async runScript(script: string, withinMs: number, limitBytes = shortAnswer): Promise<ScriptAnswer> {
    return await this.connection.during((link) => askScript(link, script, limitBytes, withinMs), { repeatable: false });
  }

  async readFile(path: string, limitBytes: number): Promise<Buffer> {
    const tooLarge = (): BoxError => new BoxError("file-too-large", `${path} holds more than the ${limitBytes} bytes that are read.`);
    return await this.files(`${path} could not be read`, path, true, async (sftp) => {
      if ((await regularFile(sftp, path)) > limitBytes) {
        throw tooLarge();
      }
      const handle = await sftp.open(path, "r");
      try {
        const blocks: Buffer[] = [];
        let bytes = 0;
        for await (const block of sftp.read(handle)) {
          bytes += block.length;
          if (bytes > limitBytes) {
            throw tooLarge();
          }
          blocks.push(block);
        }
        return Buffer.concat(blocks);
      } finally {
        await closeQuietly(sftp, handle);
      }
    });
  }

  async *readStream(path: string): AsyncGenerator<Uint8Array, void> {
    const { sftp, release } = await this.connection.during((link) => link.channels.holdFiles(), { repeatable: true });
    try {
      await regularFile(sftp, path);
      const handle = await sftp.open(path, "r");
      try {
        yield* sftp.read(handle);
      } finally {
        await closeQuietly(sftp, handle);
      }
    } catch (error) {
      throw await boxErrorOf(error, `${path} could not be read`, path, sftp);
    } finally {
      release();
    }
  }

  async *readFiles(folder: string, paths: Iterable<string>, signal?: AbortSignal): AsyncGenerator<FileRead, void> {
    const { agents, agent } = await this.takeAgent(signal);
    if (agent === undefined) {
      for (const path of paths) {
        signal?.throwIfAborted();
        yield await this.readOne(folder, path);
      }
      return;
    }
    yield* agent.read(folder, paths, signal);
    agents.giveBack(agent);
  }

  /** For boxes without Python. */
  private async readOne(folder: string, path: string): Promise<FileRead> {
    const place = posix.join(folder, path);
    try {
      expectInside(path);
      await this.files(`${path} could not be read`, place, true, async (sftp) => {
        await areRealFolders(sftp, foldersBetween(folder, path), path);
        await regularFile(sftp, place);
      });
      return { path, content: this.readStream(place) };
    } catch (error) {
      if (error instanceof BoxError && !(error instanceof Interrupted)) {
        return { path, failure: error };
      }
      throw error;
    }
  }

  async writeFile(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, options: ChangeOptions & { readonly executable?: boolean } = {}): Promise<void> {
    await this.changeOne(path, { make: "file", content, executable: options.executable === true, expect: options.expect });
  }

  async writeLink(path: string, target: string, { expect }: ChangeOptions = {}): Promise<void> {
    await this.changeOne(path, { make: "link", target, expect });
  }

  async removeFile(path: string, { expect }: ChangeOptions = {}): Promise<void> {
    await this.changeOne(path, { make: "nothing", expect });
  }

  private async changeOne(path: string, change: OneChange): Promise<void> {
    try {
      const failures: (Error | undefined)[] = [];
      for await (const { failure } of this.changeFiles(posix.dirname(path), [{ ...change, path: posix.basename(path) }])) {
        failures.push(failure);
      }
      if (failures[0] !== undefined) {
        throw failures[0];
      }
    } catch (error) {
      if (error instanceof Interrupted && change.make !== "nothing") {
        throw new Interrupted(error.lost, `${error.message} ${path} holds its old or its new content, whole: look which, or write it again.`, { cause: error });
      }
      throw error;
    }
  }

  /** Not done again after a lost connection: changes may have been made, and the box may have changed the files since. */
  async *changeFiles(folder: string, changes: Iterable<FileChange> | AsyncIterable<FileChange>, signal?: AbortSignal): AsyncGenerator<ChangeOutcome, void> {
    const { link, agents, agent } = await this.takeAgent(signal);
    const leftover = (path: string): void => {
      this.leftovers.add(path);
    };
    try {
      if (agent === undefined) {
        yield* changeFilesByShell(link, folder, changes, leftover, signal);
      } else {
        yield* agent.change(folder, changes, leftover, signal);
        agents.giveBack(agent);
      }
    } finally {
      if (this.leftovers.size > 0 && this.connection.status.state === "connected") {
        void this.removeLeftovers();
      }
    }
  }

  private async takeAgent(signal?: AbortSignal): Promise<{ link: Link; agents: FileAgents; agent: FileAgent | undefined }> {
    return await this.connection.during(async (link) => ({ link, agents: link.agents, agent: await link.agents.take() }), { repeatable: true, signal });
  }

  async scan(folder: string, scope: ScanScope = {}): Promise<Manifest> {
    const mine = this.scanning.then(() => this.scanNow(folder, scope));
    // One after the other: through a program that runs already, each takes little.
    this.scanning = mine.catch(() => undefined);
    return await mine;
  }

  private async scanNow(folder: string, scope: ScanScope): Promise<Manifest> {
    return await this.connection.during(
      async (link) => {
        const agent = await link.agents.take();
        if (agent !== undefined) {
          const listing = await agent.scan(folder, scope, longestListing);
          link.agents.giveBack(agent);
          return parseScan(listing, folder, scope);
        }
        const { stdout, stderr } = await askScript(link, scanScript(folder, scope), longestListing, scanWait);
        if (stdout.length === 0) {
          throw new BoxError("failed", `${folder} could not be listed: ${singleLine(stderr) || "the box said nothing"}.`);
        }
        return parseScan(stdout, folder, scope);
      },
      { repeatable: true },
    );
  }

  async list(folder: string, limit: number): Promise<FolderListing> {
    return await this.files(`${folder} could not be listed`, folder, true, async (sftp) => {
      const entries: FolderEntry[] = [];
      let more = false;
      for await (const { filename: name, attrs } of sftp.readFolder(folder)) {
        if (name === "" || name.includes("/") || name.includes("\0")) {
          throw new BoxError("invalid-answer", `The box listed ${folder} in a way that cannot be right (a name leads out of it); nothing was taken from it.`);
        }
        if (entries.length >= limit) {
          more = true;
          break;
        }
        const kind = isText(name) ? kindOf(attrs.mode) : "other";
        entries.push({ name, kind, bytes: kind === "file" ? attrs.size : 0, modifiedAt: attrs.mtime * 1000 });
      }
      const links = entries.flatMap((entry, at) => (entry.kind === "link" ? [at] : []));
      for (let first = 0; first < links.length; first += linksAtATime) {
        await Promise.all(
          links.slice(first, first + linksAtATime).map(async (at) => {
            const entry = entries[at];
            if (entry !== undefined) {
              entries[at] = await followLink(sftp, folder, entry);
            }
          }),
        );
      }
      return { entries: entries.sort(inOrder), more };
    });
  }

  async watch(script: string, take: (bytes: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<number | null> {
    return await this.connection.during(
      async (link) => {
        const stop = new AbortController();
        let takeBack: (() => void) | undefined;
        let timer: NodeJS.Timeout | undefined;
        const begun = (): void => {
          timer = setTimeout(() => (takeBack = link.channels.giveWay(stop)), watchAtLeast);
        };
        try {
          return await streamScript(link, watchScript(script), { begun, stdout: take, stderr: () => Promise.resolve() }, AbortSignal.any([signal, stop.signal]));
        } finally {
          clearTimeout(timer);
          takeBack?.();
        }
      },
      // Not done again: what it printed so far was handed over.
      { repeatable: false, patient: true, signal },
    );
  }

  async openShell({ folder, ...size }: TerminalSize & { readonly folder: string }): Promise<BoxShell> {
    return await this.connection.during((link) => SshShell.open(link, folder, size), { repeatable: true });
  }

  async forward(localPort: number, remoteHost: string, remotePort: number): Promise<Forwarding> {
    return await PortForwarding.open(this.connection, localPort, remoteHost, remotePort);
  }

  async startRun(runs: string, specification: RunSpecification, signal?: AbortSignal): Promise<void> {
    runSpecificationSchema().parse(specification);
    const folder = posix.join(runs, specification.id);
    const script = this.entry === null ? startScript(folder, specification, this.seals.keyFor(folder)) : entryScript(this.entry, "start", specification.id);
    await this.connection.during(
      async (link) => {
        const { code, stdout, stderr } = await askScript(link, script, shortAnswer, shortWait + startWithin * 1000);
        if (code === runScriptStatus.gone) {
          throw new BoxError("failed", "The process that supervises the run did not start in time.");
        }
        if (code !== 0) {
          throw refusal(stdout.length === 0 ? stderr : stdout.toString("utf8"), "The run could not be recorded and was not started");
        }
        if (this.entry === null) {
          this.seals.told(folder, stdout.toString("utf8"));
        }
      },
      { repeatable: true, patient: true, signal },
    );
  }

  async runState(runs: string, id: string): Promise<RunState> {
    return await this.connection.during((link) => this.askState(link, runs, id), { repeatable: true });
  }

  private async askState(link: Link, runs: string, id: string): Promise<RunState> {
    const folder = posix.join(runs, id);
    const state = await this.tellState(link, folder, id, true);
    if (state !== "forged") {
      return state;
    }
    const without = await this.tellState(link, folder, id, false);
    // Its own record may have come between the two questions.
    const again = without === "forged" || without.kind !== "vanished" ? without : await this.tellState(link, folder, id, true);
    return again === "forged" ? { kind: "vanished" } : again;
  }

  /** @param believesRecord whether the record of the end that lies there is looked at; `forged` where it is not its supervisor's own */
  private async tellState(link: Link, folder: string, id: string, believesRecord: boolean): Promise<RunState | "forged"> {
    const script = this.entry === null ? stateScript(folder, believesRecord) : entryScript(this.entry, "state", id);
    const { stdout, stderr } = await askScript(link, script, shortAnswer, shortWait + startWithin * 1000);
    const text = stdout.toString("utf8");
    const end = text.indexOf("\n");
    const kind = text.slice(0, end);
    switch (kind) {
      case "unknown":
      case "running":
      case "vanished":
        return { kind };
      case "ended": {
        const record = text.slice(end + 1);
        return this.seals.isGenuine(folder, record) ? { kind, exit: this.parseExit(record) } : "forged";
      }
      default:
        throw new BoxError("invalid-answer", `${this.name} does not tell the state of the run: ${singleLine(text === "" ? stderr : text)}.`);
    }
  }

  private parseExit(text: string): RunExit {
    try {
      return runExitSchema().parse(JSON.parse(text));
    } catch (error) {
      throw new BoxError("invalid-answer", `The record of the run's end on ${this.name} cannot be read (${singleLine(messageOf(error))}).`, { cause: error });
    }
  }

  async followRun(runs: string, id: string, from: OutputOffsets, sink: OutputSink, signal?: AbortSignal): Promise<RunExit> {
    const folder = posix.join(runs, id);
    const offsets = { ...from };
    let last: Promise<unknown> = Promise.resolve();
    // One at a time for both streams; what was handed over is not asked for again.
    const handOver = (stream: OutputStream) => async (bytes: Buffer): Promise<void> => {
      const mine = last.then(() => sink(stream, bytes));
      last = mine.catch(() => undefined);
      await mine;
      offsets[stream] += bytes.length;
    };
    const take = { stdout: handOver("stdout"), stderr: handOver("stderr") };
    const turn = async (link: Link): Promise<RunExit | undefined> => {
      const naps = link.channels.scarce ? napsATurn.scarce : napsATurn.plenty;
      const code = await streamScript(link, followScript(folder, offsets, naps), take, signal);
      switch (code) {
        case runScriptStatus.turnOver:
          return undefined;
        case runScriptStatus.diskFull:
          throw new BoxError("disk-full", `The disk of ${this.name} is full; the run goes on and its end is recorded once there is room: free the disk, then score again.`);
        case 0:
        case runScriptStatus.gone:
        case runScriptStatus.missing: {
          const state = await this.askState(link, runs, id);
          switch (state.kind) {
            case "unknown":
              throw new BoxError("run-unknown", "The box has no record that this run ever began.");
            case "running":
              if (code === 0) {
                // A record of its end lies there that is not its own.
                await delay(lookAgainAfter, undefined, { signal });
              }
              return undefined;
            case "vanished":
              await streamScript(link, followScript(folder, offsets, 0), take, signal);
              throw new BoxError("run-vanished", "The run's processes are gone and left no record of their end.");
            case "ended":
              // Only 0 says that all was printed after the end; else it is asked for once more.
              return code === 0 ? state.exit : undefined;
          }
        }
        default:
          throw new BoxError("failed", `${this.name} stopped telling of the run (status ${code ?? "none"}); the run goes on: follow it again.`);
      }
    };
    for (;;) {
      const exit = await this.connection.during(turn, { repeatable: true, patient: true, signal });
      if (exit !== undefined) {
        return exit;
      }
    }
  }

  async cancelRun(runs: string, id: string): Promise<void> {
    const entry = this.entry;
    if (entry !== null) {
      await this.connection.during(
        async (link) => {
          const { code, stdout, stderr } = await askScript(link, entryScript(entry, "cancel", id), shortAnswer, shortWait);
          if (code !== 0) {
            throw refusal(stdout.length === 0 ? stderr : stdout.toString("utf8"), "The run could not be asked to stop");
          }
        },
        { repeatable: true },
      );
      return;
    }
    const path = posix.join(runs, id, runFiles.cancel);
    await this.files("The run could not be asked to stop", path, true, async (sftp) => {
      await sftp.closeFile(await sftp.open(path, "w", 0o644));
    });
  }

  private async files<T>(what: string, path: string, repeatable: boolean, work: (sftp: Sftp) => Promise<T>): Promise<T> {
    return await this.connection.during(
      (link) =>
        link.channels.files(async (sftp) => {
          try {
            return await work(sftp);
          } catch (error) {
            throw await boxErrorOf(error, what, path, sftp);
          }
        }),
      { repeatable },
    );
  }

  /** What cannot be removed now stays: it is no content, and the scan leaves it out. */
  private async removeLeftovers(): Promise<void> {
    const folders = new Map<string, FileChange[]>();
    for (const draft of this.leftovers) {
      const folder = posix.dirname(draft);
      folders.set(folder, [...(folders.get(folder) ?? []), { path: posix.basename(draft), make: "nothing" }]);
    }
    this.leftovers.clear();
    try {
      for (const [folder, drafts] of folders) {
        for await (const { path, failure } of this.changeFiles(folder, drafts)) {
          this.connection.log(failure === undefined ? `removed ${path}` : `${path} was left behind: ${messageOf(failure)}`);
        }
      }
    } catch (error) {
      this.connection.log(`Drafts were left behind: ${messageOf(error)}`);
    }
  }
}

/** The kind that a mode of POSIX tells. */
function kindOf(mode: number): FolderEntry["kind"] {
  switch (mode & 0o170_000) {
    case 0o100_000:
      return "file";
    case 0o040_000:
      return "folder";
    case 0o120_000:
      return "link";
    default:
      return "other";
  }
}

/** The link with what it leads to, where that can be told. */
async function followLink(sftp: Sftp, folder: string, link: FolderEntry): Promise<FolderEntry> {
  try {
    const path = posix.join(folder, link.name);
    const [status, target] = await Promise.all([sftp.stat(path), sftp.realPath(path)]);
    const kind = kindOf(status.mode);
    return (kind === "file" || kind === "folder") && isText(target) ? { ...link, leadsTo: { kind, path: target, bytes: kind === "file" ? status.size : 0 } } : link;
  } catch (error) {
    if (error instanceof BoxError) {
      throw error;
    }
    return link;
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
type OneChange = DistributiveOmit<FileChange, "path">;

/** Length of a regular file. @throws {BoxError} `not-a-file`: opening a pipe would wait for ever, and a link may lead anywhere. */
async function regularFile(sftp: Sftp, path: string): Promise<number> {
  const status = await sftp.lstat(path);
  if (!status.isFile()) {
    throw new BoxError("not-a-file", `${path} is not a regular file.`);
  }
  return status.size;
}

function refusal(text: string, what: string): BoxError {
  const reason = reasonIn(text);
  return new BoxError(reason, `${what}: ${plainReason(reason, text)}.`);
}
