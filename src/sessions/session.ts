import { EventEmitter } from "node:events";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { messageOf, type Time } from "../base";
import type { Box, OutputStream } from "../boxes";
import type { Need } from "../tasks";
import type { Mirror } from "../workspace";
import { checkBoxOf } from "./box-check";
import { Attendance, heartbeatOf } from "./attendance";
import type { Gap } from "./gaps";
import { JournalError, JournalWriter, type KnownLines, readJournal, readJournalSync } from "./journal";
import { type BoxDescription, type EntryData, type EntryType, firstPrevious, type JournalEntry } from "./journal-entry";
import { SessionRecordings } from "./recordings";
import { runNameAfter } from "./run-name";
import { Scorings } from "./scorings";
import { SessionError } from "./session-error";
import { type SessionFolder, sessionFolder } from "./session-folder";
import { type BoxPaths, SessionBox } from "./session-box";
import { LockError, SessionLock } from "./session-lock";
import { SessionSnapshots } from "./session-snapshots";
import { advance, type Attempt, hidesInstructions, type SessionState, stateOf } from "./session-state";
import { type Readiness, Submission, type SubmitOptions } from "./submission";
import { WorkingTime } from "./working-time";

/** What a session needs from outside. */
export interface SessionSurroundings {
  readonly time: Time;
  /** The box of a session, by what its journal says of it. */
  readonly boxFor: (box: BoxDescription) => Box | Promise<Box>;
  /** What opens the session, as another window will be told: `VS Code`. */
  readonly holder: string;
  /** How often what was changed is kept while the clock runs, in ms. */
  readonly snapshotEveryMs?: number;
  /** Whether it is there for as long as the expert works, as an editor is: where it was not, the expert is asked. */
  readonly attends?: boolean;
  /** Keeps, from one opening to the next, what is known of the journal. Nothing hangs on it but time. */
  readonly knownLines?: { readonly get: () => KnownLines | undefined; readonly keep: (lines: KnownLines) => void };
}

/** Whether this process may add to the session, and why not. */
export type SessionAccess =
  | { readonly kind: "writer" }
  | { readonly kind: "reader"; readonly reason: ReaderReason; readonly text: string };

/** Why a session is open for reading only. */
export type ReaderReason = "held" | "closed" | "damaged" | "disk" | "untrusted";

interface SessionEvents {
  /** The state has changed; what it says is on the disk. */
  changed: [];
  /** Output of the scoring that is going on, in order. */
  output: [attempt: number, stream: OutputStream, bytes: Uint8Array];
  /** Something the person should be told once. One sentence. */
  problem: [text: string];
}

/**
 * One expert's run of one task: the only writer of its journal. Everything it
 * shows was journalled, and flushed to the disk, before.
 */
export class Session extends EventEmitter<SessionEvents> {
  readonly folder: SessionFolder;
  private present: SessionState;
  private isReaching = false;
  private closing = false;
  /** What checks the state and adds to the journal does so one after the other. */
  private queue: Promise<unknown> = Promise.resolve();
  private readonly scorings: Scorings;
  private readonly snapshots: SessionSnapshots;
  /** What terminals show, recorded while the expert consents. */
  readonly recordings: SessionRecordings;
  private readonly workingTime: WorkingTime;
  private readonly submission: Submission;

  private constructor(
    root: string,
    private readonly surroundings: SessionSurroundings,
    /** Undefined for a reader. */
    private readonly remote: SessionBox | undefined,
    state: SessionState,
    private presentAccess: SessionAccess,
    private journal: JournalWriter | undefined,
    private lock: SessionLock | undefined,
  ) {
    super();
    this.folder = sessionFolder(root);
    this.present = state;
    this.snapshots = new SessionSnapshots({
      folder: this.folder,
      state: () => this.present,
      head: () => this.journal?.head,
      record: (type, data) => this.record(type, data),
      isScoring: () => this.isScoring,
      problem: (text) => this.emit("problem", text),
    });
    this.recordings = new SessionRecordings({
      root,
      state: () => this.present,
      canWrite: () => this.journal !== undefined,
      record: (type, data) => this.record(type, data),
      problem: (text) => this.emit("problem", text),
      time: surroundings.time,
    });
    this.scorings = new Scorings({
      folder: this.folder,
      state: () => this.present,
      onBox: () => this.onBox,
      boxTime: () => this.boxTime(),
      record: (type, data) => this.record(type, data),
      snapshot: (message) => this.snapshots.take(message),
      nameRun: () => runNameAfter(this.journal?.head?.sha256 ?? firstPrevious),
      changed: () => this.emit("changed"),
      output: (attempt, stream, bytes) => this.emit("output", attempt, stream, bytes),
      problem: (text) => this.emit("problem", text),
    });
    const { time, attends = false } = surroundings;
    this.workingTime = new WorkingTime(
      { time, state: () => this.present, record: (type, data) => this.record(type, data) },
      new Attendance(heartbeatOf(root), time, attends),
      () => {
        this.expireIfDue().catch((error: unknown) => this.tellUnlessClosed(error));
      },
    );
    this.submission = new Submission({
      root,
      state: () => this.present,
      onBox: () => this.onBox,
      connectBox: () => this.connectBox(),
      recoverAttempts: () => this.recoverAttempts(),
      expire: () => this.expire(),
      expectClock: (states, otherwise) => this.expectClock(states, otherwise),
      expectNotScoring: () => this.expectNotScoring(stillScoring),
      exclusive: (act) => this.exclusive(act),
      record: (type, data) => this.record(type, data),
      scorings: this.scorings,
      snapshots: this.snapshots,
      recordings: this.recordings,
    });
  }

