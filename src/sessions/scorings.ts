import { join } from "node:path";
import { BaselinerError, plainSystemReason, writeFileDurably } from "../base";
import { BoxError, isConnectionProblem, type OutputStream, type RunExit } from "../boxes";
import { readResultFile, readScoring, resultVariable, scoringCommand, scoringOutputLimitBytes } from "../tasks";
import { withheld } from "./hidden-scores";
import type { EntryData, EntryType } from "./journal-entry";
import { hashesOfAttempt, followToEnd } from "./run-output";
import { ScoredFiles } from "./scored-files";
import type { SessionBox } from "./session-box";
import { SessionError } from "./session-error";
import { attemptFolder, type SessionFolder } from "./session-folder";
import type { Attempt, SessionState } from "./session-state";

/** What scorings need of their session. */
export interface ScoredSession {
  readonly folder: SessionFolder;
  readonly state: () => SessionState;
  /** @throws {SessionError} `read-only` */
  readonly onBox: () => SessionBox;
  /** How far the box's clock is ahead of ours, in ms. */
  readonly boxTime: () => Promise<{ aheadMs: number }>;
  /** @throws {SessionError} `read-only`; {JournalError} */
  readonly record: <Type extends EntryType>(type: Type, data: EntryData<Type>) => Promise<void>;
  /** Keeps the workspace as it is now; its commit, or null where none could be taken. @throws {SnapshotError} */
  readonly snapshot: (message: string) => Promise<string | null>;
  /** A name for a run, made of the end of the journal. */
  readonly nameRun: () => string;
  readonly changed: () => void;
  readonly output: (attempt: number, stream: OutputStream, bytes: Uint8Array) => void;
  readonly problem: (text: string) => void;
}

/** The scorings of a session, of which one goes on at a time: started, followed to their end, recorded. */
export class Scorings {
  private following: { attempt: number; run: string; stop: AbortController; done: Promise<void> } | undefined;
  /** Number of the attempt that is being started. */
  private starting: number | undefined;
  /** Cancelling was asked for while the run was only being started. */
  private cancelOnceStarted = new AbortController();
  /** The session is being let go; runs are not. */
  private readonly ending = new AbortController();
  private readonly files: ScoredFiles;

  constructor(private readonly session: ScoredSession) {
    this.files = new ScoredFiles(session);
  }

  /** Number of the attempt whose run is being followed now; null while there is none. */
  get attempt(): number | null {
    return this.following?.attempt ?? null;
  }

  /** Whether a scoring is being started or followed. */
  get isGoingOn(): boolean {
    return this.starting !== undefined || this.following !== undefined;
  }

  /**
   * Begins a scoring, and hands back what resolves when its end is on record.
   * @param kind where it is another than the clock tells
   * @throws {SessionError}, {BoxError}, {MirrorError}, {SnapshotError}, {JournalError}; nothing runs then
   */
  async start(kind: Attempt["kind"] = kindAt[this.session.state().clock.state]): Promise<{ attempt: Attempt; done: Promise<void> }> {
    await this.files.expectStartingSolution();
    const number = this.session.state().attempts.length;
    this.starting = number;
    this.cancelOnceStarted = new AbortController();
    this.session.changed();
    try {
      await this.begin(number, kind);
      this.starting = undefined;
      return { attempt: this.attemptAt(number), done: this.follow(number) };
    } catch (error) {
      await this.session.onBox().release();
      throw error;
    } finally {
      this.starting = undefined;
      this.session.changed();
    }
  }

  /** Asks the scoring that is going on to stop. @throws {SessionError} `not-scoring` where none is. */
  async cancel(): Promise<void> {
    if (this.following !== undefined) {
      await this.session.onBox().box.cancelRun(this.session.onBox().paths.runs, this.following.run);
    } else if (this.starting !== undefined) {
      this.cancelOnceStarted.abort();
    } else {
      throw new SessionError("not-scoring", "Nothing is being scored.");
    }
  }

  /** Keeps the workspace as it is here now. @throws {SnapshotError}; {SessionError} `no-snapshot` where git is missing */
  async keepWorkspace(message: string): Promise<string> {
    const commit = await this.session.snapshot(message);
    if (commit === null) {
      throw new SessionError("no-snapshot", "What is in the workspace now cannot be kept without git, so nothing was changed.");
    }
    return commit;
  }

  private cancelWasAskedFor(): boolean {
    return this.cancelOnceStarted.signal.aborted;
  }

  /** Aborts when the scoring is cancelled or the session is let go. */
  private untilGivenUp(): AbortSignal {
    return AbortSignal.any([this.cancelOnceStarted.signal, this.ending.signal]);
  }

