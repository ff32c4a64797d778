import type { TranscriptEvent } from "../event";
import { MemoryAppender } from "./appender";
import { callKey, type EventFiles, writeEvent } from "./event-files";
import { Names } from "./layout";
import { rowBytes } from "./rows";

/** The events of a part as they lie in the files of a generation, but for what the parts before decide. All of it may be sent to another thread. */
export interface WrittenPart {
  readonly count: number;
  /** Places are counted from the part's own beginning, names are numbers of its own, and there are no links and spans yet. */
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly heads: Uint8Array<ArrayBuffer>;
  readonly text: Uint8Array<ArrayBuffer>;
  readonly names: readonly string[];
  /** The events that are calls or results. */
  readonly calls: { readonly ordinals: readonly number[]; readonly keys: readonly string[]; readonly areCalls: readonly number[] };
}

/** Stands for any event that is about no span, when it is placed among spans. */
export const plainEvent: TranscriptEvent = { id: "", kind: "note", title: "", text: "", fields: {}, isError: false, isRepeat: false, source: { file: "", member: "", start: 0, end: 0 } };

const noSpan = { span: -1, begins: false, isScorers: false } as const;

/** A part that is larger, because of a line that is, is not held in memory once more. */
const largestPart = 16 * 2 ** 20;

/**
 * Writes the events of a part of so many bytes into memory. Undefined where it is too large for that, or an event is about spans
 * or samples, for which all before it must be known.
 */
export function writtenPart(events: Iterable<TranscriptEvent>, bytes: number): WrittenPart | undefined {
  if (bytes > largestPart) {
    return undefined;
  }
  const files: EventFiles<MemoryAppender> = { rows: new MemoryAppender(1024 * rowBytes), heads: new MemoryAppender(bytes / 2), text: new MemoryAppender(bytes) };
  const names = new Names();
  const calls = { ordinals: [] as number[], keys: [] as string[], areCalls: [] as number[] };
  let count = 0;
  for (const event of events) {
    if (isPlaced(event)) {
      return undefined;
    }
    const key = callKey(event);
    if (key !== undefined) {
      calls.ordinals.push(count);
      calls.keys.push(key);
      calls.areCalls.push(event.kind === "tool-call" ? 1 : 0);
    }
    writeEvent(event, files, names, -1, noSpan);
    count++;
  }
  return { count, rows: files.rows.taken(), heads: files.heads.taken(), text: files.text.taken(), names: names.all, calls };
}

function isPlaced({ kind, sample, span, fields }: TranscriptEvent): boolean {
  return sample !== undefined || span !== undefined || (kind === "state" && (fields["span"] !== undefined || fields["step"] !== undefined));
}
