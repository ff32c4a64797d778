import { randomUUID } from "node:crypto";
import { posix } from "node:path";
import * as z from "zod";
import { messageOf, singleLine } from "../../base";
import { BoxError, type FolderEntry, type FolderListing, type Manifest, type OutputOffsets, type OutputSink, type OutputStream, type RunState, type ScanScope } from "../box";
import { inOrder, isText } from "../folder-listing";
import type { BoxShell, Forwarding, RemoteBox, TerminalSize } from "../remote-box";
import { type RunExit, runExitSchema, runFiles, type RunSpecification, runSpecificationSchema } from "../run-record";
import { watchScript } from "../watch-script";
import type { SshConnection } from "./connection";
import { PortForwarding } from "./forwarding";
import type { Link } from "./link";
import { Interrupted } from "./link";
import { askScript, plainReason, reasonIn, streamScript } from "./remote-shell";
import { clockScript, followScript, runScriptStatus, startScript, startWithin, stateScript } from "./run-scripts";
import { draftPrefix, parseScan, scanScript } from "./scan";
import { type Sftp, sftpStatus } from "./sftp";
import { shellQuote } from "../shell-quote";
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
/** How many links of a folder are followed at a time. */
const linksAtATime = 32;
/** How often a turn of following waits for more output; turns are short where the box allows few sessions. */
const napsATurn = { plenty: 600, scarce: 10 } as const;

/** A machine reached over SSH, behind the same contract as this computer. */
export class SshBox implements RemoteBox {
  readonly name: string;
  /** Drafts of writes that broke off, to be removed once the box is back. */
  private readonly leftovers = new Set<string>();

