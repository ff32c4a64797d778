/**
 * When what was there on the way to a panel's first screen, in ms since the epoch (UTC) with fractions. The page has them
 * with its own marks (`performance.getEntriesByType("mark")`), so that `npm run bench -- replay` can tell where time goes.
 */
export class OpeningMarks {
  private readonly marks: [name: string, at: number][] = [];

  mark(name: string): void {
    this.marks.push([name, performance.timeOrigin + performance.now()]);
  }

  get all(): readonly (readonly [name: string, at: number])[] {
    return this.marks;
  }
}
