import { hashesOf, scoringFiles } from "../tasks";
import type { RunExit } from "../boxes";
import { MirrorError, SnapshotError, Snapshots } from "../workspace";
import type { ScoredSession } from "./scorings";
import { SessionError } from "./session-error";
import type { Attempt } from "./session-state";

/** What lies on the box when a session is scored: the workspace that is scored, and the files that decide the score. */
export class ScoredFiles {
  constructor(private readonly session: ScoredSession) {}

  /** Off the clock, the starting solution is scored as it was handed out, until it has a valid score. */
  async expectStartingSolution(): Promise<void> {
    if (this.session.state().clock.state !== "not-started") {
      return;
    }
    if (this.session.state().attempts.some(({ outcome }) => outcome.kind === "scored" || outcome.kind === "hidden")) {
      throw new SessionError("clock", "The starting solution has its score; start the clock to score your own.");
    }
    const now = await hashesOf(this.session.onBox().box, this.session.onBox().paths.workspace, this.session.state().created.sync.ignore);
    const original = this.session.state().created.task.startingSolution;
    const changed = Object.keys(original).find((path) => now[path] !== original[path]);
    if (changed !== undefined) {
      throw new SessionError("clock", `${changed} is no longer as it was handed out; start the clock to score your own solution.`);
    }
  }

  /**
   * A snapshot of what lies on the box: both sides are brought in step, and the mirror is held until the scoring is over.
   * @throws {MirrorError}, {SnapshotError}, {SessionError} `mirror-question`, `unsettled`
   */
  async settledSnapshot(message: string, signal: AbortSignal): Promise<string | null> {
    const { mirror } = this.session.onBox();
    if (mirror === undefined) {
      return await this.snapshot(message);
    }
    for (let round = 1; round <= mostSettlings; round += 1) {
      const { question } = await mirror.settle(signal);
      if (question !== undefined) {
        throw new SessionError("mirror-question", "Many files were deleted on one side, so nothing was scored; say first whether to delete them or to bring them back.");
      }
      await this.session.onBox().hold();
      const commit = await this.snapshot(message);
      if ((await mirror.changedSinceSettled(signal)).length === 0) {
        return commit;
      }
      await this.session.onBox().release();
    }
    throw new SessionError("unsettled", "Files of the workspace are being written without a pause, so nothing was scored; score again when that is over.");
  }

  /** Keeps the workspace as it is here now; null where that cannot be done because git is missing, which the person is told. */
  async snapshot(message: string): Promise<string | null> {
    const snapshots = new Snapshots(this.session.folder.snapshots, this.session.folder.workspace, this.session.state().created.sync);
    try {
      const { commit, isNew, leftOut } = await snapshots.take(message);
      if (isNew) {
        await this.session.record("snapshot.taken", { commit, leftOut: [...leftOut] });
      }
      return commit;
    } catch (error) {
      if (error instanceof SnapshotError && error.reason === "git-missing") {
        this.session.problem(error.message);
        return null;
      }
      throw error;
    }
  }

  /** The workspace's commit now, where it differs from the one the attempt began with. Null also where that cannot be told. */
  async changedSince(attempt: Attempt, exit: RunExit): Promise<string | null> {
    const { box, mirror } = this.session.onBox();
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
      await this.session.onBox().release();
    }
    try {
      await mirror?.settle();
      const now = await this.snapshot(`During attempt ${attempt.number}`);
      return now === attempt.snapshot ? null : now;
    } catch (error) {
      if (error instanceof SnapshotError || error instanceof MirrorError) {
        this.session.problem(`Whether files changed during attempt ${attempt.number} is not known. ${error.message}`);
        return null;
      }
      throw error;
    }
  }

  /** Compares the files that decide the score with those the session began with. */
  async checkIntegrity(when: "before" | "after", attempt: number): Promise<void> {
    const original = this.session.state().created.task.files;
    const now = await scoringFiles(this.session.onBox().box, this.session.onBox().paths.task, this.session.state().created.protection);
    const changed = Object.keys(original).filter((path) => now[path] !== undefined && now[path] !== original[path]);
    const removed = Object.keys(original).filter((path) => now[path] === undefined);
    const added = Object.keys(now).filter((path) => original[path] === undefined);
    if (changed.length + removed.length + added.length > 0) {
      await this.session.record("integrity.changed", { when, attempt, changed, added, removed });
    }
  }
}

/** How often both sides are brought in step anew because files change meanwhile. */
const mostSettlings = 3;

/** For so long after a run's end, in ms, the workspace tells whether it was changed during the run. */
const stillFresh = 10_000;
