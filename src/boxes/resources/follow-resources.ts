import { setTimeout as delay } from "node:timers/promises";
import { type Box, BoxError } from "../box";
import { ProbeReader } from "./probe-reader";
import { type ProbeOptions, probeScript } from "./probe-script";
import type { BoxResources } from "./resources";

/** What broke off is begun again after this time, in ms. */
const beginAgainAfter = 3000;
/** How long a single look waits for what a box is slow to tell, in ms. */
const lookWithin = 15_000;

/**
 * Tells what a box has and how much of it is in use, again and again, until the signal aborts; over one
 * process on the box. Begins again where the connection was lost.
 * @throws {BoxError} where the box cannot run the script, or is not to be reached any more
 */
export async function followResources(box: Box, options: ProbeOptions, tell: (resources: BoxResources) => void, signal: AbortSignal): Promise<void> {
  // Read anew each time: it changes while something is awaited.
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    const reader = new ProbeReader();
    try {
      const take = (bytes: Uint8Array): Promise<void> => {
        // Before the first tick less would be known than was before a lost connection.
        if (reader.write(bytes) && reader.resources.processors !== undefined) {
          tell(reader.resources);
        }
        return Promise.resolve();
      };
      const status = await box.watch(probeScript(options), take, signal);
      throw new BoxError("failed", `${box.name} stopped telling of itself (status ${status ?? "none"}).`);
    } catch (error) {
      if (isOver()) {
        return;
      }
      if (!(error instanceof BoxError && error.reason === "unreachable")) {
        throw error;
      }
    }
    await delay(beginAgainAfter, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * What a box has, once. What it has not told after 15 s stays undefined.
 * @throws {BoxError} where the box cannot be asked
 */
export async function readResources(box: Box, options: ProbeOptions, signal?: AbortSignal): Promise<BoxResources> {
  const reader = new ProbeReader();
  const enough = new AbortController();
  const late = AbortSignal.timeout(lookWithin);
  const stop = AbortSignal.any([enough.signal, late, ...(signal === undefined ? [] : [signal])]);
  const take = (bytes: Uint8Array): Promise<void> => {
    reader.write(bytes);
    if (reader.complete) {
      enough.abort();
    }
    return Promise.resolve();
  };
  try {
    const status = await box.watch(probeScript(options), take, stop);
    throw new BoxError("failed", `${box.name} does not tell what it has (status ${status ?? "none"}).`);
  } catch (error) {
    signal?.throwIfAborted();
    if (stop.aborted) {
      return reader.resources.gpus.kind === "unknown" ? { ...reader.resources, gpus: { kind: "silent" } } : reader.resources;
    }
    throw error;
  }
}
