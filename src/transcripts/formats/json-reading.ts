import type { EventSource, TranscriptEvent } from "../event";
import { decoded } from "../json/decode";
import { lineParts } from "../json/line-parts";
import { isBlank, type Line, lines } from "../json/lines";
import { parseJson } from "../json/parse";
import { type FoundRecord, JsonScanner, type RecordPaths } from "../json/scanner";
import { objectOf, shownText, timeOf } from "../json/values";
import { type EventBatch, inBatches, type LinesPart, type PartEntry, type ReadingPart, type ReadingStep, sealed, sealedAll, throwIfCancelled, type TranscriptReading } from "../reading";
import { type ByteSource, PartSource } from "../sources/byte-source";
import { RecordOrder } from "./record-order";
import type { FirstSight, Format, FormatReader, LineSurvey, TranscriptFacts } from "./format";

/** A record over this size is not parsed, only shown: one alone would fill the memory. */
const maxRecordBytes = 128 * 2 ** 20;
/** Of what cannot be parsed this much is shown; the source has the rest. */
const maxRawBytes = 2 ** 20;

/** So much of a document is looked at before its records are read. */
const beginningBytes = 4096;

/** Where the bytes of a reading lie: of the sources of its events all but the range. */
export type SourcePlace = Pick<EventSource, "file" | "member">;

/** Reads a file in one of the formats that are JSON documents or lines of JSON. */
export class JsonReading implements TranscriptReading {
  readonly format: string;
  readonly formatTitle: string;
  readonly files: readonly string[];
  facts: TranscriptFacts;
  private readonly input: JsonInput;

  constructor(
    private readonly source: ByteSource & { refresh?(): boolean; close?(): void },
    private readonly definition: Format,
    private readonly sight: FirstSight,
    place: SourcePlace = { file: "", member: "" },
    /** What ids begin with where several files are one transcript. */
    prefix = "",
  ) {
    this.format = definition.name;
    this.formatTitle = definition.title;
    this.files = [place.file];
    this.facts = factsOf(definition, sight);
    this.input = sight.isLines ? new LinesInput(source, definition, sight, place, prefix) : new DocumentInput(source, definition, sight, place);
  }

  async *batches(signal?: AbortSignal): AsyncGenerator<EventBatch, void> {
    yield* this.read(signal, true);
  }

  more(signal?: AbortSignal): AsyncGenerator<EventBatch, void> | undefined {
    return this.canGoOn() ? this.read(signal, false) : undefined;
  }

  /** Looks at the file again: whether it still has what was read of it, so that what was added can be read alone. */
  canGoOn(): boolean {
    const { source, input } = this;
    return input instanceof LinesInput && this.definition.order === undefined && source.refresh?.() === true && input.isSameSoFar() && !input.hasNews();
  }

  async *steps(bytes: (index: number) => number, signal?: AbortSignal): AsyncGenerator<ReadingStep, void> {
    const { input } = this;
    for (const part of input instanceof LinesInput ? input.parts(bytes) : []) {
      await Promise.resolve();
      yield { part };
    }
    // What says something about parts that were read is rare enough to read all of them once more.
    const isNews = input instanceof LinesInput && input.beginsAnew();
    yield { batches: () => (isNews ? this.readAnew(signal) : this.read(signal, true)) };
  }

  *partEntries(part: ReadingPart): Generator<PartEntry, void> {
    yield { events: this.partEvents(part), asked: [] };
  }

  partEvents(part: ReadingPart): Iterable<TranscriptEvent> {
    return this.input instanceof LinesInput && part.kind === "lines" ? this.input.partEvents(part) : [];
  }

  /** Its events, for whoever puts those of several files together. */
  events(): Generator<TranscriptEvent, void> {
    return this.input.events();
  }

  /** What stands behind the last event and is cut off. */
  rest(): TranscriptEvent[] {
    return this.input.rest();
  }

  get progress(): { readonly done: number; readonly total: number } {
    return { done: this.input.position, total: this.source.size };
  }

