import type { Codes } from "./tokens";

/** How texts are sampled. Every copy of `run + window - 1` codes or more shares a fingerprint with its source. */
export interface Sampling {
  /** Codes in a run that is hashed. */
  readonly run: number;
  /** Of so many runs that follow each other one is kept. */
  readonly window: number;
}

const base = 0x01000193;

/** The fingerprints of a text, in its order. Good until the next text is winnowed. */
export interface Fingerprints {
  /** 32 bits each, signed. */
  readonly hashes: Int32Array;
  /** Where the run of each begins, as a place in the codes. */
  readonly places: Uint32Array;
  readonly length: number;
  /** Steps of work that were done, which tests hold against the length of the text. */
  readonly steps: number;
}

/** Memory that all share, so that no text needs memory of its own while it is looked through. */
let runHashes = new Int32Array(1 << 12);
let [hashes, places] = [new Int32Array(1 << 12), new Uint32Array(1 << 12)];

function makeRoom(runs: number): void {
  if (runHashes.length < runs) {
    const size = 2 ** Math.ceil(Math.log2(runs));
    runHashes = new Int32Array(size);
    [hashes, places] = [new Int32Array(size), new Uint32Array(size)];
  }
}

/**
 * The fingerprints of a text by winnowing: S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: local algorithms for document
 * fingerprinting", SIGMOD 2003. Takes time linear in the text.
 */
export function winnow({ codes, length }: Codes, { run, window }: Sampling): Fingerprints {
  const runs = length - run + 1;
  if (runs <= 0) {
    return { hashes, places, length: 0, steps: 0 };
  }
  makeRoom(runs);
  hashRuns(codes, length, run);
  // The least hash of each window, the last of equal ones. It is looked for anew only when it has left the window, about once for each window.
  let least = 0x7fffffff;
  let leastAt = 0;
  let count = 0;
  let steps = length;
  for (let at = 0; at < runs; at++) {
    const hash = runHashes[at] as number;
    if (hash <= least) {
      [least, leastAt] = [hash, at];
    } else if (leastAt <= at - window) {
      least = hash;
      leastAt = at;
      for (let before = at - 1; before > at - window; before--) {
        if ((runHashes[before] as number) < least) {
          least = runHashes[before] as number;
          leastAt = before;
        }
      }
      steps += window;
    }
    if ((at >= window - 1 || at === runs - 1) && (count === 0 || places[count - 1] !== leastAt)) {
      hashes[count] = least;
      places[count++] = leastAt;
    }
  }
  return { hashes, places, length: count, steps };
}

/** A rolling hash of each run, as signed 32 bits. */
function hashRuns(codes: Uint32Array, length: number, run: number): void {
  let power = 1;
  for (let step = 0; step < run; step++) {
    power = Math.imul(power, base);
  }
  let rolling = 0;
  for (let at = 0; at < run; at++) {
    rolling = (Math.imul(rolling, base) + (codes[at] as number) + 1) | 0;
  }
  runHashes[0] = mixed(rolling);
  for (let at = run; at < length; at++) {
    rolling = (Math.imul(rolling, base) - Math.imul((codes[at - run] as number) + 1, power) + (codes[at] as number) + 1) | 0;
    runHashes[at - run + 1] = mixed(rolling);
  }
}

/** The low bits of a polynomial hash are poor; this mixes them. */
const mixed = (hash: number): number => Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ (hash >>> 13);

/** A set of 32-bit hashes in little memory; full, it takes no more. */
export class HashSet {
  private table = new Uint32Array(1 << 10);
  private count = 0;

  constructor(private readonly capacity = 1 << 20) {}

  get isFull(): boolean {
    return this.count >= this.capacity;
  }

  /** @param hash 32 bits, signed or not */
  add(hash: number): void {
    if (this.isFull) {
      return;
    }
    if (this.count * 2 >= this.table.length) {
      const old = this.table;
      this.table = new Uint32Array(old.length * 2);
      this.count = 0;
      old.forEach((value) => value !== 0 && this.add(value));
    }
    const value = hash === 0 ? 1 : hash >>> 0;
    const mask = this.table.length - 1;
    let at = Math.imul(value, 0x9e3779b1) >>> 0 & mask;
    for (; this.table[at] !== 0; at = (at + 1) & mask) {
      if (this.table[at] === value) {
        return;
      }
    }
    this.table[at] = value;
    this.count++;
  }

  has(hash: number): boolean {
    const value = hash === 0 ? 1 : hash >>> 0;
    const mask = this.table.length - 1;
    for (let at = Math.imul(value, 0x9e3779b1) >>> 0 & mask; this.table[at] !== 0; at = (at + 1) & mask) {
      if (this.table[at] === value) {
        return true;
      }
    }
    return false;
  }
}

/** The places of fingerprints in sources: a hash table in three arrays, without an object for each place. */
export class FingerprintPlaces {
  /** First place of each hash, as its number from 1 on; 0 where there is none. */
  private table = new Uint32Array(1 << 10);
  private hashes = new Int32Array(1 << 9);
  private entries = new Uint32Array(1 << 9);
  private positions = new Uint32Array(1 << 9);
  /** Of each place the next one of the same hash, as its number from 1 on. */
  private following = new Uint32Array(1 << 9);
  private count = 0;

  /** @param most so many places of a hash are kept, the first ones */
  constructor(private readonly most: number) {}

  add(hash: number, entry: number, position: number): void {
    if (this.count === this.hashes.length) {
      this.grow();
    }
    const slot = this.slotOf(hash);
    let last = this.table[slot] as number;
    for (let known = 1; last !== 0 && this.following[last - 1] !== 0; known++) {
      if (known + 1 >= this.most) {
        return;
      }
      last = this.following[last - 1] as number;
    }
    this.hashes[this.count] = hash;
    this.entries[this.count] = entry;
    this.positions[this.count++] = position;
    if (last === 0) {
      this.table[slot] = this.count;
    } else {
      this.following[last - 1] = this.count;
    }
  }

  /** The first place of a hash, for {@link entryOf}, {@link positionOf} and {@link after}; 0 where there is none. */
  firstOf(hash: number): number {
    return this.table[this.slotOf(hash)] as number;
  }

  /** The next place of the same hash; 0 where there is none. */
  after(place: number): number {
    return this.following[place - 1] as number;
  }

  entryOf(place: number): number {
    return this.entries[place - 1] as number;
  }

  positionOf(place: number): number {
    return this.positions[place - 1] as number;
  }

  private slotOf(hash: number): number {
    const mask = this.table.length - 1;
    let slot = (Math.imul(hash, 0x9e3779b1) >>> 0) & mask;
    for (let place = this.table[slot] as number; place !== 0 && this.hashes[place - 1] !== hash; place = this.table[slot] as number) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private grow(): void {
    const size = 2 * this.hashes.length;
    const old = this.table;
    this.hashes = grown(this.hashes, new Int32Array(size));
    this.entries = grown(this.entries, new Uint32Array(size));
    this.positions = grown(this.positions, new Uint32Array(size));
    this.following = grown(this.following, new Uint32Array(size));
    this.table = new Uint32Array(2 * size);
    for (const place of old) {
      if (place !== 0) {
        this.table[this.slotOf(this.hashes[place - 1] as number)] = place;
      }
    }
  }
}

function grown<Numbers extends Int32Array | Uint32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
