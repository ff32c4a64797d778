/**
 * A generator of 32-bit pseudo-random numbers that is the same at each run: sfc32 of Chris Doty-Humphrey's PractRand. Seeded by two numbers,
 * so that each resample of each sample has its own stream, whoever computes it.
 */
export function randomBits(seed: number, stream: number): () => number {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) {
    next();
  }
  return next;
}

/** A seed from text: FNV-1a, 32 bits. */
export function seedOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Draws as many as there are, with replacement: how often each of them was drawn. */
export function drawCounts(counts: Uint32Array, seed: number, stream: number): void {
  counts.fill(0);
  const n = counts.length;
  const next = randomBits(seed, stream);
  const scale = n / 2 ** 32;
  for (let drawn = 0; drawn < n; drawn++) {
    const index = (next() * scale) >>> 0;
    counts[index] = (counts[index] ?? 0) + 1;
  }
}