  private async *readAnew(signal: AbortSignal | undefined): AsyncGenerator<EventBatch, void> {
    yield { events: [], ...this.progress, restarts: true };
    yield* this.read(signal, true);
  }

  private async *read(signal: AbortSignal | undefined, isFirst: boolean): AsyncGenerator<EventBatch, void> {
    throwIfCancelled(signal);
    yield* inBatches(this.events(), () => this.progress, signal, { isFirst });
    const rest = this.rest();
    if (rest.length > 0) {
      yield { events: rest, done: this.source.size, total: this.source.size, isProvisional: true };
    }
    const shell = this.input.firstShell;
    if (shell !== undefined) {
      this.facts = { ...this.facts, ...this.definition.facts?.(shell) };
    }
  }

  close(): void {
    this.source.close?.();
  }
}

/** Of lines each fact from the first that tells it. */
function factsOf(format: Format, { values, isLines }: FirstSight): TranscriptFacts {
  const found: Record<string, string | number | boolean | null> = {};
  for (const value of isLines ? values : values.slice(0, 1)) {
    for (const [name, fact] of Object.entries(format.facts?.(value) ?? {})) {
      found[name] ??= fact;
    }
  }
  return found;
}

interface JsonInput {
  /** Bytes read so far. */
  readonly position: number;
  /** The first document with its records taken out, once it was read to its end. */
  readonly firstShell: unknown;
  events(): Generator<TranscriptEvent, void>;
  /** What lies behind the last event and is cut off or no JSON. */
  rest(): TranscriptEvent[];
}

/** Lines, each of which is a record or a document with records. */
class LinesInput implements JsonInput {
  position: number;
  readonly firstShell = undefined;
  private number = 0;
  /** Whether the reader knows of records of a line that was not whole, and so cannot go on. */
  private hasReadRest = false;
  private reader: FormatReader;
  private readonly first: unknown;
  private readonly survey: LineSurvey | undefined;
  /** The bytes that the survey was made of, how many records they have, and how often it came upon something when reading began. */
  private surveyed: { position: number; records: number; forks: number };
  /** The bytes before `position`, to see whether a file that grew is the same so far. */
  private lastBytes = Buffer.alloc(0);

  constructor(
    private readonly source: ByteSource,
    private readonly format: Format,
    sight: FirstSight,
    private readonly place: SourcePlace,
    private readonly prefix: string,
  ) {
    this.position = bomLength(source);
    [this.first] = sight.values;
    this.reader = format.read(this.first);
    this.survey = format.survey?.();
    this.surveyed = { position: this.position, records: 0, forks: 0 };
  }

  *parts(bytes: (index: number) => number): Generator<LinesPart, void> {
    const { format, source, survey } = this;
    if (format.forgetsAfter === undefined || format.records !== true || format.order !== undefined) {
      return;
    }
    const sees = ({ bytes: line, end }: Line, number: number): void => {
      survey?.line(line, number);
      this.surveyed = { ...this.surveyed, position: end + 1, records: number + 1 };
    };
    for (const part of lineParts(source, this.position, (line) => format.forgetsAfter?.(parseJson(decoded(line)).value) === true, bytes, survey === undefined ? undefined : sees)) {
      if ((survey?.forks ?? 0) > 0) {
        return;
      }
      this.position = part.end;
      this.number = part.nextNumber;
      yield { kind: "lines", start: part.start, end: part.end, number: part.number, bytes: part.end - part.start, done: part.end };
    }
  }

  /** Whether lines that were not read yet say something about those before; then all are read from the beginning. */
  beginsAnew(): boolean {
    if (!this.hasNews()) {
      return false;
    }
    this.position = bomLength(this.source);
    this.number = 0;
    return true;
  }

  /** Looks at the lines that the survey has not seen. */
  hasNews(): boolean {
    const { survey, surveyed } = this;
    if (survey === undefined) {
      return false;
    }
    for (const line of lines(this.source, surveyed.position)) {
      if (line.isEnded || isWhole(line.bytes)) {
        if (!isBlank(line.bytes)) {
          survey.line(line.bytes, surveyed.records++);
        }
        surveyed.position = Math.min(line.end + 1, this.source.size);
      }
    }
    return survey.forks > surveyed.forks;
  }