  /** Takes the snapshot, journals the attempt, starts its run. */
  private async begin(number: number, kind: Attempt["kind"]): Promise<void> {
    const { scoring } = this.session.state().created;
    const run = this.session.nameRun();
    const { box, paths } = this.session.onBox();
    const [snapshot] = await allOf([
      this.files.settledSnapshot(`Attempt ${number}`, this.untilGivenUp()).catch((error: unknown) => {
        throw this.cancelWasAskedFor() ? notBegun() : error;
      }),
      this.files.checkIntegrity("before", number),
    ]);
    if (this.cancelWasAskedFor()) {
      throw notBegun();
    }
    if (this.session.onBox().mirror !== undefined) {
      // Settling may just have brought edits to the box.
      await this.files.expectStartingSolution();
    }
    await this.session.record("attempt.started", { attempt: number, kind, run, snapshot });
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
        return;
      }
      const problem = error instanceof BoxError ? error : new BoxError("failed", "The run could not be started.", { cause: error });
      await this.session.record("attempt.failed", { attempt: number, reason: problem.reason, problem: problem.message });
      throw problem;
    }
  }

  private attemptAt(number: number): Attempt {
    const attempt = this.session.state().attempts[number];
    if (attempt === undefined) {
      throw new Error(`attempt ${number} is not on record`);
    }
    return attempt;
  }

  /**
   * Follows an attempt's run to its end and records that, once, however many ask for it and when: an attempt that has its end is left as
   * it is, and so is one that is being started, whose run may not be there yet. Who starts it follows it.
   */
  follow(number: number): Promise<void> {
    if (this.following?.attempt === number) {
      return this.following.done;
    }
    const attempt = this.attemptAt(number);
    if (attempt.outcome.kind !== "running" || this.starting === number) {
      return Promise.resolve();
    }
    if (this.ending.signal.aborted) {
      return Promise.reject(new SessionError("read-only", "The session was closed; the attempt is finished when it is opened again."));
    }
    const stop = new AbortController();
    const done = this.followAndLetGo(attempt, stop.signal);
    this.following = { attempt: number, run: attempt.run, stop, done };
    this.session.changed();
    return done;
  }

  private async followAndLetGo(attempt: Attempt, signal: AbortSignal): Promise<void> {
    try {
      await this.collect(attempt, signal);
    } finally {
      await this.session.onBox().release();
      this.following = undefined;
      this.session.changed();
    }
  }

  private async collect(attempt: Attempt, signal: AbortSignal): Promise<void> {
    let exit: RunExit;
    const { box, paths } = this.session.onBox();
    await this.session.onBox().hold();
    try {
      if (this.cancelWasAskedFor()) {
        await box.cancelRun(paths.runs, attempt.run);
      }
      exit = await followToEnd(this.session, attempt, signal);
    } catch (error) {
      if (error instanceof BoxError && (error.reason === "run-unknown" || error.reason === "run-vanished")) {
        await this.session.record("attempt.lost", { attempt: attempt.number, problem: error.message });
        return;
      }
      if (error instanceof SessionError && error.reason === "output-differs") {
        await this.session.record("attempt.lost", { attempt: attempt.number, problem: error.message });
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

  private async recordEnd(attempt: Attempt, exit: RunExit): Promise<void> {
    const folder = attemptFolder(this.session.folder.root, attempt.number);
    const result = await readResultFile(this.session.onBox().box, `${this.session.onBox().paths.runs}/${attempt.run}/result.json`);
    const { scoring } = this.session.state().created;
    if (result instanceof Uint8Array && scoring.visible) {
      await writeFileDurably(join(folder, "result.json"), result);
    }
    const [changedTo, boxTime] = await allOf([this.files.changedSince(attempt, exit), this.session.boxTime(), this.files.checkIntegrity("after", attempt.number)]);
    const scored = readScoring(exit, result, scoring.timeoutSeconds);
    await this.session.record("attempt.finished", {
      attempt: attempt.number,
      ...(scoring.visible ? scored : withheld(scored, result)),
      changedTo,
      box: {
        startedAt: exit.startedAt,
        endedAt: exit.endedAt,
        aheadMs: boxTime.aheadMs,
      },
      files: await hashesOfAttempt(folder),
    });
  }

  /** Nothing is begun from here on. */
  giveUp(): void {
    this.ending.abort(new SessionError("read-only", "The session was closed."));
  }

  /** Follows no run any more; each goes on. */
  async letGo(): Promise<void> {
    this.following?.stop.abort();
    await this.following?.done.catch(() => undefined);
  }
}

/** What all of them come to, once all of them are over; the first failure is thrown then. */
async function allOf<const Work extends readonly Promise<unknown>[]>(work: Work): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

/** The kind of an attempt that is begun while the clock is so. */
const kindAt: Record<SessionState["clock"]["state"], Attempt["kind"]> = { "not-started": "start", running: "work", paused: "work", expired: "after-time", submitted: "after-time" };

const notBegun = (): SessionError => new SessionError("not-scoring", "Scoring was cancelled before it began; nothing was scored.");
