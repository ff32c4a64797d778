import { close, fstatSync, fsync, ftruncate, openSync, readdirSync, readFileSync, statSync, write } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BaselinerError, plainSystemReason, sha256, syncFolder, systemErrorCode, type Time } from "../base";
import type { JournalHead } from "../workspace";
import { type EntryData, type EntryType, firstPrevious, type JournalEntry, parseEntry } from "./journal-entry";
import { HeadFile, readHead } from "./journal-head";
import { journalFileName } from "./session-folder";

// By the file's number and not as a FileHandle, which cannot be had without waiting.
const writeFile = promisify(write);
const syncFile = promisify(fsync);
const truncateFile = promisify(ftruncate);
const closeFile = promisify(close);

/** The journal could not be read or written. Nothing that was on record before is changed. */
export class JournalError extends BaselinerError<
  "missing" | "unreadable" | "not-written" | "closed" | "exists" | "broken"
> {}

/** One thing that is wrong in a journal. */
export interface JournalProblem {
  /** Line number, from 1. */
  readonly line: number;
  /** What is wrong, as a clause behind the line number. */
  readonly text: string;
}

/**
 * The first lines of a journal, which were read before: their chain holds, and their entries say just what they say. While the bytes
 * are the same, neither is checked again, which takes most of the time of reading.
 */
export interface KnownLines {
  readonly bytes: number;
  /** Of these bytes. */
  readonly sha256: string;
}

/** What a journal file holds. */
export interface JournalContent {
  /** The entries that could be read, in order, whether or not the chain holds. */
  readonly entries: readonly JournalEntry[];
  readonly problems: readonly JournalProblem[];
  /** SHA-256 of each whole line, without its line break. */
  readonly lineHashes: readonly string[];
  /** Bytes behind the last line break: a line that a crash tore. */
  readonly torn: Buffer;
  /** Length in bytes of the whole lines. */
  readonly wholeBytes: number;
  /** The whole lines, to be known when they are read again; undefined where something is wrong with them. */
  readonly known: KnownLines | undefined;
}

/** What a journal file held when it was read. */
export interface ReadJournal extends JournalContent {
  /** Length and time of change of the file just before; while they stay, so does what was read. */
  readonly status: string;
}

/**
 * Reads a journal and checks its chain. Problems are reported, never thrown, and
 * leave the rest readable.
 * @param known what an earlier reading told
 * @throws {JournalError} `missing` or `unreadable` where the file itself cannot be read.
 */
