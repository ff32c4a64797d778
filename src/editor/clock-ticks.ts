import * as vscode from "vscode";
import { elapsedAt, remainingAt } from "../sessions";
import type { WindowSession } from "./window-session";

/** In the last minutes the clock is shown by the second. In ms. */
export const lastMinutes = 10 * 60_000;

/** A moment at which what a running clock shows changes. */
export interface ClockTick {
  /** Whether a minute of working time is full; else only a second of the last ten minutes. */
  readonly isMinute: boolean;
}

/**
 * Fires when what a running clock shows changes: at each full minute of
 * working time, each second in the last ten minutes, and when the time is up.
 * It is the one timer behind all that shows the clock; there is none while no clock runs.
 */
export class ClockTicks implements vscode.Disposable {
  private readonly ticks = new vscode.EventEmitter<ClockTick>();
  readonly onDidTick = this.ticks.event;
  private timer: NodeJS.Timeout | undefined;
  private readonly parts: vscode.Disposable;

  constructor(private readonly current: WindowSession) {
    this.parts = vscode.Disposable.from(this.ticks, current.onDidChange(() => this.schedule()));
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const clock = this.current.session?.state.clock;
    if (clock?.state !== "running") {
      return;
    }
    const now = Date.now();
    const step = remainingAt(clock, now) <= lastMinutes ? 1000 : 60_000;
    const untilNext = step - (elapsedAt(clock, now) % step);
    const isMinute = Math.round(elapsedAt(clock, now) + untilNext) % 60_000 === 0;
    this.timer = setTimeout(() => {
      this.ticks.fire({ isMinute });
      this.schedule();
    }, untilNext);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.parts.dispose();
  }
}
