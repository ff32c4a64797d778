import { expect, test } from "vitest";
import { origins, auditMutated, mutatedTranscript } from "../../support/audit-fuzz";

/** `node scripts/fuzz.mjs` audits as many as there is time for. */
const seeds = Array.from({ length: 80 }, (_, seed) => seed);

test("an audit of a transcript that is damaged and distorted in any way comes to its end", async () => {
  const own = origins.filter((origin) => "moves" in origin);
  const events: number[] = [];
  for (const seed of seeds) {
    try {
      events.push((await auditMutated(mutatedTranscript(seed, own))) ?? 0);
    } catch (error) {
      throw new Error(`The audit of seed ${seed} failed.`, { cause: error });
    }
  }
  // Most are still transcripts, and audits look at them.
  expect(events.filter((count) => count > 3).length).toBeGreaterThan(seeds.length / 2);
});