  *partEvents({ start, end, number }: LinesPart): Generator<TranscriptEvent, void> {
    const reader = this.format.read(this.first);
    let record = number;
    for (const line of lines(new PartSource(this.source, 0, end), start)) {
      if (!isBlank(line.bytes)) {
        yield* recordEvents(reader, { path: [], start: line.start, end: line.end, bytes: line.bytes }, record, `${this.prefix}${record}`, this.place);
        record++;
      }
    }
  }

  *events(): Generator<TranscriptEvent, void> {
    if (this.format.order !== undefined) {
      yield* this.inOrder(this.format.order.bind(this.format));
      return;
    }
    if (this.number === 0 && this.hasNews()) {
      this.surveyed.forks = this.survey?.forks ?? 0;
      this.reader = this.format.read(this.first, this.survey?.found);
    }
    for (const line of lines(this.source, this.position)) {
      if (!line.isEnded && !isWhole(line.bytes)) {
        break;
      }
      if (!isBlank(line.bytes)) {
        yield* this.line(line.start, line.end, line.bytes, this.number);
        this.number++;
      }
      this.position = Math.min(line.end + 1, this.source.size);
    }
    this.lastBytes = Buffer.from(this.source.read(Math.max(0, this.position - 4096), this.position));
  }

  rest(): TranscriptEvent[] {
    const { size } = this.source;
    if (isBlank(this.source.read(this.position, Math.min(size, this.position + maxRawBytes))) && size - this.position <= maxRawBytes) {
      return [];
    }
    const { records } = this.format;
    if (records === true) {
      return [cutOff(this.source, this.place, `${this.prefix}${this.number}`, this.position, "The file ends within this line.")];
    }
    this.hasReadRest = true;
    return [...this.partial(this.position, size, this.number, records)];
  }

  /** Whether the file still has what was read of it. */
  isSameSoFar(): boolean {
    return !this.hasReadRest && this.source.size >= this.position && this.source.read(this.position - this.lastBytes.length, this.position).equals(this.lastBytes);
  }

  private *line(start: number, end: number, bytes: Buffer, number: number): Generator<TranscriptEvent, void> {
    const { records } = this.format;
    if (records === true) {
      yield* recordEvents(this.reader, { path: [], start, end, bytes }, number, `${this.prefix}${number}`, this.place);
    } else {
      yield* this.partial(start, end, number, records);
    }
  }

  /** A line that is a document, as far as it is one. */
  private *partial(start: number, end: number, number: number, records: RecordPaths): Generator<TranscriptEvent, void> {
    let damage: TranscriptEvent | undefined;
    yield* documentEvents(new JsonScanner(this.source, start, end), new PartSource(this.source, 0, end), this.reader, records, number, `${this.prefix}${number}`, this.place, (_shell, stopped) => (damage = stopped));
    if (damage !== undefined) {
      yield damage;
    }
  }

  private *inOrder(order: (value: unknown) => number | undefined): Generator<TranscriptEvent, void> {
    const { records } = this.format;
    const found = new RecordOrder();
    const shells: (() => { readonly events: TranscriptEvent[]; readonly stopped: TranscriptEvent | undefined })[] = [];
    for (const { start, end, bytes, isEnded } of lines(this.source, this.position)) {
      if (!isEnded && !isWhole(bytes)) {
        break;
      }
      const line = this.number;
      const prefix = `${this.prefix}${line}`;
      if (records === true && !isBlank(bytes)) {
        found.add({ path: [], start, end, document: line }, order(parseJson(bytes.toString("utf8")).value));
      }
      for (const item of records === true || isBlank(bytes) ? [] : new JsonScanner(this.source, start, end).next(records)) {
        if ("ranges" in item) {
          const part = new PartSource(this.source, 0, end);
          shells.push(() => shellEvents(item, part, this.reader, line, prefix, this.place));
        } else {
          found.add({ path: item.path, start: item.start, end: item.end, document: line }, order(parseJson(item.bytes.toString("utf8")).value));
        }
      }
      this.number += isBlank(bytes) ? 0 : 1;
      this.position = Math.min(end + 1, this.source.size);
    }
    for (const { path, start, end, document } of found.sorted()) {
      yield* recordEvents(this.reader, { path, start, end, bytes: this.source.read(start, end) }, document, joined(`${this.prefix}${document}`, path), this.place);
    }
    for (const shell of shells) {
      const { events, stopped } = shell();
      yield* stopped === undefined ? events : [...events, stopped];
    }
  }
}

