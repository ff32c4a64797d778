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