export async function readJournal(folder: string, known?: KnownLines): Promise<ReadJournal> {
  try {
    const path = join(folder, journalFileName);
    const status = statusText(await stat(path, { bigint: true }));
    return { ...parseJournal(await readFile(path), known), status };
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/**
 * `readJournal` without waiting in between: in a window that is starting, others' work comes between each two steps, and takes
 * far longer than reading a few MB.
 * @throws {JournalError} as `readJournal`
 */
export function readJournalSync(folder: string, known?: KnownLines): ReadJournal {
  try {
    const status = statusNow(folder);
    return { ...parseJournal(readFileSync(join(folder, journalFileName)), known), status };
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function unreadable(folder: string, error: unknown): JournalError {
  const missing = systemErrorCode(error) === "ENOENT";
  return new JournalError(
    missing ? "missing" : "unreadable",
    missing ? `${folder} is not a session: it holds no ${journalFileName}.` : `The journal in ${folder} cannot be read: ${plainSystemReason(error)}.`,
    { cause: error },
  );
}

function statusText({ size, mtimeNs }: { readonly size: bigint; readonly mtimeNs: bigint }): string {
  return `${size} ${mtimeNs}`;
}

/** @throws the system's error */
function statusNow(folder: string): string {
  return statusText(statSync(join(folder, journalFileName), { bigint: true }));
}

/** Whether a journal's file is still the one that was read. */
function isAsRead(folder: string, { status }: ReadJournal): boolean {
  try {
    return statusNow(folder) === status;
  } catch {
    return false;
  }
}

/**
 * The entries and problems in the bytes of a journal.
 * @param known what an earlier reading told
 */
export function parseJournal(bytes: Buffer, known?: KnownLines): JournalContent {
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
  const isKnown = known !== undefined && known.bytes > 0 && known.bytes <= wholeBytes && sha256(bytes.subarray(0, known.bytes)) === known.sha256;
  const { entries, lineHashes } = isKnown ? parseKnown(bytes.subarray(0, known.bytes)) : { entries: [], lineHashes: [] };
  const problems: JournalProblem[] = [];
  let isVerbatim = true;
  for (let start = isKnown ? known.bytes : 0; start < wholeBytes; ) {
    const end = bytes.indexOf(0x0a, start);
    const content = bytes.subarray(start, end);
    start = end + 1;
    const line = lineHashes.length + 1;
    const parsed = parseEntry(content.toString("utf8"));
    if ("problem" in parsed) {
      problems.push({ line, text: parsed.problem });
    } else {
      if (parsed.entry.prev !== (lineHashes.at(-1) ?? firstPrevious)) {
        problems.push({ line, text: "does not follow from the line before: a line was changed, removed or inserted" });
      }
      if (parsed.entry.seq !== line - 1) {
        problems.push({ line, text: `has the number ${parsed.entry.seq} in place of ${line - 1}` });
      }
      entries.push(parsed.entry);
      isVerbatim &&= parsed.isVerbatim;
    }
    lineHashes.push(sha256(content));
  }
  return {
    entries,
    problems,
    lineHashes,
    torn: bytes.subarray(wholeBytes),
    wholeBytes,
    known: problems.length === 0 && isVerbatim ? { bytes: wholeBytes, sha256: sha256(bytes.subarray(0, wholeBytes)) } : undefined,
  };
}

/** The entries in lines that are known, read at one go, and the hash of each line: that of all but the last is named by the next. */
function parseKnown(lines: Buffer): { entries: JournalEntry[]; lineHashes: string[] } {
  const end = lines.length - 1;
  const entries = JSON.parse(`[${lines.toString("utf8", 0, end).replaceAll("\n", ",")}]`) as JournalEntry[];
  const last = lines.subarray(lines.lastIndexOf(0x0a, end - 1) + 1, end);
  return { entries, lineHashes: [...entries.slice(1).map(({ prev }) => prev), sha256(last)] };
}

/**
 * Appends to a session's journal. Only one may exist for a session at a time
 * (see SessionLock). An entry is on the disk when its promise is fulfilled.
 */
export class JournalWriter {
  private queue: Promise<unknown> = Promise.resolve();
  private closed = false;
  /** The file may hold part of a line that could not be cut off again; nothing may follow it. */
  private damaged = false;

  private constructor(
    /** Number of the open file. */
    private readonly file: number,
    private readonly time: Time,
    private lines: number,
    private lastHash: string,
    private length: number,
    private readonly headFile: HeadFile,
  ) {}

  /** The last line that is on the disk; undefined while there is none. */
  get head(): JournalHead | undefined {
    return this.lines === 0 ? undefined : { seq: this.lines - 1, sha256: this.lastHash };
  }

  /**
   * Begins a new journal.
   * @throws {JournalError} `exists` where the folder has one, `not-written` where the disk refuses.
   */
  static async create(folder: string, time: Time): Promise<JournalWriter> {
    try {
      const file = openSync(join(folder, journalFileName), "ax+", 0o644);
      await syncFolder(folder);
      return new JournalWriter(file, time, 0, firstPrevious, 0, new HeadFile(folder));
    } catch (error) {
      throw systemErrorCode(error) === "EEXIST"
        ? new JournalError("exists", `${folder} already holds a session.`, { cause: error })
        : new JournalError("not-written", `No journal could be begun in ${folder}: ${plainSystemReason(error)}.`, { cause: error });
    }
  }

  /**
   * Continues the journal of a session. A torn last line is first moved to a
   * file of its own, and the journal says so, as it does where lines at its end are gone.
   * @param before what was read of it before; it is not read again where it has not changed since
   * @throws {JournalError} `broken` where the chain does not hold (nothing is then written), `not-written`.
   */
  static async continue(folder: string, time: Time, before?: ReadJournal): Promise<{ writer: JournalWriter; entries: readonly JournalEntry[] }> {
    const content = before !== undefined && isAsRead(folder, before) ? before : readJournalSync(folder, before?.known);
    const [problem] = content.problems;
    if (problem !== undefined) {
      throw new JournalError(
        "broken",
        `The journal in ${folder} is damaged: line ${problem.line} ${problem.text}. Nothing was written; the session stays readable.`,
      );
    }
    let file: number | undefined;
    const headFile = new HeadFile(folder);
    try {
      const named = content.entries.flatMap((entry) => (entry.type === "journal.repaired" ? [entry.data.file] : []));
      const head = readHead(folder);
      const unnamed = tornFiles(folder).filter((name) => !named.includes(name));
      if (content.torn.length > 0) {
        unnamed.push(await setTornLineAside(folder, content.torn));
      }
      file = openSync(join(folder, journalFileName), "a+");
      const last = content.lineHashes.at(-1) ?? firstPrevious;
      const writer = new JournalWriter(file, time, content.entries.length, last, content.wholeBytes, headFile);
      const entries = [...content.entries];
      if (content.torn.length > 0) {
        await truncateFile(file, content.wholeBytes);
      }
      // Also those of a repair that was itself cut off before it was on record.
      for (const name of unnamed) {
        entries.push(await writer.append("journal.repaired", { file: name, bytes: (await stat(join(folder, name))).size }));
      }
      if (head !== undefined && content.lineHashes[head.seq] !== head.sha256) {
        entries.push(await writer.append("journal.cut", { lines: head.seq + 1, sha256: head.sha256 }));
      }
      return { writer, entries };
    } catch (error) {
      await headFile.close();
      if (file !== undefined) {
        await closeFile(file);
      }
      if (error instanceof JournalError) {
        throw error;
      }
      throw new JournalError("not-written", `The journal in ${folder} cannot be continued: ${plainSystemReason(error)}.`, { cause: error });
    }
  }

  /**
   * Writes one entry and flushes it to the disk. Calls are carried out in order.
   * @throws {JournalError} `not-written` where the disk refuses: the journal is then as before, and a later call may succeed.
   */
  append<Type extends EntryType>(type: Type, data: EntryData<Type>): Promise<JournalEntry<Type>> {
    const result = this.queue.then(() => this.write(type, data));
    this.queue = result.catch(() => undefined);
    return result;
  }

  private async write<Type extends EntryType>(type: Type, data: EntryData<Type>): Promise<JournalEntry<Type>> {
    if (this.closed) {
      throw new JournalError("closed", "The session was closed; the entry was not written.");
    }
    // At one go: in an editor that is busy each wait is long.
    if (this.damaged || fstatSync(this.file).size !== this.length) {
      throw new JournalError(
        "not-written",
        "The journal's file was changed from outside, or the disk failed; all acknowledged entries are kept. Close the session and open it again.",
      );
    }
    const entry = {
      seq: this.lines,
      at: new Date(this.time.now()).toISOString(),
      mono: Math.round(this.time.monotonic()),
      type,
      data,
      prev: this.lastHash,
    };
    const line = JSON.stringify(entry);
    const bytes = Buffer.from(`${line}\n`, "utf8");
    try {
      await this.writeWhole(bytes);
    } catch (error) {
      throw new JournalError(
        "not-written",
        `The journal could not be written: ${plainSystemReason(error)}. All earlier entries are kept; free the disk and try again.`,
        { cause: error },
      );
    }
    this.length += bytes.length;
    this.lines += 1;
    this.lastHash = sha256(line);
    this.headFile.write({ seq: entry.seq, sha256: this.lastHash });
    return entry;
  }

  /** All of the bytes, or none: what a full disk took of a line is cut off again. */
  private async writeWhole(bytes: Buffer): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        written += (await writeFile(this.file, bytes, written)).bytesWritten;
      }
      await syncFile(this.file);
    } catch (error) {
      await truncateFile(this.file, this.length).catch(() => {
        this.damaged = true;
      });
      throw error;
    }
  }

  /** Waits for what was begun and lets the file go. */
  async close(): Promise<void> {
    await this.queue;
    if (!this.closed) {
      this.closed = true;
      await this.headFile.close();
      await closeFile(this.file);
    }
  }
}

/** Names of the files that hold torn lines. */
function tornFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => /^session\.torn-\d+\.txt$/.test(name)).sort();
}

/** Keeps the bytes of a torn line in a file of a name that was free. */
async function setTornLineAside(folder: string, torn: Buffer): Promise<string> {
  const taken = tornFiles(folder);
  let number = taken.length;
  while (taken.includes(`session.torn-${number}.txt`)) {
    number += 1;
  }
  const name = `session.torn-${number}.txt`;
  const copy = await open(join(folder, name), "wx");
  try {
    await copy.writeFile(torn);
    await copy.sync();
  } finally {
    await copy.close();
  }
  await syncFolder(folder);
  return name;
}