  constructor(readonly connection: SshConnection) {
    this.name = connection.name;
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
      throw await boxError(error, `${path} could not be read`, path, sftp);
    } finally {
      release();
    }
  }

  async writeFile(path: string, content: Uint8Array | AsyncIterable<Uint8Array>, options: { executable?: boolean } = {}): Promise<void> {
    await this.replace(path, async (sftp, draft) => {
      const handle = await sftp.open(draft, "wx", options.executable === true ? 0o755 : 0o644);
      let written: number;
      let length: number;
      try {
        written = await sftp.write(handle, content instanceof Uint8Array ? [content] : content);
        // The box answers in order: one wait for both.
        [length] = await Promise.all([sftp.lengthOf(handle), sftp.flush(handle)]);
      } finally {
        await closeQuietly(sftp, handle);
      }
      if (length !== written) {
        throw new BoxError("failed", `${path} arrived with ${length} of ${written} bytes; the old content was kept: try again.`);
      }
    });
  }

  async writeLink(path: string, target: string): Promise<void> {
    await this.replace(path, (sftp, draft) => sftp.symlink(target, draft));
  }

  /** Makes something under another name beside its place and moves it there in one step. What it replaces is there until then. */
  private async replace(path: string, make: (sftp: Sftp, draft: string) => Promise<void>): Promise<void> {
    const folder = posix.dirname(path);
    const draft = posix.join(folder, `${draftPrefix}${randomUUID()}`);
    const what = `${path} could not be written`;
    // Not done again after a lost connection: it may have been done, and the box may have changed the file since.
    await this.connection.during(
      async (link) => {
        try {
          const placed = await link.channels.files(async (sftp) => {
            try {
              await inFolder(sftp, folder, () => make(sftp, draft));
              if (sftp.canReplace) {
                await sftp.replace(draft, path);
                return true;
              }
              return false;
            } catch (error) {
              const told = await boxError(error, what, folder, sftp);
              await sftp.unlink(draft).catch(() => undefined);
              throw told;
            }
          });
          if (!placed) {
            await this.moveOver(link, draft, path, what);
          }
        } catch (error) {
          if (error instanceof Interrupted) {
            this.leftovers.add(draft);
            throw new Interrupted(error.lost, `${error.message} ${path} holds its old or its new content, whole: look which, or write it again.`, { cause: error });
          }
          throw error;
        }
      },
      { repeatable: false },
    );
  }

  /** SFTP itself cannot rename over a file, and removing the old one first could lose both. `mv` can. */
  private async moveOver(link: Link, draft: string, path: string, what: string): Promise<void> {
    const script = `
LC_ALL=C; export LC_ALL
from=${shellQuote(draft)} to=${shellQuote(path)}
# Without -T, mv would move into what a link to a folder leads to.
mv -fT -- "$from" "$to" 2>/dev/null && return
if [ -d "$to" ]; then echo "it is a folder"; else mv -f -- "$from" "$to" 2>&1 && return; fi
rm -f -- "$from"
return ${runScriptStatus.problem}`;
    const { code, stdout } = await askScript(link, script, shortAnswer, shortWait);
    if (code !== 0) {
      throw refusal(stdout, what);
    }
  }

  async removeFile(path: string): Promise<void> {
    await this.files(`${path} could not be removed`, path, true, async (sftp) => {
      await sftp.unlink(path).catch((error: unknown) => {
        if (statusOf(error) !== sftpStatus.noSuchFile) {
          throw error;
        }
      });
    });
  }

  async scan(folder: string, scope: ScanScope = {}): Promise<Manifest> {
    return await this.connection.during(
      async (link) => {
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

  async startRun(runs: string, specification: RunSpecification): Promise<void> {
    runSpecificationSchema.parse(specification);
    const script = startScript(posix.join(runs, specification.id), specification);
    await this.connection.during(
      async (link) => {
        const { code, stdout } = await askScript(link, script, shortAnswer, shortWait + startWithin * 1000);
        if (code === runScriptStatus.gone) {
          throw new BoxError("failed", "The process that supervises the run did not start in time.");
        }
        if (code !== 0) {
          throw refusal(stdout, "The run could not be recorded and was not started");
        }
      },
      { repeatable: true },
    );
  }

  async runState(runs: string, id: string): Promise<RunState> {
    return await this.connection.during((link) => this.askState(link, posix.join(runs, id)), { repeatable: true });
  }

  private async askState(link: Link, folder: string): Promise<RunState> {
    const { stdout } = await askScript(link, stateScript(folder), shortAnswer, shortWait + startWithin * 1000);
    const text = stdout.toString("utf8");
    const end = text.indexOf("\n");
    const kind = text.slice(0, end);
    switch (kind) {
      case "unknown":
      case "running":
      case "vanished":
        return { kind };
      case "ended":
        return { kind, exit: this.parseExit(text.slice(end + 1)) };
      default:
        throw new BoxError("invalid-answer", `${this.name} does not tell the state of the run: ${singleLine(text)}.`);
    }
  }

  private parseExit(text: string): RunExit {
    try {
      return runExitSchema.parse(JSON.parse(text));
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
          const state = await this.askState(link, folder);
          switch (state.kind) {
            case "unknown":
              throw new BoxError("run-unknown", "The box has no record that this run ever began.");
            case "running":
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
            throw await boxError(error, what, path, sftp);
          }
        }),
      { repeatable },
    );
  }

  private async removeLeftovers(): Promise<void> {
    for (const draft of this.leftovers) {
      this.leftovers.delete(draft);
      await this.removeFile(draft).catch(() => undefined);
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

/** Length of a regular file. @throws {BoxError} `not-a-file`: opening a pipe would wait for ever, and a link may lead anywhere. */
async function regularFile(sftp: Sftp, path: string): Promise<number> {
  const status = await sftp.lstat(path);
  if (!status.isFile()) {
    throw new BoxError("not-a-file", `${path} is not a regular file.`);
  }
  return status.size;
}

/** Does something in a folder, which is made where it turns out to be missing. */
async function inFolder(sftp: Sftp, folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (statusOf(error) !== sftpStatus.noSuchFile) {
      throw error;
    }
    await makeFolders(sftp, folder);
    await work();
  }
}

async function makeFolders(sftp: Sftp, folder: string): Promise<void> {
  try {
    await sftp.makeFolder(folder);
  } catch (error) {
    if (statusOf(error) === sftpStatus.noSuchFile && posix.dirname(folder) !== folder) {
      await makeFolders(sftp, posix.dirname(folder));
      await makeFolders(sftp, folder);
      return;
    }
    // It may have been made by another meanwhile.
    const there = await sftp.lstat(folder).catch(() => undefined);
    if (there?.isDirectory() !== true) {
      throw error;
    }
  }
}

async function closeQuietly(sftp: Sftp, handle: Buffer): Promise<void> {
  await sftp.closeFile(handle).catch(() => undefined);
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : undefined;
}

function refusal(said: Buffer, what: string): BoxError {
  const text = said.toString("utf8");
  const reason = reasonIn(text);
  return new BoxError(reason, `${what}: ${plainReason(reason, text)}.`);
}

/** SFTP says "failure" of almost everything; the file system tells which it was. */
async function boxError(error: unknown, what: string, path: string, sftp: Sftp): Promise<unknown> {
  const status = statusOf(error);
  if (error instanceof BoxError || status === undefined) {
    return error;
  }
  const refused = (reason: BoxError["reason"], why: string): BoxError => new BoxError(reason, `${what}: ${why}.`, { cause: error });
  switch (status) {
    case sftpStatus.noSuchFile:
      return refused("path-missing", "it does not exist");
    case sftpStatus.permissionDenied:
      return refused("permission-denied", "permission was denied");
    default: {
      const fileSystem = await sftp.fileSystem(path).catch(() => undefined);
      if (fileSystem?.readOnly === true) {
        return refused("read-only", "the disk is read-only");
      }
      return fileSystem?.freeBytes === 0 ? refused("disk-full", "the disk is full") : refused("failed", singleLine(messageOf(error)));
    }
  }
}