  get state(): SessionState {
    return this.present;
  }

  get access(): SessionAccess {
    return this.presentAccess;
  }

  /** Number of the attempt whose run is being followed now; null while there is none. */
  get scoring(): number | null {
    return this.scorings.attempt;
  }

  /** Whether a scoring is being started or followed. */
  get isScoring(): boolean {
    return this.scorings.isGoingOn;
  }

  /**
   * Opens the session in a folder. Where it cannot be written (held by another
   * window, submitted, damaged, disk read-only) it is opened for reading and
   * `access` says why.
   * @param untrusted one sentence, where it is only to be read because its folder is not trusted; nothing is then written
   * @throws {JournalError} where there is no readable journal; {SessionError} `no-session` where it holds no session.
   */
  static async open(root: string, surroundings: SessionSurroundings, untrusted?: string): Promise<Session> {
    const { knownLines } = surroundings;
    const content = readJournalSync(root, knownLines?.get());
    if (content.known !== undefined) {
      knownLines?.keep(content.known);
    }
    const state = stateOf(content.entries);
    if (state === undefined) {
      throw new SessionError("no-session", `The journal in ${root} does not begin with a session.`);
    }
    const reader = (reason: ReaderReason, text: string): Session =>
      new Session(root, surroundings, undefined, state, { kind: "reader", reason, text }, undefined, undefined);
    if (state.closed) {
      return new Session(root, surroundings, undefined, state, submitted, undefined, undefined);
    }
    if (untrusted !== undefined) {
      return reader("untrusted", untrusted);
    }
    let lock: SessionLock | undefined;
    try {
      lock = await SessionLock.acquire(root, surroundings.holder);
      const box = await surroundings.boxFor(state.created.box);
      const sessionBox = await SessionBox.of(box, sessionFolder(root), state.created, surroundings.time);
      const { writer, entries } = await JournalWriter.continue(root, surroundings.time, content);
      const now = entries.length === content.entries.length ? state : (stateOf(entries) ?? state);
      if (now.closed) {
        // Submitted by another process since it was read.
        await writer.close();
        await lock.release();
        return new Session(root, surroundings, undefined, now, submitted, undefined, undefined);
      }
      const session = new Session(root, surroundings, sessionBox, now, { kind: "writer" }, writer, lock);
      await session.workingTime.open(entries);
      await session.recordings.recover();
      session.snapshots.start(surroundings.snapshotEveryMs);
      if (box.connection === undefined) {
        // Not waited for: an editor that is starting is busy, and nothing that it shows hangs on this. Whatever else is done comes behind it.
        session.exclusive(() => session.recordConnected()).catch((error: unknown) => session.tellUnlessClosed(error));
      }
      return session;
    } catch (error) {
      await lock?.release().catch(() => undefined);
      if (error instanceof LockError) {
        return reader(error.reason === "held" ? "held" : "disk", error.message);
      }
      if (error instanceof JournalError) {
        return reader(error.reason === "broken" ? "damaged" : "disk", error.message);
      }
      throw error;
    }
  }

  private async recordConnected(): Promise<void> {
    const { box } = this.onBox;
    await this.record("box.connected", { name: box.name, aheadMs: (await this.boxTime()).aheadMs });
  }

