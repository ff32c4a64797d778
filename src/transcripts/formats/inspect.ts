import { join } from "node:path";
import type { EventDraft, TranscriptEvent } from "../event";
import { decoded } from "../json/decode";
import { parseJson } from "../json/parse";
import type { RecordPaths } from "../json/scanner";
import { idOf, type JsonObject, listOf, member, objectOf, textOf } from "../json/values";
import { type EventBatch, inBatches, sealed, sealedAll, throwIfCancelled, type TranscriptReading } from "../reading";
import { type ByteSource, MemorySource, ReadAhead } from "../sources/byte-source";
import { expandBeginning, expandMember, type Expanded, type ZipDirectory, ZipError, type ZipMember } from "../sources/zip";
import type { FirstSight, TranscriptFacts } from "./format";
import { type InspectReferences, InspectSampleReader } from "./inspect-sample";
import { attempted } from "./json-reading";
import { partsOfChunks, type SampleParts, samplePaths, SamplesIndex } from "./inspect-parts";

/** Where the first events are taken from while a large sample is still being looked through; more of it where they are longer. */
const previewBytes = [2 ** 18, 2 ** 20, 8 * 2 ** 20] as const;
/** Smaller samples are looked through at once; in bytes. */
const largeSample = 16 * 2 ** 20;
const previewEvents = 60;

/** Whether a document is an Inspect log that is one JSON file. */
export function isInspectLog(sight: FirstSight): boolean {
  const [log] = sight.values;
  return !sight.isLines && objectOf(member(log, "eval")) !== undefined && member(log, "eval", "task") !== undefined && (member(log, "version") !== undefined || member(log, "status") !== undefined);
}

/** Whether an archive is an Inspect log. */
export function isInspectArchive(archive: ZipDirectory): boolean {
  return Array.from(archive.members.keys()).some((name) => name === "header.json" || name.startsWith("_journal/") || name.startsWith("samples/"));
}

abstract class InspectReading implements TranscriptReading {
  readonly format = "inspect";
  readonly formatTitle = "Inspect log";
  readonly files = [""];
  facts: TranscriptFacts = {};
  protected done = 0;
  protected abstract readonly total: number;
  private isBegun = false;

  abstract batches(signal?: AbortSignal): AsyncGenerator<EventBatch, void>;

  abstract close(): void;

  protected progress(): { done: number; total: number } {
    return { done: Math.min(this.done, this.total), total: this.total };
  }

  protected inBatches(events: Iterable<TranscriptEvent>, signal: AbortSignal | undefined): AsyncGenerator<EventBatch, void> {
    const isFirst = !this.isBegun;
    this.isBegun = true;
    return inBatches(events, () => this.progress(), signal, { isFirst });
  }
}

/** An Inspect log that is one JSON document. */
export class InspectDocumentReading extends InspectReading {
  protected readonly total: number;

  constructor(
    private readonly source: ByteSource & { close?(): void },
    sight: FirstSight,
  ) {
    super();
    this.total = source.size;
    this.facts = factsOf(objectOf(sight.values[0]) ?? {});
  }

  async *batches(signal?: AbortSignal): AsyncGenerator<EventBatch, void> {
    const paths: RecordPaths = { samples: { "*": samplePaths } };
    let restarts = false;
    if (this.source.size > 2 * largeSample) {
      const events = await previewed((bytes) => Promise.resolve(this.source.read(0, bytes)), paths, 2, "", "samples.0");
      if (events.length > 0) {
        yield { events, ...this.progress() };
        restarts = true;
      }
    }
    const index = await SamplesIndex.of(this.source, paths, 2, signal);
    const log = objectOf(index.shell) ?? {};
    this.facts = factsOf(log);
    const header = sealedAll(headerDrafts(log), "header", { file: "", member: "", start: index.start, end: index.end });
    yield { events: header, ...this.progress(), ...(restarts ? { restarts } : {}) };
    for (const [number, sample] of index.samples.entries()) {
      const shells = listOf(log["samples"]);
      yield* this.inBatches(this.counted(sampleEvents({ ...sample, shell: objectOf(shells[number]) ?? {} }, this.source, "", `samples.${number}`)), signal);
    }
    if (index.stoppedAt !== undefined) {
      const text = this.source.read(index.stoppedAt, index.stoppedAt + 2 ** 16).toString("utf8");
      const stopped = sealed({ kind: "error", title: "The file is damaged or cut off here; what lies behind is not read.", text, isError: true, fields: { stoppedAtByte: index.stoppedAt } }, "stopped", { file: "", member: "", start: index.stoppedAt, end: this.source.size });
      yield { events: [stopped], ...this.progress() };
    }
  }

