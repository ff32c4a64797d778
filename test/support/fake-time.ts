import type { Time } from "../../src/base";

/** A clock that a test owns. Both clocks move together unless the wall clock is set. */
export class FakeTime implements Time {
  private wall = Date.parse("2026-01-05T09:00:00.000Z");
  private steady = 1_000_000;
  private boots = 0;

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.steady;
  }

  sinceBoot(): number {
    return this.steady;
  }

  boot(): string {
    return `boot ${this.boots}`;
  }

  /** Starts the computer anew: what counts from its start begins again. */
  reboot(): void {
    this.boots += 1;
    this.steady = 0;
  }

  /** Sets the wall clock back, in ms (forward where negative); the steady one goes on. */
  setBack(milliseconds: number): void {
    this.wall -= milliseconds;
  }

  /** Lets time pass, in ms. */
  pass(milliseconds: number): void {
    this.wall += milliseconds;
    this.steady += milliseconds;
  }
}
