import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** Where the core takes time from; passed in, so that tests own it. */
export interface Time {
  /** Milliseconds since the Unix epoch, UTC. May jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds on a clock that never jumps; its zero is arbitrary. */
  monotonic(): number;
  /** Milliseconds since the computer was started, to within a second. Does not jump, and goes on while the computer sleeps where the system can tell. */
  sinceBoot(): number;
  /** A text that is another one after each start of the computer; null where the system has none. */
  boot(): string | null;
}

/** This machine's own clocks. The monotonic one counts from the system's start, so it agrees between processes. */
export const systemTime: Time = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  sinceBoot: () => uptime() * 1000,
  boot: () => (bootIdentity ??= readBootIdentity()),
};

let bootIdentity: string | null | undefined;

function readBootIdentity(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}

/** A duration in milliseconds as `h:mm`, rounded down to the minute: `2:44`. Negative durations show as `0:00`. */
export function formatMinutes(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** A duration in milliseconds as `h:mm:ss`, rounded down to the second: `1:23:45`. Negative durations show as `0:00:00`. */
export function formatSeconds(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${formatMinutes(milliseconds)}:${String(seconds % 60).padStart(2, "0")}`;
}
