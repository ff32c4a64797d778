/** A seed from text: FNV-1a, 32 bits. */
export function seedOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * Draws as many as there are, with replacement: how often each of them was drawn. The same for the same two numbers, so that each resample of
 * each sample has a stream of its own, whoever computes it. Random bits are those of sfc32 (Chris Doty-Humphrey's PractRand).
 */
export function drawCounts(counts: Uint32Array, seed: number, stream: number): void {
  counts.fill(0);
  const n = counts.length;
  const scale = n / 2 ** 32;
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  // The first numbers depend on the seed too plainly.
  for (let drawn = -15, counter = 1; drawn < n; drawn++, counter = (counter + 1) | 0) {
    const bits = (((a + b) | 0) + counter) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + bits) | 0;
    if (drawn >= 0) {
      const index = ((bits >>> 0) * scale) >>> 0;
      counts[index] = (counts[index] ?? 0) + 1;
    }
  }
}