  private *counted(events: Iterable<TranscriptEvent>): Generator<TranscriptEvent> {
    for (const event of events) {
      this.done = Math.max(this.done, event.source.end);
      yield event;
    }
  }

  close(): void {
    this.source.close?.();
  }
}

/** An Inspect log that is a zip archive with a member for each sample. */
export class InspectArchiveReading extends InspectReading {
  protected readonly total: number;
  private readonly opened: Expanded[] = [];

  constructor(
    private readonly source: ByteSource & { close?(): void },
    private readonly archive: ZipDirectory,
    /** A folder for members that are too large for memory. */
    private readonly cache: string,
  ) {
    super();
    this.total = source.size;
  }

  async *batches(signal?: AbortSignal): AsyncGenerator<EventBatch, void> {
    const header = await this.header(signal);
    const samples = samplesIn(this.archive);
    const [first] = samples;
    let restarts = false;
    if (first !== undefined && first.whole !== undefined && first.whole.size > largeSample) {
      const events = await this.preview(first.whole);
      yield { events: [...header, ...events], ...this.progress() };
      restarts = true;
    }
    yield { events: header, ...this.progress(), ...(restarts ? { restarts } : {}) };
    for (const sample of samples) {
      throwIfCancelled(signal);
      try {
        const { parts, source, name, problems, close } = await this.open(sample, signal);
        yield* this.inBatches(sampleEvents(parts, source, name, sample.name), signal);
        yield { events: problems.map((problem, index) => damaged(name, `${sample.name}.damage.${index}`, problem, source.size)), ...this.progress() };
        close();
      } catch (error) {
        if (!(error instanceof ZipError)) {
          throw error;
        }
        yield { events: [damaged(sample.name, `${sample.name}.damage`, `This sample cannot be read: ${error.message}.`, 0)], ...this.progress() };
      }
      this.done += sample.members.reduce((sum, { compressedSize }) => sum + compressedSize, 0);
    }
    if (this.archive.problem !== undefined) {
      yield { events: [damaged("", "archive.damage", this.archive.problem, 0)], ...this.progress() };
    }
  }

  private async header(signal: AbortSignal | undefined): Promise<TranscriptEvent[]> {
    const names = ["header.json", "_journal/start.json"];
    for (const name of names) {
      const found = this.archive.members.get(name);
      if (found === undefined) {
        continue;
      }
      try {
        const { content } = await expandMember(this.source, found, join(this.cache, "header.json"), signal);
        const log = objectOf(parseJson(content.read(0, content.size).toString("utf8")).value) ?? {};
        const isUnfinished = name !== "header.json";
        this.facts = { ...factsOf(log), ...(isUnfinished ? { status: "unfinished" } : {}), samples: samplesIn(this.archive).length };
        return sealedAll(headerDrafts(log, isUnfinished), "header", { file: "", member: name, start: 0, end: content.size });
      } catch (error) {
        if (!(error instanceof ZipError)) {
          throw error;
        }
      }
    }
    return [];
  }

  private async preview(found: ZipMember): Promise<TranscriptEvent[]> {
    try {
      return await previewed((bytes) => expandBeginning(this.source, found, bytes), samplePaths, 0, found.name, sampleName(found.name));
    } catch {
      return [];
    }
  }