/** One document, or several one after the other. */
class DocumentInput implements JsonInput {
  firstShell: unknown = undefined;
  private readonly scanner: JsonScanner;
  private stopped: TranscriptEvent[] = [];

  constructor(
    private readonly source: ByteSource,
    private readonly format: Format,
    private readonly sight: FirstSight,
    private readonly place: SourcePlace,
  ) {
    this.scanner = new JsonScanner(source, bomLength(source));
  }

  get position(): number {
    return this.scanner.position;
  }

  *events(): Generator<TranscriptEvent, void> {
    const records = this.format.records === true ? {} : this.format.records;
    for (let document = 0; this.scanner.hasMore(); document++) {
      const { position } = this.scanner;
      const known = this.format.needsShell === true ? this.shellAt(position, records) : document === 0 ? this.sight.values[0] : undefined;
      const reader = this.format.read(known);
      const prefix = document === 0 ? "" : `${document}`;
      if (this.format.order !== undefined) {
        yield* this.inOrder(reader, records, document, prefix);
      } else {
        yield* documentEvents(this.scanner, this.source, reader, records, document, prefix, this.place, (shell, end) => this.ended(shell, end));
      }
      if (this.stopped.length > 0) {
        return;
      }
    }
  }

  rest(): TranscriptEvent[] {
    return this.stopped;
  }

  private ended(shell: unknown, stopped: TranscriptEvent | undefined): void {
    this.firstShell ??= shell;
    if (stopped !== undefined) {
      this.stopped = [stopped];
    }
  }

  private shellAt(position: number, records: RecordPaths): unknown {
    for (const found of new JsonScanner(this.source, position).next(records)) {
      if ("ranges" in found) {
        return parseJson(found.bytes.toString("utf8")).value;
      }
    }
    return undefined;
  }

  private *inOrder(reader: FormatReader, records: RecordPaths, document: number, prefix: string): Generator<TranscriptEvent, void> {
    const found = new RecordOrder();
    let shell: (() => ReturnType<typeof shellEvents>) | undefined;
    for (const item of this.scanner.next(records)) {
      if ("ranges" in item) {
        // The reader has seen all records before it is asked for the rest, as where they are in the order of the file.
        shell = () => shellEvents(item, this.source, reader, document, prefix, this.place);
      } else {
        found.add({ path: item.path, start: item.start, end: item.end, document }, this.format.order?.(parseJson(item.bytes.toString("utf8")).value));
      }
    }
    for (const { path, start, end } of found.sorted()) {
      yield* recordEvents(reader, { path, start, end, bytes: this.source.read(start, end) }, document, joined(prefix, path), this.place);
    }
    if (shell !== undefined) {
      const last = shell();
      this.ended(last.shell, last.stopped);
      yield* last.events;
    }
  }
}

function* documentEvents(
  scanner: JsonScanner,
  source: ByteSource,
  reader: FormatReader,
  records: RecordPaths,
  document: number,
  prefix: string,
  place: SourcePlace,
  ended: (shell: unknown, stopped: TranscriptEvent | undefined) => void,
): Generator<TranscriptEvent, void> {
  reader.begin?.(parseJson(decoded(source.read(scanner.position, scanner.position + beginningBytes))).value, document);
  for (const found of scanner.next(records)) {
    if ("ranges" in found) {
      const last = shellEvents(found, source, reader, document, prefix, place);
      yield* last.events;
      ended(last.shell, last.stopped);
    } else {
      yield* recordEvents(reader, found, document, joined(prefix, found.path), place);
    }
  }
}

