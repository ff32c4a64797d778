import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReplayFilter } from "../../protocol";
import { type EventColumns, ShownEvents, sliceMilliseconds } from "../../transcripts";
import type { ReplayDocument } from "./replay-document";

/** The list of one panel: the events that its filter lets through, made in slices between which the editor has its turn. */
export class ShownList {
  private shown: ShownEvents | undefined;
  private madeFrom: EventColumns | undefined;
  private more: NodeJS.Immediate | undefined;

  /** @param changed called when it was extended, with how many from the first on are as they were */
  constructor(
    private readonly document: ReplayDocument,
    private readonly changed: (kept: number) => void,
  ) {}

  /** What is listed so far; undefined before anything is. */
  get events(): ShownEvents | undefined {
    return this.shown;
  }

  /** Lists anew by a filter. Resolves when an event has its place in the list; those behind it come a little later. */
  async list(filter: ReplayFilter, ordinal: number): Promise<void> {
    this.madeFrom = this.document.columns;
    this.shown = new ShownEvents(this.madeFrom, filter);
    this.extend();
    await this.reached(ordinal);
  }

  /** Resolves when an event has its place in the list, at the end of the transcript at the latest. */
  async reached(ordinal: number): Promise<void> {
    const { shown } = this;
    const { store } = this.document;
    if (shown?.has(ordinal) === false) {
      this.document.goOn();
    }
    while (shown !== undefined && shown === this.shown && !shown.has(ordinal) && ordinal < store.count) {
      await nextTurn();
    }
  }

  /** To be called when the document has changed, with how many events from the first on are as they were. */
  follow(kept: number): void {
    const { columns } = this.document;
    if (this.shown === undefined) {
      return;
    }
    if (columns !== this.madeFrom) {
      this.madeFrom = columns;
      this.shown = new ShownEvents(columns, this.shown.filter);
      this.extend();
      this.changed(0);
      return;
    }
    if (kept < columns.count) {
      this.shown.truncate(kept);
    }
    this.changed(this.extend());
  }

  /** Takes in what fits a slice, and sees to the rest. */
  private extend(): number {
    const { columns, store } = this.document;
    const { shown } = this;
    if (shown === undefined) {
      return 0;
    }
    const kept = shown.extend(store.state.isComplete && columns.count === store.count, sliceMilliseconds);
    if (shown.isBehind) {
      this.more ??= setImmediate(() => {
        this.more = undefined;
        this.follow(columns.count);
      });
    }
    return kept;
  }

  dispose(): void {
    this.shown = undefined;
    clearImmediate(this.more);
  }
}
