import { EventEmitter } from "node:events";
import { mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { plainSystemReason, sha256OfFile, systemErrorCode, type Time } from "../base";
import { CastFile, type CastSize } from "./cast-file";
import type { EntryData, EntryType } from "./journal-entry";
import type { SessionState } from "./session-state";

/** What recordings need of their session. */
export interface RecordedSession {
  readonly root: string;
  readonly state: () => SessionState;
  readonly canWrite: () => boolean;
  readonly record: <Type extends EntryType>(type: Type, data: EntryData<Type>) => Promise<void>;
  readonly problem: (text: string) => void;
  readonly time: Time;
}

/**
 * The recordings of a session's terminals, while and only while the expert consents: what they show, never what is typed. Each
 * is a file `terminals/<n>.cast`, which the journal names before it is there and whose hash it holds once it has ended.
 */
export class SessionRecordings {
  private readonly terminals = new Set<TerminalRecorder>();
  private queue: Promise<unknown> = Promise.resolve();
  private isEnded = false;

  constructor(private readonly session: RecordedSession) {}

  /** Whether what terminals show is to be recorded now. */
  get isOn(): boolean {
    return !this.isEnded && this.session.canWrite() && this.session.state().consent === true && this.session.state().submittedAt === null;
  }

  /** Closes what an editor that was killed left open. */
  async recover(): Promise<void> {
    for (const { file, isOpen } of this.session.state().recordings) {
      if (isOpen) {
        await cutTornLine(join(this.session.root, file));
        await this.recordEnd(file);
      }
    }
  }

  /** Takes up a terminal: it is recorded from here on whenever the expert consents, until it is closed. */
  terminal(title: string, size: CastSize): TerminalRecorder {
    const recorder = new TerminalRecorder(title, size, {
      begin: (now, ofTitle) => this.begin(now, ofTitle),
      end: (file) => this.recordEnd(file),
      problem: (text) => this.session.problem(text),
      forget: () => this.terminals.delete(recorder),
      time: this.session.time,
    });
    this.terminals.add(recorder);
    void recorder.follow(this.isOn);
    return recorder;
  }

  /** Begins or ends all recordings, as the expert's consent has it now. */
  async followConsent(): Promise<void> {
    await Promise.all([...this.terminals].map((terminal) => terminal.follow(this.isOn)));
  }

  /** Ends all recordings, so that nothing more is added to the journal. */
  async end(): Promise<void> {
    this.isEnded = true;
    await this.followConsent();
  }

  /** Takes recording up again after `end`. */
  async resume(): Promise<void> {
    this.isEnded = false;
    await this.followConsent();
  }

  private begin(size: CastSize, title: string): Promise<{ file: string; cast: CastFile } | undefined> {
    const begun = this.queue.then(async () => {
      if (!this.isOn) {
        return undefined;
      }
      const file = await this.freeName();
      await this.session.record("terminal.opened", { file });
      const path = join(this.session.root, file);
      await mkdir(dirname(path), { recursive: true });
      return { file, cast: await CastFile.create(path, size, title, this.session.time.now()) };
    });
    this.queue = begun.catch(() => undefined);
    return begun;
  }

  private async freeName(): Promise<string> {
    const names = await readdir(join(this.session.root, "terminals")).catch(() => []);
    const taken = [...names, ...this.session.state().recordings.map(({ file }) => file)].map((name) => Number(/(\d+)\.cast$/.exec(name)?.[1] ?? 0));
    return `terminals/${Math.max(0, ...taken) + 1}.cast`;
  }

  private async recordEnd(file: string): Promise<void> {
    const kept = await sha256OfFile(join(this.session.root, file)).catch(() => undefined);
    await this.session.record("terminal.recorded", { file, ...kept });
  }
}

interface RecorderParts {
  readonly begin: (size: CastSize, title: string) => Promise<{ file: string; cast: CastFile } | undefined>;
  readonly end: (file: string) => Promise<void>;
  readonly problem: (text: string) => void;
  readonly forget: () => void;
  readonly time: Time;
}

/** Tells what is seen of a recording. */
interface RecorderEvents {
  /** Whether it is being recorded has changed. */
  changed: [isRecording: boolean];
}

/** One terminal that is recorded while the expert consents. What goes wrong ends its recording, never the terminal. */
export class TerminalRecorder extends EventEmitter<RecorderEvents> {
  private queue: Promise<void> = Promise.resolve();
  private wanted = false;
  private present: { readonly file: string; readonly cast: CastFile; readonly startedAt: number } | undefined;

  constructor(
    private readonly title: string,
    private size: CastSize,
    private readonly parts: RecorderParts,
  ) {
    super();
  }

  /** Path of the recording that is being made, in the session's folder. */
  get file(): string | undefined {
    return this.present?.file;
  }

  /** Records what the terminal shows. Resolves when the system has it, so that who awaits it is not faster than the disk. */
  async output(text: string): Promise<void> {
    await this.add("o", text);
  }

  async resize(size: CastSize): Promise<void> {
    this.size = size;
    await this.add("r", `${size.columns}x${size.rows}`);
  }

  private async add(kind: "o" | "r", text: string): Promise<void> {
    if (this.wanted && text !== "") {
      const at = this.parts.time.monotonic();
      await this.inTurn(async () => {
        const { present } = this;
        // What came before its end was asked for is kept, however late the disk gets to it.
        if (present !== undefined) {
          await present.cast.event(Math.max(0, at - present.startedAt) / 1000, kind, text);
          if (present.cast.isFull) {
            this.wanted = false;
            this.parts.problem(`The recording ${present.file} has become too large and has ended; the terminal goes on.`);
            await this.stop();
          }
        }
      });
    }
  }

  /** Begins or ends its recording. From the call on nothing more is taken where it is to end. */
  async follow(isOn: boolean): Promise<void> {
    if (this.wanted !== isOn) {
      this.wanted = isOn;
      await this.inTurn(() => (isOn ? this.start() : this.stop()));
    }
  }

  /** Ends its recording for good; the terminal has ended. */
  async close(): Promise<void> {
    this.parts.forget();
    await this.follow(false);
  }

  private async start(): Promise<void> {
    if (this.present === undefined) {
      const startedAt = this.parts.time.monotonic();
      const begun = await this.parts.begin(this.size, this.title);
      if (begun !== undefined) {
        this.present = { ...begun, startedAt };
        this.emit("changed", true);
      }
    }
  }

  private async stop(): Promise<void> {
    const { present } = this;
    if (present !== undefined) {
      this.present = undefined;
      this.emit("changed", false);
      await present.cast.close();
      await this.parts.end(present.file);
    }
  }

  private inTurn(act: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(act).catch(async (error: unknown) => {
      this.wanted = false;
      this.parts.problem(`A terminal is no longer recorded: ${plainSystemReason(error)}. The terminal goes on; what was recorded is kept.`);
      await this.stop().catch(() => undefined);
    });
    return this.queue;
  }
}

/** Cuts off what a power cut left of a line at the end of a file. */
async function cutTornLine(path: string): Promise<void> {
  let file;
  try {
    file = await open(path, "r+");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") {
      return;
    }
    throw error;
  }
  try {
    await file.truncate(await wholeLines(file));
  } finally {
    await file.close();
  }
}

/** Length of a file up to and with its last line break, in bytes. */
export async function wholeLines(file: Awaited<ReturnType<typeof open>>): Promise<number> {
  const piece = Buffer.alloc(64 * 1024);
  for (let end = (await file.stat()).size; end > 0; ) {
    const start = Math.max(0, end - piece.length);
    const { bytesRead } = await file.read(piece, 0, end - start, start);
    const at = piece.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (at >= 0) {
      return start + at + 1;
    }
    end = start;
  }
  return 0;
}
