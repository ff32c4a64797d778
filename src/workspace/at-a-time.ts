import { setImmediate as othersTurn } from "node:timers/promises";

/** How long a thread works before others have their turn, in ms. */
const workAtMost = 10;

/** For much work in small pieces, none of which waits for anything: lets everything else that this thread has to do have its turn. */
export class Pauses {
  private since = performance.now();

  /** To be awaited before each piece. */
  async next(): Promise<void> {
    if (performance.now() - this.since > workAtMost) {
      await othersTurn();
      this.since = performance.now();
    }
  }
}

/** Calls `work` for all items, at most `count` at a time. The first failure stops taking up new ones and is thrown when those under way are over. */
export async function atATime<Item>(count: number, items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = waiting.next(); item.done !== true && failures.length === 0; item = waiting.next()) {
      try {
        await work(item.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: count }, worker));
  if (failures.length > 0) {
    throw failures[0];
  }
}

/** The results of `work` for all items, in order; up to `count` are worked on ahead of the one that is taken. */
export async function* ahead<Item, Result>(count: number, items: Iterable<Item>, work: (item: Item) => Promise<Result>): AsyncGenerator<Result, void> {
  const underWay: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // It is heard of when it is its turn.
      result.catch(() => undefined);
      underWay.push(result);
      const first = underWay.length >= count ? underWay.shift() : undefined;
      if (first !== undefined) {
        yield await first;
      }
    }
    for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) {
      yield await first;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
