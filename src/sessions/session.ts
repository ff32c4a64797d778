import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdir, open, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { BaselinerError, messageOf, plainSystemReason, sha256OfFile, systemErrorCode, type Time, writeFileDurably } from "../base";
import { type Box, BoxError, isConnectionProblem, type OutputStream, type RunExit } from "../boxes";
import { hashesOf, readResultFile, readScoring, resultVariable, scoringCommand, scoringFiles, scoringOutputLimitBytes } from "../tasks";
import { type Mirror, MirrorError, SnapshotError, Snapshots } from "../workspace";
import { remainingAt } from "./clock";
import { JournalError, JournalWriter, readJournal } from "./journal";
import type { BoxDescription, EntryData, EntryType, JournalEntry } from "./journal-entry";
import { attemptFiles, attemptFolder, type SessionFolder, sessionFolder } from "./session-folder";
import { type BoxPaths, SessionBox } from "./session-box";
import { LockError, SessionLock } from "./session-lock";
import { advance, type Attempt, type SessionState, stateOf } from "./session-state";

/** Why a session did not do what was asked. */
export type SessionErrorReason =
  | "read-only"
  | "clock"
  | "scoring"
  | "not-scoring"
  | "no-session"
  | "not-recorded"
  | "output-differs"
  /** A bulk delete waits for an answer, so both sides are not in step. */
  | "mirror-question"
  | "unsettled";

/** A session did not do what was asked. What is on record stays. */
export class SessionError extends BaselinerError<SessionErrorReason> {}

