import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { sha256, StreamHash } from "../../../src/base";

test.each([
  ["on this thread", 1000],
  ["beside it", 64 * 1024 * 1024],
])("hashes what comes piece by piece as a whole, whatever becomes of the pieces (%s)", async (_, likelyBytes) => {
  // Longer than the memory that is shared with a thread.
  const content = randomBytes(6_000_000);
  const hash = new StreamHash(likelyBytes);
  for (let at = 0, length = 1; at < content.length; at += length, length = Math.min(length * 3, 700_000)) {
    const piece = Buffer.from(content.subarray(at, at + length));
    await hash.update(piece);
    piece.fill(0);
  }
  expect(await hash.digest()).toBe(sha256(content));
  hash.close();
});

test("the thread that hashes is gone once the hash is closed", async () => {
  const hash = new StreamHash(64 * 1024 * 1024);
  await hash.update(Buffer.from("begun"));
  hash.close();
  await expect(hash.digest()).rejects.toThrow("ended");
});
