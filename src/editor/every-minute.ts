import type * as vscode from "vscode";
import { elapsedAt, remainingAt } from "../sessions";
import type { WindowSession } from "./window-session";

/** In the last minutes the clock is shown by the second. In ms. */
export const lastMinutes = 10 * 60_000;

/**
 * Calls back when what a running clock shows changes: at each full minute of
 * working time, each second in the last ten minutes, and when the time is up.
 * There is no timer while no clock runs.
 */
export class EveryMinute implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly current: WindowSession,
    private readonly tick: () => void,
  ) {
    this.subscription = current.onDidChange(() => this.schedule());
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
    this.timer = setTimeout(() => {
      this.tick();
      this.schedule();
    }, untilNext);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
  }
}