/** What a session needs from outside. */
export interface SessionSurroundings {
  readonly time: Time;
  /** The box of a session, by what its journal says of it. */
  readonly boxFor: (box: BoxDescription) => Box | Promise<Box>;
  /** What opens the session, as another window will be told: `VS Code`. */
  readonly holder: string;
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
  private following: { attempt: number; run: string; stop: AbortController; done: Promise<void> } | undefined;
  private starting = false;
  private isReaching = false;
  private closing = false;
  /** What checks the state and adds to the journal does so one after the other. */
  private queue: Promise<unknown> = Promise.resolve();
  /** Cancelling was asked for while the run was only being started. */
  private cancelOnceStarted = new AbortController();
  /** The session is being let go; runs are not. */
  private readonly ending = new AbortController();

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
  }

  get state(): SessionState {
    return this.present;
  }

  get access(): SessionAccess {
    return this.presentAccess;
  }

  /** Number of the attempt whose run is being followed now; null while there is none. */
  get scoring(): number | null {
    return this.following?.attempt ?? null;
  }

  /** Whether a scoring is being started or followed. */
  get isScoring(): boolean {
    return this.starting || this.following !== undefined;
  }

  /**
   * Opens the session in a folder. Where it cannot be written (held by another
   * window, submitted, damaged, disk read-only) it is opened for reading and
   * `access` says why.
   * @param untrusted one sentence, where it is only to be read because its folder is not trusted; nothing is then written
   * @throws {JournalError} where there is no readable journal; {SessionError} `no-session` where it holds no session.
   */
  static async open(root: string, surroundings: SessionSurroundings, untrusted?: string): Promise<Session> {
    const content = await readJournal(root);
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
      const { writer, entries } = await JournalWriter.continue(root, surroundings.time);
      const now = stateOf(entries) ?? state;
      if (now.closed) {
        // Submitted by another process since it was read.
        await writer.close();
        await lock.release();
        return new Session(root, surroundings, undefined, now, submitted, undefined, undefined);
      }
      const sessionBox = new SessionBox(box, sessionFolder(root), now.created, surroundings.time);
      const session = new Session(root, surroundings, sessionBox, now, { kind: "writer" }, writer, lock);
      if (box.connection === undefined) {
        await session.recordConnected();
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
    const { entries } = await readJournal(this.folder.root);
    this.present = stateOf(entries) ?? this.present;
    if (this.present.closed) {
      this.presentAccess = submitted;
    }
    this.emit("changed");
  }

  /** Absolute path of the instructions. */
  get instructions(): string {
    return join(this.folder.box, this.present.created.task.instructions);
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
    const { clock } = this.present;
    if (this.journal !== undefined && clock.state === "running" && remainingAt(clock, this.surroundings.time.now()) === 0) {
      await this.record("clock.expired", {});
    }
  }

  // — attempts —

  /**
   * Finishes what an earlier process left: an attempt whose run has ended is
   * recorded, one whose run goes on is followed, one whose run is gone is
   * recorded as lost. Resolves when all of them have an end.
   */
  async recoverAttempts(): Promise<void> {
    for (const attempt of this.present.attempts) {
      if (attempt.outcome.kind === "running" && this.journal !== undefined) {
        await this.follow(attempt);
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
    const { attempt, done } = await this.exclusive(() => this.start());
    await done;
    return this.present.attempts[attempt.number] ?? attempt;
  }

  /** Begins a scoring, and hands back what resolves when its end is on record. */
  private async start(): Promise<{ attempt: Attempt; done: Promise<void> }> {
    await this.expire();
    this.expectClock(["not-started", "running"], closedForScoring[this.present.clock.state] ?? "Scoring is closed.");
    this.expectNotScoring(stillScoring);
    await this.expectStartingSolution();
    this.starting = true;
    this.cancelOnceStarted = new AbortController();
    this.emit("changed");
    try {
      const attempt = await this.begin();
      return { attempt, done: this.follow(attempt) };
    } catch (error) {
      await this.onBox.release();
      throw error;
    } finally {
      this.starting = false;
      this.emit("changed");
    }
  }

  /** Off the clock, the starting solution is scored as it was handed out, until it has a valid score. */
  private async expectStartingSolution(): Promise<void> {
    if (this.present.clock.state !== "not-started") {
      return;
    }
    if (this.present.attempts.some(({ outcome }) => outcome.kind === "scored")) {
      throw new SessionError("clock", "The starting solution has its score; start the clock to score your own.");
    }
    const now = await hashesOf(this.onBox.box, this.onBox.paths.workspace, this.present.created.sync.ignore);
    const original = this.present.created.task.startingSolution;
    const changed = Object.keys(original).find((path) => now[path] !== original[path]);
    if (changed !== undefined) {
      throw new SessionError("clock", `${changed} is no longer as it was handed out; start the clock to score your own solution.`);
    }
  }

  /** Asks the scoring that is going on to stop. @throws {SessionError} `not-scoring` where none is. */
  async cancelScoring(): Promise<void> {
    if (this.following !== undefined) {
      await this.onBox.box.cancelRun(this.onBox.paths.runs, this.following.run);
    } else if (this.starting) {
      this.cancelOnceStarted.abort();
    } else {
      throw new SessionError("not-scoring", "Nothing is being scored.");
    }
  }

  private cancelWasAskedFor(): boolean {
    return this.cancelOnceStarted.signal.aborted;
  }

  /** Aborts when the scoring is cancelled or the session is let go. */
  private untilGivenUp(): AbortSignal {
    return AbortSignal.any([this.cancelOnceStarted.signal, this.ending.signal]);
  }

  /** Takes the snapshot, journals the attempt, starts its run. */
  private async begin(): Promise<Attempt> {
    const { scoring } = this.present.created;
    const kind = this.present.clock.state === "not-started" ? "start" : "work";
    const number = this.present.attempts.length;
    const run = randomUUID();
    const { box, paths } = this.onBox;
    const [snapshot] = await allOf([
      this.settledSnapshot(`Attempt ${number}`).catch((error: unknown) => {
        throw this.cancelWasAskedFor() ? notBegun() : error;
      }),
      this.checkIntegrity("before", number),
    ]);
    if (this.cancelWasAskedFor()) {
      throw notBegun();
    }
    if (this.onBox.mirror !== undefined) {
      // Settling may just have brought edits to the box.
      await this.expectStartingSolution();
    }
    await this.record("attempt.started", { attempt: number, kind, run, snapshot });
    const specification = {
      id: run,
      command: scoringCommand(scoring.command, paths.task),
      folder: paths.workspace,
      environment: {
        // Compiled leftovers beside the scoring function would be read in its place the next time.
        PYTHONDONTWRITEBYTECODE: "1",
        ...scoring.environment,
        [resultVariable]: `${paths.runs}/${run}/result.json`,
      },
      timeoutSeconds: scoring.timeoutSeconds,
      outputLimitBytes: scoringOutputLimitBytes,
    };
    try {
      await box.startRun(paths.runs, specification, this.untilGivenUp());
    } catch (error) {
      if (this.cancelWasAskedFor() || this.ending.signal.aborted || isConnectionProblem(error)) {
        // It may run. Whoever follows it finds out.
        return this.attemptAt(number);
      }
      const problem = error instanceof BoxError ? error : new BoxError("failed", "The run could not be started.", { cause: error });
      await this.record("attempt.failed", { attempt: number, reason: problem.reason, problem: problem.message });
      throw problem;
    }
    return this.attemptAt(number);
  }

  private attemptAt(number: number): Attempt {
    const attempt = this.present.attempts[number];
    if (attempt === undefined) {
      throw new Error(`attempt ${number} is missing right after it was journalled`);
    }
    return attempt;
  }

  /**
   * A snapshot of what lies on the box: both sides are brought in step, and the mirror is held until the scoring is over.
   * @throws {MirrorError}, {SnapshotError}, {SessionError} `mirror-question`, `unsettled`
   */
  private async settledSnapshot(message: string): Promise<string | null> {
    const { mirror } = this.onBox;
    if (mirror === undefined) {
      return await this.snapshot(message);
    }
    const signal = this.untilGivenUp();
    for (let round = 1; round <= mostSettlings; round += 1) {
      const { question } = await mirror.settle(signal);
      if (question !== undefined) {
        throw new SessionError("mirror-question", "Many files were deleted on one side, so nothing was scored; say first whether to delete them or to bring them back.");
      }
      await this.onBox.hold();
      const commit = await this.snapshot(message);
      if ((await mirror.changedSinceSettled(signal)).length === 0) {
        return commit;
      }
      await this.onBox.release();
    }
    throw new SessionError("unsettled", "Files of the workspace are being written without a pause, so nothing was scored; score again when that is over.");
  }

  private async snapshot(message: string): Promise<string | null> {
    const snapshots = new Snapshots(this.folder.snapshots, this.folder.workspace, this.present.created.sync);
    try {
      const { commit, isNew, leftOut } = await snapshots.take(message);
      if (isNew) {
        await this.record("snapshot.taken", { commit, leftOut: [...leftOut] });
      }
      return commit;
    } catch (error) {
      if (error instanceof SnapshotError && error.reason === "git-missing") {
        this.emit("problem", error.message);
        return null;
      }
      throw error;
    }
  }

  /** Follows a run to its end and records that, also when several callers ask for it. */
  private follow(attempt: Attempt): Promise<void> {
    if (this.following?.attempt === attempt.number) {
      return this.following.done;
    }
    if (this.closing) {
      return Promise.reject(new SessionError("read-only", "The session was closed; the attempt is finished when it is opened again."));
    }
    const stop = new AbortController();
    const done = this.collect(attempt, stop.signal).finally(async () => {
      await this.onBox.release();
      this.following = undefined;
      this.emit("changed");
    });
    this.following = { attempt: attempt.number, run: attempt.run, stop, done };
    this.emit("changed");
    return done;
  }

  private async collect(attempt: Attempt, signal: AbortSignal): Promise<void> {
    let exit: RunExit;
    const { box, paths } = this.onBox;
    await this.onBox.hold();
    try {
      if (this.cancelWasAskedFor()) {
        await box.cancelRun(paths.runs, attempt.run);
      }
      exit = await this.takeOutput(attempt, signal);
    } catch (error) {
      if (error instanceof BoxError && (error.reason === "run-unknown" || error.reason === "run-vanished")) {
        await this.record("attempt.lost", { attempt: attempt.number, problem: error.message });
        return;
      }
      if (error instanceof SessionError && error.reason === "output-differs") {
        await this.record("attempt.lost", { attempt: attempt.number, problem: error.message });
        return;
      }
      if (signal.aborted || error instanceof BaselinerError) {
        throw error;
      }
      throw new SessionError(
        "not-recorded",
        `The output of attempt ${attempt.number} could not be kept: ${plainSystemReason(error)}. The run itself is kept on the box and is finished when the session is opened or scored again.`,
        { cause: error },
      );
    }
    await this.recordEnd(attempt, exit);
  }

  /** The run's output, whole; taken over once more from its beginning where what was kept is not it. */
  private async takeOutput(attempt: Attempt, signal: AbortSignal): Promise<RunExit> {
    return (await this.appendOutput(attempt, signal)) ?? (await this.appendOutput(attempt, signal)) ?? Promise.reject(
      new SessionError("output-differs", "What the box holds of its output is not as long as its record says; the run's folder is kept."),
    );
  }

  /** Appends to the attempt's logs what they lack yet. Undefined, and the logs are empty, where they are not what the run printed. */
  private async appendOutput(attempt: Attempt, signal: AbortSignal): Promise<RunExit | undefined> {
    const folder = attemptFolder(this.folder.root, attempt.number);
    await mkdir(folder, { recursive: true });
    const files = {
      stdout: await open(join(folder, "stdout.log"), "a"),
      stderr: await open(join(folder, "stderr.log"), "a"),
    };
    try {
      const offsets = { stdout: (await files.stdout.stat()).size, stderr: (await files.stderr.stat()).size };
      const exit = await this.onBox.box.followRun(
        this.onBox.paths.runs,
        attempt.run,
        offsets,
        async (stream, bytes) => {
          await files[stream].appendFile(bytes);
          this.emit("output", attempt.number, stream, bytes);
        },
        signal,
      );
      await files.stdout.sync();
      await files.stderr.sync();
      const kept = { stdout: (await files.stdout.stat()).size, stderr: (await files.stderr.stat()).size };
      if (kept.stdout !== exit.stdoutBytes || kept.stderr !== exit.stderrBytes) {
        await truncate(join(folder, "stdout.log"));
        await truncate(join(folder, "stderr.log"));
        return undefined;
      }
      return exit;
    } finally {
      await files.stdout.close();
      await files.stderr.close();
    }
  }

  private async recordEnd(attempt: Attempt, exit: RunExit): Promise<void> {
    const folder = attemptFolder(this.folder.root, attempt.number);
    const result = await readResultFile(this.onBox.box, `${this.onBox.paths.runs}/${attempt.run}/result.json`);
    if (result instanceof Uint8Array) {
      await writeFileDurably(join(folder, "result.json"), result);
    }
    const [changedTo, boxTime] = await allOf([this.changedSince(attempt, exit), this.boxTime(), this.checkIntegrity("after", attempt.number)]);
    const scored = readScoring(exit, result, this.present.created.scoring.timeoutSeconds);
    await this.record("attempt.finished", {
      attempt: attempt.number,
      score: scored.score,
      message: scored.message,
      changedTo,
      invalid: scored.invalid,
      box: {
        startedAt: exit.startedAt,
        endedAt: exit.endedAt,
        aheadMs: boxTime.aheadMs,
      },
      files: Object.fromEntries(
        await Promise.all(attemptFiles.map(async (name) => [name, await outputFile(join(folder, name))] as const)),
      ) as EntryData<"attempt.finished">["files"],
    });
  }

  /** The workspace's commit now, where it differs from the one the attempt began with. Null also where that cannot be told. */
  private async changedSince(attempt: Attempt, exit: RunExit): Promise<string | null> {
    const { box, mirror } = this.onBox;
    if (attempt.snapshot === null) {
      return null;
    }
    if (mirror === undefined) {
      // Recorded long after its end, the workspace says nothing about the time of the scoring.
      if ((await box.time()) - exit.endedAt > stillFresh) {
        return null;
      }
    } else if ((await mirror.changedOnBox()).length === 0) {
      return null;
    } else {
      await this.onBox.release();
    }
    try {
      await mirror?.settle();
      const now = await this.snapshot(`During attempt ${attempt.number}`);
      return now === attempt.snapshot ? null : now;
    } catch (error) {
      if (error instanceof SnapshotError || error instanceof MirrorError) {
        this.emit("problem", `Whether files changed during attempt ${attempt.number} is not known. ${error.message}`);
        return null;
      }
      throw error;
    }
  }

  /** Compares the files that decide the score with those the session began with. */
  private async checkIntegrity(when: "before" | "after", attempt: number): Promise<void> {
    const original = this.present.created.task.files;
    const now = await scoringFiles(this.onBox.box, this.onBox.paths.task, this.present.created.protection);
    const changed = Object.keys(original).filter((path) => now[path] !== undefined && now[path] !== original[path]);
    const removed = Object.keys(original).filter((path) => now[path] === undefined);
    const added = Object.keys(now).filter((path) => original[path] === undefined);
    if (changed.length + removed.length + added.length > 0) {
      await this.record("integrity.changed", { when, attempt, changed, added, removed });
    }
  }

  // — the end —

  /** Submits the session: its result is fixed, nothing can be added afterwards. */
  async submit(): Promise<void> {
    this.expectNotScoring(stillScoring);
    await this.recoverAttempts();
    await this.exclusive(async () => {
      this.expectClock(["running", "paused", "expired"], "A session is submitted after its clock was started, and once.");
      this.expectNotScoring(stillScoring);
      const best = this.present.attempts.find((attempt) => attempt.number === this.present.best);
      await this.record("session.submitted", {
        attempt: best?.number ?? null,
        result: best?.outcome.kind === "scored" ? best.outcome.score : null,
      });
      await this.record("session.closed", {});
      this.presentAccess = submitted;
    });
    await this.close();
    this.emit("changed");
  }

  /** Lets the session go. A scoring that is going on goes on, and is found when the session is opened again. */
  async close(): Promise<void> {
    this.closing = true;
    this.ending.abort(new SessionError("read-only", "The session was closed."));
    await this.queue;
    this.following?.stop.abort();
    await this.following?.done.catch(() => undefined);
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
    this.emit("changed");
  }

  private expectClock(states: readonly SessionState["clock"]["state"][], otherwise: string): void {
    if (this.access.kind === "reader") {
      throw new SessionError("read-only", this.access.text);
    }
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

/** What all of them come to, once all of them are over; the first failure is thrown then. */
async function allOf<const Work extends readonly Promise<unknown>[]>(work: Work): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

const notBegun = (): SessionError => new SessionError("not-scoring", "Scoring was cancelled before it began; nothing was scored.");

/** How often both sides are brought in step anew because files change meanwhile. */
const mostSettlings = 3;

/** For so long after a run's end, in ms, the workspace tells whether it was changed during the run. */
const stillFresh = 10_000;

const closedForScoring: Partial<Record<SessionState["clock"]["state"], string>> = {
  paused: "The clock is paused; resume it to score.",
  expired: "The time is up, so scoring is closed; submit the session.",
  submitted: "This session was submitted; it can only be read.",
};

/** Length and SHA-256 of a file; null where there is none. */
async function outputFile(path: string): Promise<{ bytes: number; sha256: string } | null> {
  try {
    await stat(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") {
      return null;
    }
    throw error;
  }
  return await sha256OfFile(path);
}
