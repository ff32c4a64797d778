/** Marks what was found, without changing the page: the browser paints ranges. */
const found = new Highlight();
const current = new Highlight();
current.priority = 1;
CSS.highlights.set("found", found);
CSS.highlights.set("found-current", current);

/** The marks of one row. */
export class Marks {
  private ranges: readonly Range[] = [];

  set(ranges: readonly Range[]): void {
    this.clear();
    this.ranges = ranges;
    ranges.forEach((range) => found.add(range));
  }

  clear(): void {
    this.ranges.forEach((range) => {
      found.delete(range);
      current.delete(range);
    });
    this.ranges = [];
  }
}

/** Marks one place more than others: the one that was gone to. */
export function markCurrent(ranges: readonly Range[]): void {
  current.clear();
  ranges.forEach((range) => current.add(range));
}