  private async open(sample: ArchivedSample, signal: AbortSignal | undefined): Promise<{ parts: SampleParts; source: ByteSource; name: string; problems: string[]; close: () => void }> {
    const expanded: Expanded[] = [];
    const open = async (found: ZipMember): Promise<Expanded> => {
      const one = await expandMember(this.source, found, join(this.cache, `member-${found.offset}.json`), signal);
      throwIfCancelled(signal);
      expanded.push(one);
      this.opened.push(one);
      return one;
    };
    const close = (): void => expanded.forEach(({ content }) => content.close?.());
    if (sample.whole !== undefined) {
      const { content } = await open(sample.whole);
      const { samples, shell, stoppedAt } = await SamplesIndex.of(content, samplePaths, 0, signal);
      const parts = samples[0] ?? { shell: {}, start: 0, end: content.size, events: [], messages: [], pool: [], attachments: new Map() };
      const problems = expanded.flatMap(({ problem }) => (problem === undefined ? [] : [`This sample is damaged: ${problem}.`]));
      if (stoppedAt !== undefined) {
        problems.push(`This sample is damaged or cut off at byte ${stoppedAt}.`);
      }
      return { parts: { ...parts, shell: objectOf(shell) ?? {} }, source: content, name: sample.whole.name, problems, close };
    }
    const chunks = new Map<string, ByteSource>();
    for (const found of sample.members) {
      chunks.set(found.name, (await open(found)).content);
    }
    const { parts, source } = await partsOfChunks(chunks, `samples/${sample.name}/`);
    return { parts, source, name: `samples/${sample.name}/`, problems: [], close };
  }

  close(): void {
    this.source.close?.();
  }
}

interface ArchivedSample {
  readonly name: string;
  /** The member that holds all of it; undefined for one that lies in chunks. */
  readonly whole: ZipMember | undefined;
  readonly members: readonly ZipMember[];
}

function samplesIn(archive: ZipDirectory): ArchivedSample[] {
  const samples = new Map<string, { whole: ZipMember | undefined; members: ZipMember[] }>();
  for (const [name, found] of archive.members) {
    const match = /^samples\/([^/]+?)(\.json|\/.+\.json)$/.exec(name);
    if (match?.[1] !== undefined) {
      const sample = samples.get(match[1]) ?? { whole: undefined, members: [] };
      samples.set(match[1], sample);
      sample.members.push(found);
      if (match[2] === ".json") {
        sample.whole = found;
      }
    }
  }
  return Array.from(samples, ([name, sample]) => ({ name, ...sample }));
}

