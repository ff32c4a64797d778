import { type Codes, keptCodes } from "./tokens";
import { HashSet, type Sampling, winnow } from "./winnowing";

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
  private readonly places = new Map<number, number[]>();
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
    this.steps += winnow(codes, this.sampling, (hash, at) => {
      const places = this.places.get(hash);
      if (places === undefined) {
        this.places.set(hash, [entry, at]);
      } else if (places.length < 2 * maxPlaces) {
        places.push(entry, at);
      }
    });
  }

  /** Adds a text that anyone may repeat from here on: instructions, starting solution, one's own words. */
  addFree(text: string): void {
    this.steps += winnow(this.read(text), this.sampling, (hash) => this.free.add(hash));
  }

  /** The longest parts of a text that stand in sources, in the order of the text, of at least `least` codes. */
  copiesIn(text: string, least: number): Copy<Source>[] {
    if (this.isEmpty) {
      return [];
    }
    const codes = this.read(text);
    const copies: Copy<Source>[] = [];
    const prints: { hash: number; at: number }[] = [];
    this.steps += winnow(codes, this.sampling, (hash, at) => prints.push({ hash, at }));
    let covered = 0;
    for (const { hash, at } of prints) {
      if (at < covered) {
        continue;
      }
      let best: { entry: Entry<Source>; from: number; sourceFrom: number; length: number } | undefined;
      const places = this.places.get(hash) ?? [];
      for (let index = 0; index < places.length; index += 2) {
        const entry = this.entries[places[index] ?? 0];
        const found = entry === undefined ? undefined : this.extend(codes, at, entry.codes, places[index + 1] ?? 0, at - covered);
        if (entry !== undefined && found !== undefined && (best === undefined || found.length > best.length)) {
          best = { entry, ...found };
        }
      }
      if (best === undefined || best.length < least) {
        continue;
      }
      const { entry, from, sourceFrom, length } = best;
      covered = from + length;
      const inside = insideOf(prints, from, covered - this.sampling.run);
      copies.push({
        source: entry.source,
        start: codes.starts[from] ?? 0,
        end: codes.ends[covered - 1] ?? 0,
        sourceStart: entry.codes.starts[sourceFrom] ?? 0,
        sourceEnd: entry.codes.ends[sourceFrom + length - 1] ?? 0,
        length,
        novelty: inside.length === 0 ? 0 : inside.filter((print) => !this.free.has(print.hash)).length / inside.length,
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
}

/** Those that begin at `from` to `to`, both included; they are in order. */
function insideOf(prints: readonly { hash: number; at: number }[], from: number, to: number): { hash: number; at: number }[] {
  let low = 0;
  for (let high = prints.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((prints[middle]?.at ?? 0) < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  let end = low;
  while (end < prints.length && (prints[end]?.at ?? 0) <= to) {
    end++;
  }
  return prints.slice(low, end);
}