  /** How far the box's clock is ahead of ours, in ms, to within half the time that asking took. */
  private async boxTime(): Promise<{ aheadMs: number }> {
    const { time } = this.surroundings;
    const asked = time.now();
    const told = await this.onBox.box.time();
    return { aheadMs: Math.round(told - (asked + time.now()) / 2) };
  }

  /**
   * Connects to a box that is another machine, mirrors the workspace and takes up open attempts, now and whenever the connection is back.
   * Resolves when the connection stands. Does nothing where the box is this computer.
   * @throws {BoxError} why there is no connection
   */
  async connectBox(): Promise<void> {
    const { box } = this.onBox;
    if (!this.isReaching) {
      this.isReaching = true;
      this.reachBox(this.onBox);
    }
    await box.connection?.connect();
  }

  private reachBox(remote: SessionBox): void {
    remote.box.connection?.subscribe(() => this.emit("changed"));
    remote.mirror?.on("changed", () => this.emit("changed"));
    const listener = {
      connected: async (): Promise<void> => {
        await this.recordConnected();
        // What a connection that ended for good left open.
        this.recoverAttempts().catch((error: unknown) => this.tellUnlessClosed(error));
      },
      lost: (problem: string) => this.record("box.lost", { problem }),
      conflict: async (conflict: EntryData<"sync.conflict">): Promise<void> => {
        const known = this.present.conflicts.some(({ path, keptAs }) => path === conflict.path && keptAs === conflict.keptAs);
        if (!known) {
          await this.record("sync.conflict", { path: conflict.path, keptAs: conflict.keptAs });
          this.emit("problem", `${conflict.path} was changed here and on ${remote.box.name}; yours is kept, the other is beside it as ${conflict.keptAs}.`);
        }
      },
      problem: (text: string) => this.emit("problem", text),
      failed: (error: unknown) => this.tellUnlessClosed(error),
    };
    remote.start(listener, this.present.attempts.some(({ outcome }) => outcome.kind === "running"));
  }

  private tellUnlessClosed(error: unknown): void {
    if (!this.closing) {
      this.emit("problem", messageOf(error));
    }
  }

  /** The box; undefined for a reader. */
  get box(): Box | undefined {
    return this.remote?.box;
  }

  /** Where the session's parts lie on the box; undefined for a reader. */
  get boxPaths(): BoxPaths | undefined {
    return this.remote?.paths;
  }

  /** What holds the workspace and the box in step, where the box is another machine and the session is open for writing. */
  get mirror(): Mirror | undefined {
    return this.remote?.mirror;
  }

  private get onBox(): SessionBox {
    if (this.remote === undefined) {
      const { access } = this;
      throw new SessionError("read-only", access.kind === "reader" ? access.text : "The session was closed.");
    }
    return this.remote;
  }

  /** For a reader: takes over what the writer has journalled since. */
  async refresh(): Promise<void> {
    if (this.journal !== undefined) {
      return;
    }
    const { entries } = await readJournal(this.folder.root, this.surroundings.knownLines?.get());
    this.present = stateOf(entries) ?? this.present;
    if (this.present.closed) {
      this.presentAccess = submitted;
    }
    this.emit("changed");
  }

  /** Whether the instructions are not to be shown yet, because the assignment hands them out with the clock. */
  get hidesInstructions(): boolean {
    return hidesInstructions(this.present);
  }

  /** Absolute path of the instructions. @throws {SessionError} `clock` where they are not to be shown yet */
  get instructions(): string {
    if (this.hidesInstructions) {
      throw new SessionError("clock", "The instructions are shown when the clock is started.");
    }
    return join(this.folder.box, this.present.created.task.instructions);
  }

  /**
   * Looks what the box has, compares it with what the task asks for, and records both.
   * @throws {BoxError} where the box cannot be asked; {SessionError} `read-only`
   */
  async checkBox(signal?: AbortSignal): Promise<readonly Need[]> {
    this.expectWriter();
    await this.connectBox();
    const report = await checkBoxOf(this.onBox.box, this.onBox.paths.workspace, this.folder, this.present.created.task.profile, signal);
    await this.record("box.checked", { report: { ...report } });
    return report.needs;
  }

  // — the clock —

  /** Starts the clock. @throws {SessionError} `clock` where it was started before, `scoring` while the starting solution is being scored. */
  startClock(): Promise<void> {
    return this.exclusive(async () => {
      this.expectClock(["not-started"], "The clock was already started.");
      this.expectNotScoring("The starting solution is still being scored; start the clock when that is done.");
      await this.record("clock.started", {});
    });
  }

