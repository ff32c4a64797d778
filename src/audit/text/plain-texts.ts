/** Bits of the table: two characters share an entry with few others. */
const tableBits = 12;
const pairOf = (one: number, other: number): number => ((one << 5) ^ other) & ((1 << tableBits) - 1);

/**
 * Several plain texts looked for at once, by what the last two characters of a window allow to skip: S. Wu, U. Manber, "A fast algorithm for
 * multi-pattern searching", TR-94-17, University of Arizona 1994.
 */
export class PlainTexts {
  /** The shortest of the texts is as long as the window. */
  private readonly window: number;
  private readonly skips: Uint8Array;
  /** Those whose window ends with a pair, by the pair. */
  private readonly endings = new Map<number, string[]>();
  /** Of each pair, whether a text begins with it. */
  private readonly begins: Uint8Array;

  /** @param texts of two characters or more each; upper and lower case differ */
  constructor(texts: readonly string[]) {
    this.window = Math.min(255, ...texts.map(({ length }) => length));
    this.skips = new Uint8Array(1 << tableBits).fill(this.window - 1);
    this.begins = new Uint8Array(1 << tableBits);
    for (const text of texts) {
      this.begins[pairOf(text.charCodeAt(0), text.charCodeAt(1))] = 1;
      for (let end = 1; end < this.window; end++) {
        const pair = pairOf(text.charCodeAt(end - 1), text.charCodeAt(end));
        this.skips[pair] = Math.min(this.skips[pair] as number, this.window - 1 - end);
        if (end === this.window - 1) {
          this.endings.set(pair, [...(this.endings.get(pair) ?? []), text]);
        }
      }
    }
  }

  /** Where the first of the texts begins that stands at `from` or behind it, and before `to` as far as the shortest of them is long; -1 where none does. */
  indexIn(text: string, from: number, to = text.length): number {
    for (let end = from + this.window - 1; end < to; ) {
      const pair = pairOf(text.charCodeAt(end - 1), text.charCodeAt(end));
      const skip = this.skips[pair] as number;
      if (skip > 0) {
        end += skip;
        continue;
      }
      const start = end - this.window + 1;
      if (this.begins[pairOf(text.charCodeAt(start), text.charCodeAt(start + 1))] === 1) {
        for (const one of this.endings.get(pair) ?? []) {
          if (text.startsWith(one, start)) {
            return start;
          }
        }
      }
      end++;
    }
    return -1;
  }
}
