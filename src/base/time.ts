
/** Where the core takes time from; passed in, so that tests own it. */
export interface Time {
  /** Milliseconds since the Unix epoch, UTC. May jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds on a clock that never jumps; its zero is arbitrary. */
  monotonic(): number;
}

/** This machine's own clocks. The monotonic one counts from the system's start, so it agrees between processes. */
export const systemTime: Time = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1000n) / 1000,
};
