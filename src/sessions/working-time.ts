import { formatMinutes, type Time } from "../base";
import { type Attendance, beatEvery } from "./attendance";
import { certainlyElapsedAt, isSameGap, remainingAt } from "./clock";
import { type Absence, adjustmentFor, type Gap } from "./gaps";
import type { EntryData, EntryType, JournalEntry } from "./journal-entry";
import { SessionError } from "./session-error";
import type { SessionState } from "./session-state";

/** What keeping the time needs of its session. */
export interface TimedSession {
  readonly time: Time;
  readonly state: () => SessionState;
  readonly record: <Type extends EntryType>(type: Type, data: EntryData<Type>) => Promise<void>;
}

/**
 * Keeps the working time of a session honest: finds gaps while the clock runs, takes the answers to them, and ends the clock when the
 * time is up. Calls are made one after the other.
 */
export class WorkingTime {
  private timer: NodeJS.Timeout | undefined;
  /** Number of entries in the journal. */
  private entries = 0;
  private isClosed = false;

  constructor(
    private readonly session: TimedSession,
    private readonly attendance: Attendance,
    /** Called every few seconds while the clock runs. */
    private readonly onBeat: () => void,
  ) {}

  /**
   * Records what lies between the last sign of the editor and now.
   * @param journal the entries that there are when the session is opened
   */
  async open(journal: readonly JournalEntry[]): Promise<void> {
    this.entries = journal.length;
    // A torn line is set aside when the journal is continued, which is now.
    const lastSign = journal.findLast(({ type }) => type !== "journal.repaired");
    if (this.isRunning && lastSign !== undefined) {
      await this.recordAbsence(this.attendance.sinceLastSign(lastSign.seq + 1, Date.parse(lastSign.at)));
      this.attendance.begin();
      // Not waited for: an editor that is starting is busy, and a moment later is as good.
      void this.attendance.beat(this.entries);
      this.keepBeating();
    }
  }

  /** To be called for each entry that was journalled. */
  recorded(entry: JournalEntry): void {
    this.entries = entry.seq + 1;
    if (entry.type === "clock.started" || entry.type === "clock.resumed") {
      this.attendance.begin();
    }
    this.keepBeating();
    void this.attendance.beat(this.entries);
  }

  /** Records what lies between the last look and now, and leaves a sign. */
  async look(): Promise<void> {
    if (this.isRunning) {
      await this.recordAbsence(this.attendance.look());
      await this.attendance.beat(this.entries);
    }
  }

  /** Records that the time is up, where it is whatever the answers to open questions. */
  async expire(): Promise<void> {
    await this.look();
    const { clock } = this.session.state();
    if (clock.state === "running" && certainlyElapsedAt(clock, this.session.time.now()) === clock.limitMs) {
      await this.session.record("clock.expired", {});
    }
  }

  /** @throws {SessionError} `gap` where there would be no time left unless an open question is answered by a break */
  expectTime(): void {
    const { clock } = this.session.state();
    if (clock.gaps.length > 0 && remainingAt(clock, this.session.time.now()) === 0) {
      throw new SessionError("gap", "Whether there is time left depends on a gap in your working time; say first whether it was work or a break.");
    }
  }

  /** @throws {SessionError} `gap` where there is no such question, `scoring` where its answer is not known yet */
  async answer(gap: Gap, countedAs: "work" | "break"): Promise<void> {
    const { clock, attempts } = this.session.state();
    const open = clock.gaps.find((one) => isSameGap(one, gap));
    if (open === undefined) {
      throw new SessionError("gap", "This question was answered already.");
    }
    const unfinished = attempts.find(({ entry, outcome }) => entry < open.entry && outcome.kind === "running");
    if (countedAs === "break" && unfinished !== undefined) {
      throw new SessionError("scoring", `Attempt ${unfinished.number} went on meanwhile and counts as work; answer when its end is on record.`);
    }
    const scorings = attempts.flatMap(({ kind, startedAt, ranUntil }) => (kind === "start" || ranUntil === null ? [] : [{ from: startedAt, until: ranUntil }]));
    const { cause, from, until } = open;
    await this.session.record("clock.adjusted", {
      addMs: adjustmentFor(open, countedAs, scorings),
      reason: `${describeGap(open)}, counted as ${countedAs === "work" ? "work" : "a break"}`,
      gap: { cause, from, until, countedAs },
    });
  }

  /** Leaves a last sign. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.timer);
    this.timer = undefined;
    await this.look();
    this.attendance.end();
  }

  private get isRunning(): boolean {
    return this.session.state().clock.state === "running";
  }

  private keepBeating(): void {
    if (this.isRunning && !this.isClosed) {
      this.timer ??= setInterval(this.onBeat, beatEvery).unref();
    } else {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    if (!this.isRunning) {
      this.attendance.end();
    }
  }

  private async recordAbsence({ gaps, corrections }: Absence): Promise<void> {
    for (const gap of corrections) {
      const seconds = Math.round((gap.until - gap.from) / 1000);
      const reason = `the computer's clock was set ${seconds < 0 ? "back" : "forward"} by ${Math.abs(seconds)} s`;
      await this.session.record("clock.adjusted", { addMs: adjustmentFor(gap, "break", []), reason, gap: { ...gap, countedAs: "break" } });
    }
    for (const gap of gaps) {
      await this.session.record("clock.gap", gap);
    }
  }
}

/** A gap in a few words, such as `closed for 0:37`. */
function describeGap({ cause, from, until }: Gap): string {
  const length = formatMinutes(until - from);
  return { closed: `closed for ${length}`, slept: `stood still for ${length}`, "clock-jumped": `the computer's clock moved by ${length}` }[cause];
}
