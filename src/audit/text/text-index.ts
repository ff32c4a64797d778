import { type Codes, keptCodes } from "./tokens";
import { FingerprintPlaces, type Fingerprints, HashSet, type Sampling, winnow } from "./winnowing";

/** Of runs that stand in several places, so many places are tried. */
const maxPlaces = 4;

/** A part of a text that stands in a source too. */
export interface Copy<Source> {
  readonly source: Source;
  /** UTF-16 offsets in the source's text. */
  readonly sourceStart: number;
  readonly sourceEnd: number;
  /** UTF-16 offsets in the text that was looked up. */
  readonly start: number;
  readonly end: number;
  /** Codes that are the same. */
  readonly length: number;
  /** The part of its fingerprints, from 0 to 1, that stand in no text that anyone may repeat. */
  readonly novelty: number;
}

interface Entry<Source> {
  readonly codes: Codes;
  readonly source: Source;
}

/** Where pieces of text came from: sources by their fingerprints, and texts that anyone may repeat. */
export class TextIndex<Source> {
  private readonly places = new FingerprintPlaces(maxPlaces);
  private readonly entries: Entry<Source>[] = [];
  private readonly free = new HashSet();
  private size = 0;
  /** Steps of work done so far. */
  steps = 0;

  /** @param capacity codes of sources that are kept; what comes later is not looked for */
  constructor(
    private readonly read: (text: string) => Codes,
    private readonly sampling: Sampling,
    private readonly capacity = 2 ** 23,
  ) {}

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Adds a source. What it shares with texts that anyone may repeat stays free. */
  addSource(text: string, source: Source): void {
    const codes = keptCodes(this.read(text));
    if (this.size + codes.length > this.capacity) {
      return;
    }
    this.size += codes.length;
    const entry = this.entries.push({ codes, source }) - 1;
    const prints = winnow(codes, this.sampling);
    this.steps += prints.steps;
    for (let index = 0; index < prints.length; index++) {
      this.places.add(prints.hashes[index] as number, entry, prints.places[index] as number);
    }
  }

  /** Adds a text that anyone may repeat from here on: instructions, starting solution, one's own words. */
  addFree(text: string): void {
    const prints = winnow(this.read(text), this.sampling);
    this.steps += prints.steps;
    for (let index = 0; index < prints.length; index++) {
      this.free.add(prints.hashes[index] as number);
    }
  }

  /** The longest parts of a text that stand in sources, in the order of the text, of at least `least` codes. */
  copiesIn(text: string, least: number): Copy<Source>[] {
    if (this.isEmpty) {
      return [];
    }
    const codes = this.read(text);
    const copies: Copy<Source>[] = [];
    const prints = winnow(codes, this.sampling);
    this.steps += prints.steps;
    let covered = 0;
    for (let index = 0; index < prints.length; index++) {
      const at = prints.places[index] as number;
      if (at < covered) {
        continue;
      }
      let best: { entry: Entry<Source>; from: number; sourceFrom: number; length: number } | undefined;
      for (let place = this.places.firstOf(prints.hashes[index] as number); place !== 0; place = this.places.after(place)) {
        const entry = this.entries[this.places.entryOf(place)];
        const found = entry === undefined ? undefined : this.extend(codes, at, entry.codes, this.places.positionOf(place), at - covered);
        if (entry !== undefined && found !== undefined && (best === undefined || found.length > best.length)) {
          best = { entry, ...found };
        }
      }
      if (best === undefined || best.length < least) {
        continue;
      }
      const { entry, from, sourceFrom, length } = best;
      covered = from + length;
      copies.push({
        source: entry.source,
        start: codes.starts[from] ?? 0,
        end: codes.ends[covered - 1] ?? 0,
        sourceStart: entry.codes.starts[sourceFrom] ?? 0,
        sourceEnd: entry.codes.ends[sourceFrom + length - 1] ?? 0,
        length,
        novelty: this.noveltyOf(prints, from, covered - this.sampling.run),
      });
    }
    return copies;
  }

  /** @param back how far back it may reach: not into a copy that was found before */
  private extend(text: Codes, at: number, source: Codes, place: number, back: number): { from: number; sourceFrom: number; length: number } | undefined {
    let before = 0;
    while (before < back && before < place && text.codes[at - before - 1] === source.codes[place - before - 1]) {
      before++;
    }
    let after = 0;
    while (at + after < text.length && place + after < source.length && text.codes[at + after] === source.codes[place + after]) {
      after++;
    }
    this.steps += before + after;
    return after < this.sampling.run ? undefined : { from: at - before, sourceFrom: place - before, length: before + after };
  }

  /** The part of the fingerprints from one place to another, both included, that stand in no text that anyone may repeat. */
  private noveltyOf({ hashes, places, length }: Fingerprints, from: number, to: number): number {
    let low = 0;
    for (let high = length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((places[middle] as number) < from) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    let [all, novel] = [0, 0];
    for (let index = low; index < length && (places[index] as number) <= to; index++) {
      all++;
      novel += this.free.has(hashes[index] as number) ? 0 : 1;
    }
    return all === 0 ? 0 : novel / all;
  }
}