function joined(prefix: string, path: readonly (string | number)[]): string {
  return [...(prefix === "" ? [] : [prefix]), ...path].join(".");
}

function recordEvents(reader: FormatReader, found: Pick<FoundRecord, "path" | "start" | "end" | "bytes">, document: number, id: string, place: SourcePlace): TranscriptEvent[] {
  const { start, end, bytes } = found;
  if (bytes.length > maxRecordBytes) {
    return [rawEvent(place, id, start, end, bytes, `${bytes.length} bytes, too large to be read`)];
  }
  const text = decoded(bytes);
  const { value, isWhole } = parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  if (!isWhole) {
    return [rawEvent(place, id, start, end, bytes, "not JSON")];
  }
  const drafts = attempted(() => reader.record({ path: found.path, document, value, text: () => text }));
  const source: EventSource = { file: place.file, member: place.member, start, end };
  if (drafts === undefined) {
    const { type, timestamp } = objectOf(value) ?? {};
    return sealedAll([{ kind: "raw", time: timeOf(timestamp), title: typeof type === "string" ? type : "", text }], id, source);
  }
  return sealedAll(drafts, id, source);
}

function shellEvents(
  found: { start: number; end: number; bytes: Buffer; stoppedAt: number | undefined },
  source: ByteSource,
  reader: FormatReader,
  document: number,
  prefix: string,
  place: SourcePlace,
): { shell: unknown; events: TranscriptEvent[]; stopped: TranscriptEvent | undefined } {
  const text = found.bytes.toString("utf8");
  const shell = parseJson(text).value;
  const where: EventSource = { ...place, start: found.start, end: found.end };
  const eventsOf = (value: unknown, number: number, id: string, shown: () => string): TranscriptEvent[] => {
    const object = objectOf(value);
    return object === undefined || holdsRecordsOnly(object) ? [] : sealedAll(attempted(() => reader.shell?.(object, number)) ?? [{ kind: "raw", title: "document", text: shown() }], id, where);
  };
  // A list may hold documents: each with records of its own.
  const events = Array.isArray(shell)
    ? shell.flatMap((element: unknown, number) => eventsOf(element, number, joined(prefix, [number, "document"]), () => shownText(element)))
    : eventsOf(shell, document, joined(prefix, ["document"]), () => text);
  const stopped = found.stoppedAt === undefined ? undefined : cutOff(source, place, joined(prefix, ["stopped"]), found.stoppedAt, "The file is damaged or cut off here; what lies behind is not read.");
  return { shell, events, stopped };
}

/** Whether nothing is left of a document but the nulls that stand where its records were. */
function holdsRecordsOnly(shell: Readonly<Record<string, unknown>>): boolean {
  return Object.values(shell).every((value) => Array.isArray(value) && value.length > 0 && value.every((element) => element === null));
}

/** What a reader makes of a record. One that it cannot take, such as a message of a million parts, is shown raw. */
export function attempted<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

function rawEvent(place: SourcePlace, id: string, start: number, end: number, bytes: Buffer, title: string): TranscriptEvent {
  return sealed({ kind: "raw", title, text: bytes.toString("utf8", 0, Math.min(bytes.length, maxRawBytes)), isError: true }, id, { ...place, start, end });
}

function cutOff(source: ByteSource, place: SourcePlace, id: string, start: number, title: string): TranscriptEvent {
  const bytes = source.read(start, Math.min(source.size, start + maxRawBytes));
  return sealed({ kind: "error", title, text: bytes.toString("utf8"), isError: true, fields: { stoppedAtByte: start } }, id, { ...place, start, end: source.size });
}

function bomLength(source: ByteSource): number {
  return source.read(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
}

function isWhole(bytes: Buffer): boolean {
  return bytes.length <= maxRecordBytes && parseJson(bytes.toString("utf8")).isWhole;
}
