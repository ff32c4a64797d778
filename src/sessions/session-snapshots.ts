import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, systemErrorCode, systemTime } from "../base";
import { type JournalHead, SnapshotError, Snapshots } from "../workspace";
import type { EntryData, EntryType } from "./journal-entry";
import type { SessionFolder } from "./session-folder";
import type { SessionState } from "./session-state";

/** While somebody works, what has changed is kept this often, in ms. */
export const usualSnapshotInterval = 3 * 60_000;

/** When a session is let go, a last snapshot may take this long, in ms; an editor that closes waits no longer. */
const lastSnapshotDeadline = 3000;

/** What snapshots need of their session. */
export interface SnapshotSession {
  readonly folder: SessionFolder;
  readonly state: () => SessionState;
  /** End of the journal; undefined where the session cannot be written. */
  readonly head: () => JournalHead | undefined;
  readonly record: <Type extends EntryType>(type: Type, data: EntryData<Type>) => Promise<void>;
  readonly isScoring: () => boolean;
  readonly problem: (text: string) => void;
}

/** The snapshots of a session: one for each attempt, and while the clock runs one every few minutes in which something changed. */
export class SessionSnapshots {
  private queue: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  /** Stops the snapshot that nobody waits for. */
  private passing = new AbortController();
  /** When the workspace was last looked through, UTC ms: what has changed since is in no snapshot. */
  private lookedAt = -Infinity;
  private hasToldProblem = false;

  constructor(private readonly session: SnapshotSession) {}

  /** Keeps what changes from here on, until `end`. */
  start(everyMs = usualSnapshotInterval): void {
    this.timer = setInterval(() => {
      if (["running", "expired"].includes(this.session.state().clock.state)) {
        void this.takeInPassing("Work");
      }
    }, everyMs);
    this.timer.unref();
  }

  /**
   * Keeps the workspace as it is now and hands back its commit, which is on record then; null where git is missing.
   * One that is being taken in passing gives way.
   * @throws {SnapshotError} `failed`; {JournalError}
   */
  async take(message: string): Promise<string | null> {
    this.passing.abort();
    try {
      return await this.inTurn(() => this.takeNow(message, undefined));
    } catch (error) {
      if (error instanceof SnapshotError && error.reason === "git-missing") {
        this.session.problem(error.message);
        return null;
      }
      throw error;
    }
  }

  /** Keeps what was changed since it was last kept, unless something more important goes on. What goes wrong is told once. */
  async takeInPassing(message: string, signal?: AbortSignal): Promise<void> {
    const isWork = !["not-started", "submitted"].includes(this.session.state().clock.state);
    if (!isWork || this.session.isScoring() || this.session.head() === undefined) {
      return;
    }
    this.passing = new AbortController();
    const stop = signal === undefined ? this.passing.signal : AbortSignal.any([this.passing.signal, signal]);
    try {
      await this.inTurn(async () => {
        if (!stop.aborted && (await hasChangedSince(this.session.folder.workspace, this.lookedAt))) {
          await this.takeNow(message, stop);
        }
      });
    } catch (error) {
      if (!stop.aborted && !this.hasToldProblem) {
        this.hasToldProblem = true;
        this.session.problem(messageOf(error));
      }
    }
  }

  /** Takes a last snapshot of what has changed, and no more afterwards. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.takeInPassing("Closed", AbortSignal.timeout(lastSnapshotDeadline));
    await this.queue;
  }

  private async takeNow(message: string, stop: AbortSignal | undefined): Promise<string> {
    const { folder, state } = this.session;
    const snapshots = new Snapshots(folder.snapshots, folder.workspace, state().created.sync, stop !== undefined);
    // Files have their times from this computer's clock, whatever the session's is.
    const lookedAt = systemTime.now();
    const { commit, before, leftOut } = await snapshots.take(message, this.session.head(), stop);
    // One that a crash kept out of the journal.
    if (before !== undefined) {
      await this.recordOnce(before, []);
    }
    await this.recordOnce(commit, leftOut);
    this.lookedAt = lookedAt;
    return commit;
  }

  private async recordOnce(commit: string, leftOut: readonly string[]): Promise<void> {
    // What was begun when the session was submitted must not come behind its end.
    if (!this.session.state().closed && !this.session.state().snapshots.some((one) => one.commit === commit)) {
      await this.session.record("snapshot.taken", { commit, leftOut: [...leftOut] });
    }
  }

  private inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const result = this.queue.then(act);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

/** Times of files may lag behind the clock by this much, in ms. */
const timestampLag = 100;

/** Whether anything in a folder was changed, made or removed since a moment (UTC, ms), as the times that the system keeps tell it. */
async function hasChangedSince(folder: string, moment: number): Promise<boolean> {
  const isNew = async (path: string): Promise<boolean> => {
    try {
      return (await lstat(path)).ctimeMs >= moment - timestampLag;
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") {
        return true;
      }
      throw error;
    }
  };
  if (await isNew(folder)) {
    return true;
  }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== ".git" ? await hasChangedSince(path, moment) : await isNew(path)) {
      return true;
    }
  }
  return false;
}
