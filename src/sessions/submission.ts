import type { Gap } from "./gaps";
import type { EntryData, EntryType } from "./journal-entry";
import type { SessionRecordings } from "./recordings";
import type { Scorings } from "./scorings";
import type { SessionBox } from "./session-box";
import { SessionError } from "./session-error";
import type { SessionSnapshots } from "./session-snapshots";
import type { SessionState } from "./session-state";

/** Answers of the exit survey. */
export type Survey = EntryData<"survey.answered">;

/** How a session is submitted. */
export interface SubmitOptions {
  /** Asks the exit survey; null where it is left out. Called when the result is fixed and the clock has stopped. */
  readonly survey?: () => Promise<Survey | null>;
  /** Whether to submit without a look at the box, because it is gone for good: what lies there alone is not brought over, and nothing is scored. */
  readonly withoutBox?: boolean;
}

/** What a session is like before it is submitted. */
export interface Readiness {
  /** What is not whole in the record, one sentence each. */
  readonly problems: readonly string[];
  /** What the expert has to say first. */
  readonly gaps: readonly Gap[];
  /** Whether submitting scores the workspace once more. */
  readonly willBeScored: boolean;
}

/** What submitting needs of its session. Each may throw what the session's own methods throw. */
export interface SubmittedSession {
  /** Absolute path of the session folder. */
  readonly root: string;
  readonly state: () => SessionState;
  readonly onBox: () => SessionBox;
  readonly connectBox: () => Promise<void>;
  readonly recoverAttempts: () => Promise<void>;
  /** Records that the time is up, where it is. */
  readonly expire: () => Promise<void>;
  readonly expectClock: (states: readonly SessionState["clock"]["state"][], otherwise: string) => void;
  readonly expectNotScoring: () => void;
  readonly exclusive: <Result>(act: () => Promise<Result>) => Promise<Result>;
  readonly record: <Type extends EntryType>(type: Type, data: EntryData<Type>) => Promise<void>;
  readonly scorings: Scorings;
  readonly snapshots: SessionSnapshots;
  readonly recordings: SessionRecordings;
}

/** The end of a session, as `Session.submit` describes it. */
export class Submission {
  private isGoingOn = false;

  constructor(private readonly session: SubmittedSession) {}

  async readiness(): Promise<Readiness> {
    const { session } = this;
    session.expectNotScoring();
    await this.finishOnBox();
    await session.exclusive(() => session.expire());
    const { verifySession } = await import("./verify-session");
    const { problems } = await verifySession(session.root);
    return { problems, gaps: session.state().clock.gaps, willBeScored: this.wantsFinalScoring };
  }

  async submit({ survey, withoutBox = false }: SubmitOptions): Promise<void> {
    const { session } = this;
    if (withoutBox) {
      // A run that nobody can follow any more stays without an end.
      await session.scorings.letGo();
    }
    session.expectNotScoring();
    if (this.isGoingOn) {
      throw new SessionError("clock", "The session is being submitted already.");
    }
    this.isGoingOn = true;
    try {
      if (session.state().clock.state !== "submitted") {
        await this.fixResult(withoutBox);
      }
      const answers = (await survey?.()) ?? null;
      await session.exclusive(async () => {
        session.expectClock(["submitted"], "The session was not submitted.");
        if (answers !== null) {
          await session.record("survey.answered", answers);
        }
        await session.record("session.closed", {});
      });
    } finally {
      this.isGoingOn = false;
    }
  }

  private async fixResult(withoutBox: boolean): Promise<void> {
    const { session } = this;
    if (!withoutBox) {
      await this.finishOnBox();
    }
    await session.exclusive(async () => {
      this.expectSubmittable();
      await session.expire();
    });
    if (!withoutBox && this.wantsFinalScoring) {
      await this.scoreFinally();
    }
    await session.exclusive(async () => {
      this.expectSubmittable();
      session.expectNotScoring();
      await session.snapshots.takeInPassing("Submitted");
      await session.recordings.end();
      const { attempts, best: number } = session.state();
      const best = attempts.find((attempt) => attempt.number === number);
      try {
        await session.record("session.submitted", {
          attempt: best?.number ?? null,
          result: best?.outcome.kind === "scored" ? best.outcome.score : null,
        });
      } catch (error) {
        await session.recordings.resume();
        throw error;
      }
    });
  }

  /** Brings both sides in step, and finishes what was left open. */
  private async finishOnBox(): Promise<void> {
    const { session } = this;
    await session.connectBox();
    await session.recoverAttempts();
    const settled = await session.onBox().settle();
    if (settled?.question !== undefined) {
      throw new SessionError("mirror-question", "Many files were deleted on one side, so nothing was submitted; say first whether to delete them or to bring them back.");
    }
  }

  /** Whether submitting now scores the workspace once more. What was changed after the time was up is not scored for the result. */
  private get wantsFinalScoring(): boolean {
    const { clock, created } = this.session.state();
    return created.scoring.final && (clock.state === "running" || clock.state === "paused");
  }

  private expectSubmittable(): void {
    this.session.expectClock(["running", "paused", "expired"], "A session is submitted after its clock was started, and once.");
    if (this.session.state().clock.gaps.length > 0) {
      throw new SessionError("gap", "Your working time has gaps that you have not said anything about; say first whether they were work or breaks.");
    }
  }

  /** The workspace is scored as it is handed in. */
  private async scoreFinally(): Promise<void> {
    const { scorings, exclusive, state } = this.session;
    const { attempt, done } = await exclusive(() => scorings.start("final"));
    await done;
    const outcome = state().attempts[attempt.number]?.outcome;
    if (outcome?.kind === "invalid" && outcome.reason === "cancelled") {
      throw new SessionError("not-scoring", "The final scoring was cancelled, so the session was not submitted.");
    }
    if (outcome === undefined || !["scored", "hidden", "invalid"].includes(outcome.kind)) {
      throw new SessionError("not-scoring", "The final scoring could not be carried out, so the session was not submitted; submit again.");
    }
  }
}