function sampleName(memberName: string): string {
  return memberName.replace(/^samples\//, "").replace(/\.json$/, "");
}

/** The first events of a first sample, of which `read` gives as many bytes from the beginning as are asked for. */
async function previewed(read: (bytes: number) => Promise<Buffer>, paths: RecordPaths, depth: 0 | 2, memberName: string, prefix: string): Promise<TranscriptEvent[]> {
  let events: TranscriptEvent[] = [];
  for (const bytes of previewBytes) {
    const beginning = new MemorySource(await read(bytes));
    const { samples } = await SamplesIndex.of(beginning, paths, depth);
    const [first] = samples;
    events = first === undefined ? [] : firstOf(sampleEvents(first, beginning, memberName, prefix));
    if (first !== undefined && first.events.length >= previewEvents) {
      break;
    }
  }
  return events;
}

function firstOf(events: Iterable<TranscriptEvent>): TranscriptEvent[] {
  const first: TranscriptEvent[] = [];
  for (const event of events) {
    first.push(event);
    if (first.length >= previewEvents) {
      break;
    }
  }
  return first;
}

/** The events of one sample. `prefix` is what the ids of its events begin with. */
function* sampleEvents(parts: SampleParts, source: ByteSource, memberName: string, prefix: string): Generator<TranscriptEvent, void> {
  const { shell } = parts;
  const id = idOf(shell["id"]);
  const sample = id === undefined ? prefix.replace(/_epoch_(\d+)$/, " epoch $1") : `${id} epoch ${idOf(shell["epoch"]) ?? "1"}`;
  const reader = new InspectSampleReader(referencesOf(parts, source));
  const from = (drafts: readonly EventDraft[], name: string, start: number, end: number, owner = memberName): TranscriptEvent[] =>
    sealedAll(drafts, `${prefix}.${name}`, { file: "", member: owner, start, end }, sample);
  const ahead = new ReadAhead(source);
  for (const [index, { start, end, inMember, offset = 0 }] of parts.events.entries()) {
    const bytes = ahead.read(start, end);
    const { value, isWhole } = parseJson(decoded(bytes));
    const drafts = (isWhole ? attempted(() => reader.event(value)) : undefined) ?? [{ kind: "raw", title: textOf(member(value, "event")) ?? "", text: bytes.toString("utf8", 0, 2 ** 20), isError: !isWhole } satisfies EventDraft];
    yield* from(drafts, `events.${index}`, start - offset, end - offset, inMember);
  }
  for (const [index, { start, end, inMember, offset = 0 }] of parts.messages.entries()) {
    yield* from(attempted(() => reader.message(parseJson(source.read(start, end).toString("utf8")).value)) ?? [{ kind: "raw", text: source.read(start, Math.min(end, start + 2 ** 20)).toString("utf8"), isError: true }], `messages.${index}`, start - offset, end - offset, inMember);
  }
  yield* from(attempted(() => reader.end(shell)) ?? [{ kind: "raw", title: "sample", text: "", isError: true }], "sample", parts.start, parts.end);
}

/** Attachments that were asked for more than once are kept up to this size in UTF-16 units. */
const keptUnits = 16 * 2 ** 20;

function referencesOf(parts: SampleParts, whole: ByteSource): InspectReferences {
  const source = new ReadAhead(whole);
  const kept = new Map<string, string>();
  const asked = new Set<string>();
  let units = 0;
  return {
    attachment(name) {
      const found = kept.get(name);
      const place = parts.attachments.get(name);
      if (found !== undefined || place === undefined) {
        return found;
      }
      const text = textOf(parseJson(decoded(source.read(place[0], place[1]))).value);
      // Most are asked for once; to keep those would be most of the work of collecting garbage.
      if (text !== undefined && text.length < keptUnits / 4 && asked.has(name)) {
        if (units + text.length > keptUnits) {
          kept.clear();
          units = 0;
        }
        kept.set(name, text);
        units += text.length;
      }
      asked.add(name);
      return text;
    },
    poolMessage(index) {
      const place = parts.pool[index];
      return place === undefined ? undefined : parseJson(decoded(source.read(place.start, place.end))).value;
    },
  };
}

function damaged(memberName: string, id: string, text: string, size: number): TranscriptEvent {
  return sealed({ kind: "error", title: "damaged", text, isError: true }, id, { file: "", member: memberName, start: 0, end: size });
}

function headerDrafts(log: JsonObject, isUnfinished = false): EventDraft[] {
  const { eval: evaluation, plan, results, stats, error, status } = log;
  const drafts: EventDraft[] = [{ kind: "state", title: `log, ${isUnfinished ? "unfinished" : (textOf(status) ?? "without status")}`, text: "", fields: { eval: evaluation, plan, results, stats, version: log["version"] } }];
  if (objectOf(error) !== undefined) {
    drafts.push({ kind: "error", title: "log", text: [textOf(member(error, "message")), textOf(member(error, "traceback"))].filter(Boolean).join("\n\n"), isError: true });
  }
  return drafts;
}

function factsOf(log: JsonObject): TranscriptFacts {
  const evaluation = log["eval"];
  return {
    task: textOf(member(evaluation, "task")) ?? null,
    model: textOf(member(evaluation, "model")) ?? null,
    status: textOf(log["status"]) ?? null,
    created: textOf(member(evaluation, "created")) ?? null,
    run: textOf(member(evaluation, "run_id")) ?? null,
  };
}