  /** @throws {SessionError} `clock` where it does not run; `scoring`, because scoring counts as work. */
  pauseClock(reason: string): Promise<void> {
    return this.exclusive(async () => {
      await this.expire();
      this.expectClock(["running"], "The clock is not running.");
      this.expectNotScoring("Scoring counts as work; wait for it or cancel it, then pause.");
      await this.record("clock.paused", { reason });
    });
  }

  /** @throws {SessionError} `clock` where it is not paused. */
  resumeClock(): Promise<void> {
    return this.exclusive(async () => {
      this.expectClock(["paused"], "The clock is not paused.");
      await this.record("clock.resumed", {});
    });
  }

  /** Records that the time is up, where it is. To be called when it may be. */
  expireIfDue(): Promise<void> {
    return this.exclusive(() => this.expire());
  }

  private async expire(): Promise<void> {
    if (this.journal !== undefined) {
      await this.workingTime.expire();
    }
  }

  /**
   * Answers whether a gap (see `state.clock.gaps`) was work or a break. What was scored in it is work either way.
   * @throws {SessionError} `gap` where it was answered already; `scoring` where a scoring that went on in it has no end yet; `read-only`
   */
  answerGap(gap: Gap, countedAs: "work" | "break"): Promise<void> {
    return this.exclusive(async () => {
      this.expectWriter();
      await this.workingTime.answer(gap, countedAs);
      await this.expire();
    });
  }

  // — what the expert says —

  /** Adds a research note (markdown) to the record. @throws {SessionError} `nothing-said` where it is blank, `read-only` */
  addNote(text: string): Promise<void> {
    return this.exclusive(async () => {
      this.expectWriter();
      if (text.trim() === "") {
        throw new SessionError("nothing-said", "The note is empty, so nothing was added.");
      }
      await this.record("note.added", { text: text.trim() });
    });
  }

  /** Records whether the expert consents to being recorded; nothing where that is what was said last. @throws {SessionError} `read-only` */
  giveConsent(given: boolean): Promise<void> {
    return this.exclusive(async () => {
      this.expectWriter();
      if (this.present.consent !== given) {
        await this.record("recording.consent", { given });
        await this.recordings.followConsent();
      }
    });
  }

  /** Records which AI assistants the editor has, with the expert's consent, and where that is other than last recorded. */
  recordAssistants(assistants: EntryData<"editor.assistants">["assistants"]): Promise<void> {
    return this.exclusive(async () => {
      if (this.recordings.isOn && !isDeepStrictEqual(assistants, this.present.assistants)) {
        await this.record("editor.assistants", { assistants });
      }
    });
  }

  // — attempts —

  /**
   * Finishes what an earlier process left: an attempt whose run has ended is
   * recorded, one whose run goes on is followed, one whose run is gone is
   * recorded as lost. Resolves when all of them have an end.
   */
  async recoverAttempts(): Promise<void> {
    for (const { number } of this.present.attempts) {
      if (this.journal !== undefined) {
        await this.scorings.follow(number);
      }
    }
  }

  /**
   * Scores the workspace as it is now: before the clock is started as the
   * starting solution, off the clock; afterwards as work. Resolves with the
   * attempt when its end is on record.
   * @throws {SessionError} `clock`, `scoring`, `read-only`, `not-recorded`, `mirror-question`, `unsettled`; {BoxError}; {MirrorError}; {SnapshotError}; {JournalError}. Nothing is scored then, or what ran is finished later.
   */
  async score(): Promise<Attempt> {
    this.expectNotScoring(stillScoring);
    if (!this.isReaching || this.box?.connection?.status.state === "closed") {
      await this.connectBox();
    }
    // What an earlier failure left open is finished first; it takes long only where its run still goes on.
    await this.recoverAttempts();
    const { attempt, done } = await this.exclusive(() => this.startScoring());
    await done;
    return this.present.attempts[attempt.number] ?? attempt;
  }

  /** Begins a scoring, and hands back what resolves when its end is on record. */
  private async startScoring(): Promise<{ attempt: Attempt; done: Promise<void> }> {
    await this.expire();
    const { clock, created } = this.present;
    const open = created.conditions.afterTime === "mark" ? (["not-started", "running", "expired"] as const) : (["not-started", "running"] as const);
    this.expectClock(open, closedForScoring[clock.state] ?? "Scoring is closed.");
    this.workingTime.expectTime();
    this.expectNotScoring(stillScoring);
    return await this.scorings.start();
  }

