import { messageOf } from "../../base";
import type { ReplayQuery, ToReplay } from "../../protocol";
import { type SearchResult, TranscriptError } from "../../transcripts";
import type { ReplayDocument } from "./replay-document";

/** While matches come in, the panel hears of them so often, in ms. A transcript that grows is searched again as often. */
const tellEvery = 200;
const searchAgainAfter = 2000;

/** The search of one panel: one at a time, again when the transcript has grown. */
export class ReplaySearch {
  /** What was found so far. */
  found: SearchResult | undefined;
  private query: ReplayQuery | undefined;
  private stop = new AbortController();
  private again: NodeJS.Timeout | undefined;

  constructor(
    private readonly document: ReplayDocument,
    private readonly send: (message: ToReplay & { type: "found" }) => void,
  ) {}

  /** Searches for something else, or for nothing any more. */
  search(query: ReplayQuery | undefined): void {
    this.stop.abort();
    this.stop = new AbortController();
    clearTimeout(this.again);
    this.again = undefined;
    this.query = query;
    this.found = undefined;
    if (query === undefined || query.pattern === "") {
      this.tell(undefined, false, "");
      return;
    }
    void this.run(query, this.stop.signal);
  }

  /** To be called when the transcript has changed: what was found in it before stays until it was searched anew. */
  changed(): void {
    if (this.query !== undefined && this.query.pattern !== "") {
      this.again ??= setTimeout(() => {
        this.again = undefined;
        if (this.query !== undefined) {
          this.stop.abort();
          this.stop = new AbortController();
          void this.run(this.query, this.stop.signal);
        }
      }, searchAgainAfter);
    }
  }

  private async run(query: ReplayQuery, signal: AbortSignal): Promise<void> {
    let told = 0;
    try {
      const result = await this.document.store.search(query, signal, (found) => {
        if (!signal.aborted && performance.now() - told > tellEvery) {
          told = performance.now();
          this.found = found;
          this.tell(found, true, "");
        }
      });
      if (!signal.aborted) {
        this.found = result;
        this.tell(result, false, "");
      }
    } catch (error) {
      if (!signal.aborted && !(error instanceof TranscriptError && error.reason === "cancelled")) {
        this.tell(undefined, false, messageOf(error));
      }
    }
  }

  private tell(found: SearchResult | undefined, isSearching: boolean, problem: string): void {
    this.send({ type: "found", count: found?.count ?? 0, events: found?.eventCount ?? 0, hasMore: found?.hasMore === true, isSearching, problem });
  }

  dispose(): void {
    this.stop.abort();
    clearTimeout(this.again);
  }
}