  /** Asks the scoring that is going on to stop. @throws {SessionError} `not-scoring` where none is. */
  async cancelScoring(): Promise<void> {
    await this.scorings.cancel();
  }

  /**
   * Brings the workspace back to an earlier state, having kept what it is now. No scoring begins meanwhile.
   * @param target its commit, and the attempt it is of; null where it is what an earlier restore has replaced
   * @param change makes the changes between two commits; where it throws, nothing is recorded but the state before
   * @returns the commit of the state before
   * @throws {SessionError} `scoring`, `read-only`, `clock`, `no-snapshot`; {SnapshotError}; what `change` throws
   */
  restore(target: { attempt: number | null; commit: string }, change: (before: string, commit: string) => Promise<void>): Promise<string> {
    return this.exclusive(async () => {
      this.expectClock(["not-started", "running", "paused", "expired"], "This session was submitted; it can only be read.");
      this.expectNotScoring("A scoring is still going on, and what is scored must stay as it is; wait for it or cancel it.");
      const before = await this.scorings.keepWorkspace(target.attempt === null ? "Before taking a restore back" : `Before restoring attempt ${target.attempt}`);
      await change(before, target.commit);
      await this.record("snapshot.restored", { ...target, before });
      return before;
    });
  }

  // — the end —

  /**
   * What stands in the way of submitting, or should be known before: checked without changing anything but finishing open attempts.
   * @throws {SessionError} `scoring`, `mirror-question`; {BoxError} where the box is out of reach
   */
  readiness(): Promise<Readiness> {
    return this.submission.readiness();
  }

  /**
   * Submits the session: both sides are brought in step, where the task wants it the workspace is scored once more, the clock stops for
   * good and the result is fixed. Then the survey is asked for and the record is closed: nothing can be added afterwards. Where the
   * process ends while the survey is being answered, the session is submitted, and calling this again closes it.
   * @throws {SessionError} `clock`, `scoring`, `gap` while a gap waits for an answer, `mirror-question`, `not-scoring` where the final scoring was cancelled, `read-only`; {BoxError} where the box is out of reach. Nothing is submitted then.
   */
  async submit(options: SubmitOptions = {}): Promise<void> {
    await this.submission.submit(options);
    this.presentAccess = submitted;
    await this.close();
    this.emit("changed");
  }

  /** Lets the session go. A scoring that is going on goes on, and is found when the session is opened again. */
  async close(): Promise<void> {
    this.closing = true;
    this.scorings.giveUp();
    await this.queue;
    await this.scorings.letGo();
    await this.snapshots.end();
    await this.recordings.end();
    if (this.journal !== undefined) {
      await this.workingTime.close().catch(() => undefined);
    }
    await this.remote?.close();
    const { journal, lock } = this;
    this.journal = undefined;
    this.lock = undefined;
    await journal?.close();
    // Where this fails the lock goes with this process.
    await lock?.release().catch(() => undefined);
  }

  private exclusive<Result>(act: () => Promise<Result>): Promise<Result> {
    const result = this.queue.then(act);
    this.queue = result.catch(() => undefined);
    return result;
  }

  private async record<Type extends EntryType>(type: Type, data: EntryData<Type>): Promise<void> {
    if (this.journal === undefined) {
      const { access } = this;
      throw new SessionError("read-only", access.kind === "reader" ? access.text : "The session was closed.");
    }
    const entry = (await this.journal.append(type, data)) as JournalEntry;
    this.present = advance(this.present, entry);
    this.workingTime.recorded(entry);
    this.emit("changed");
  }

  private expectWriter(): void {
    if (this.access.kind === "reader") {
      throw new SessionError("read-only", this.access.text);
    }
  }

  private expectClock(states: readonly SessionState["clock"]["state"][], otherwise: string): void {
    this.expectWriter();
    if (!states.includes(this.present.clock.state)) {
      throw new SessionError("clock", otherwise);
    }
  }

  private expectNotScoring(otherwise: string): void {
    if (this.isScoring) {
      throw new SessionError("scoring", otherwise);
    }
  }
}

const submitted: SessionAccess = { kind: "reader", reason: "closed", text: "This session was submitted; it can only be read." };

const stillScoring = "A scoring is still going on; wait for it or cancel it.";

const closedForScoring: Partial<Record<SessionState["clock"]["state"], string>> = {
  paused: "The clock is paused; resume it to score.",
  expired: "The time is up, so scoring is closed; submit the session.",
  submitted: "This session was submitted; it can only be read.",
};
