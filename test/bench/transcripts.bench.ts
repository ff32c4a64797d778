// Reading a large transcript into the index, against JSON.parse on the same bytes: line by line, or in pieces that one text can hold
// (which keeps nothing); seeing its first events, opening it again and looking at events, against what the product promises;
// searching it, against ripgrep over the file. Lines and a document are also read against stream-json, which takes so long
// that it reads a part alone.
// BASELINER_BENCH_MB sets the size; the default is small enough for any computer. Of logs of Inspect it is what their events take: long
// texts lie behind them.
import { execFileSync, spawnSync } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { createInterface } from "node:readline";
import type { Duplex, Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import { parser } from "stream-json";
import { pick } from "stream-json/filters/Pick";
import { streamArray } from "stream-json/streamers/StreamArray";
import { streamValues } from "stream-json/streamers/StreamValues";
import { TranscriptStore } from "../../src/transcripts";
import { JsonScanner } from "../../src/transcripts/json/scanner";
import { FileSource } from "../../src/transcripts/sources/byte-source";
import { waitedForProcessor } from "../support/blocked";
import { writeArchive, writeClaudeCode, writeInspectSample } from "../support/large-transcripts";

/** So much of a document is read by stream-json, in bytes. */
const streamedBytes = 30e6;

/** JSON.parse gets so many bytes at once: V8 holds no text over half a gigabyte. */
const pieceBytes = 128e6;

/** What is promised of a transcript of any size, in seconds and MB. */
const promised = { first: 1, again: 0.3, event: 0.05, blocked: 0.05, memory: 400 };

/** Regular expressions of several kinds, and whether case counts. */
const expressions = [
  ["a choice of words", "(model|loss) +(training|batch) +tensor", true],
  ["a choice of words in any case", "(train|batch) +(loss|model) +(\\d+)", false],
  ["numbers", "[0-9]+\\.[0-9]{3} [a-z]+ [0-9]+", true],
  ["words that are everywhere", "\\w+ +\\w+ing\\b", true],
] as const;

const megabytes = Number(process.env["BASELINER_BENCH_MB"] ?? 150);

/** What something took: by the clock, and of all processors together. */
interface Taken {
  readonly seconds: number;
  readonly processor: number;
}

export async function bench(root: string) {
  const place = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  const ripgrep = await editorsRipgrep(root);
  try {
    const rows: Row[] = [];
    const lines = join(place, "lines.jsonl");
    const { bytes } = writeClaudeCode(lines, megabytes * 1e6, 1);
    settleDisks();
    rows.push(...(await benchFile({ root, place, ripgrep, name: "lines", path: lines, bytes, parse: await taken(() => parseLines(lines)), streams: [parser({ streamValues: false, jsonStreaming: true }), streamValues()] })));
    rmSync(lines);

    const document = join(place, "log.json");
    const log = writeInspectSample(document, megabytes * 1e6, 2, true);
    settleDisks();
    rows.push(...(await benchFile({ root, place, ripgrep, name: "an Inspect log", path: document, bytes: log.bytes, parse: parsePieces(document, place), streams: [parser({ streamValues: false }), pick({ filter: "samples.0.events" }), streamArray()] })));
    rmSync(document);

    const sample = join(place, "sample.json");
    const { bytes: expanded } = writeInspectSample(sample, megabytes * 1e6, 2, false);
    const parse = parsePieces(sample, place);
    const archive = join(place, "log.eval");
    await writeArchive(archive, "samples/big_epoch_1.json", sample);
    settleDisks();
    const expand = await taken(() => expandOnly(archive));
    // What lies in the archive can be searched by others only once it is expanded.
    rows.push(...(await benchFile({ root, place, ripgrep, name: "an Inspect archive that expands to a sample", path: archive, bytes: expanded, parse, expand, searched: sample })));
    return rows;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Indexes a transcript, and says how much memory this process took at its highest, in MB: for a process of its own. */
export async function indexAlone({ path, ...options }: { readonly path: string; readonly cache: string; readonly worker: string }): Promise<void> {
  const store = await TranscriptStore.open(path, options);
  await complete(store);
  await store.close();
  console.log((process.resourceUsage().maxRSS * 1024) / 1e6);
}

/** Memory that was taken before would be taken again unseen where the process were this one. */
function memoryOf(given: Parameters<typeof indexAlone>[0]): number {
  const memory = Number(execFileSync(process.execPath, ["-e", `void require(${JSON.stringify(__filename)}).indexAlone(${JSON.stringify(given)})`], { encoding: "utf8" }));
  rmSync(given.cache, { recursive: true, force: true });
  return memory;
}

interface BenchedFile {
  readonly root: string;
  readonly place: string;
  readonly ripgrep: string | undefined;
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** What JSON.parse took. */
  readonly parse: Taken;
  /** What expanding it takes, which who parses it has to do before. */
  readonly expand?: Taken;
  /** What stream-json makes of it. */
  readonly streams?: readonly Duplex[];
  /** What the other program searches. */
  readonly searched?: string;
}

async function benchFile({ root, place, ripgrep, name, path, bytes, parse, expand, streams, searched = path }: BenchedFile): Promise<Row[]> {
  const what = `${name} of ${Math.round(bytes / 1e6)} MB`;
  const cache = join(place, "cache");
  const options = { cache, worker: join(root, "dist", "transcript-worker.js") };
  const rows: Row[] = [];
  let blocked = 0;
  let blockedAndWaited = 0;
  let last = performance.now();
  let lastWaited = waitedForProcessor();
  const watch = setInterval(() => {
    const now = performance.now();
    const waited = waitedForProcessor();
    blocked = Math.max(blocked, now - last - 10 - (waited - lastWaited));
    blockedAndWaited = Math.max(blockedAndWaited, now - last - 10);
    last = now;
    lastWaited = waited;
  }, 10);
  let first = 0;
  const index = await taken(async () => {
    const began = performance.now();
    const opened = await TranscriptStore.open(path, options);
    first = (performance.now() - began) / 1000;
    await complete(opened);
    return opened;
  });
  clearInterval(watch);
  rows.push({ ...rowOf(`index ${what}, against JSON.parse`, index, parse), target: 1, note: `${(index.processor / parse.processor).toFixed(2)} on the processor` });
  if (expand !== undefined) {
    rows.push(rowOf("index it, against expanding it into memory and JSON.parse", index, { seconds: parse.seconds + expand.seconds, processor: parse.processor + expand.processor }));
  }
  if (streams !== undefined) {
    const streamed = await taken(() => streamBeginning(path, streams));
    const times = bytes / streamedBytes;
    rows.push({ ...rowOf(`index it, against stream-json (as for its first ${streamedBytes / 1e6} MB)`, index, { seconds: streamed.seconds * times, processor: streamed.processor * times }), target: 0.2 });
  }
  const memory = memoryOf({ ...options, path, cache: join(place, "cache of another") });
  rows.push(
    promise("its first events", first, promised.first),
    { ...promise("the longest that the event loop was blocked meanwhile", blocked / 1000, promised.blocked), note: `${(blockedAndWaited / 1000).toFixed(3)} s with what it waited for a processor that another thread or program had` },
    { what: "memory of a program that does nothing else, at its highest", ours: `${Math.round(memory)} MB`, theirs: `${promised.memory} MB`, ratio: memory / promised.memory, target: 1 },
  );
  const store = index.result;
  const { count } = store;
  let longest = 0;
  let longestWaited = 0;
  for (let step = 0; step < 100; step++) {
    const waited = threadsWaited();
    const { seconds } = await taken(() => store.event(Math.floor((count * step) / 100)));
    if (seconds > longest) {
      longest = seconds;
      longestWaited = threadsWaited() - waited;
    }
  }
  rows.push({ ...promise(`the longest of 100 looks at one of ${count} events`, longest, promised.event), note: `meanwhile its threads waited ${(longestWaited / 1000).toFixed(3)} s for a processor, each counted` });
  const pattern = "gradient kernel";
  const [program, against] = ripgrep === undefined ? ["grep", "grep"] : [ripgrep, "ripgrep"];
  const search = (searching: TranscriptStore, of: string, isRegex: boolean, isCaseSensitive = true) => (): Promise<unknown> => searching.search({ pattern: of, isRegex, isCaseSensitive }, new AbortController().signal);
  const others = (...options: string[]) => (): Promise<unknown> => Promise.resolve(spawnSync(program, [...options, searched]));
  rows.push(await searches(`search all of it for a text, against ${against}`, search(store, pattern, false), others("-c", "-F", pattern)));
  const expression = "gradient +kernel [a-z]+ing";
  rows.push(await searches(`search all of it for a regular expression, against ${against}`, search(store, expression, true), others("-c", "-e", expression)));
  for (const [kind, of, isCaseSensitive] of ripgrep === undefined ? [] : expressions) {
    rows.push(await searches(`search all of it for ${kind}, against ripgrep that counts every match`, search(store, of, true, isCaseSensitive), others("--no-config", "--count-matches", isCaseSensitive ? "-s" : "-i", "-e", of)));
  }
  await store.close();
  const reopened = await taken(() => TranscriptStore.open(path, { ...options, ...(ripgrep === undefined ? {} : { ripgrep }) }));
  rows.push(promise("open it again", reopened.seconds, promised.again));
  if (ripgrep !== undefined) {
    rows.push(await searches(`search it with the editor's ripgrep, against ${against}`, search(reopened.result, pattern, false), others("-c", "-F", pattern)));
  }
  await reopened.result.close();
  rmSync(cache, { recursive: true });
  return rows;
}

/** How long all threads of this process together have waited for a processor so far, in ms. */
function threadsWaited(): number {
  return existsSync("/proc/self/task") ? readdirSync("/proc/self/task").reduce((sum, thread) => sum + waitedForProcessor(`self/task/${thread}`), 0) : 0;
}

/** The ripgrep of the VS Code that tests run in; undefined where there is none for this computer. */
async function editorsRipgrep(root: string): Promise<string | undefined> {
  const { hasServer, installServer } = (await import(pathToFileURL(join(root, "scripts", "vscode", "install.mjs")).href)) as typeof import("../../scripts/vscode/install.mjs");
  if (!hasServer("newest")) {
    return undefined;
  }
  const { main } = await installServer();
  const program = join(dirname(main), "..", "node_modules", "@vscode", "ripgrep-universal", "bin", `${process.platform}-${process.arch}`, "rg");
  return existsSync(program) ? program : undefined;
}

async function parseLines(path: string): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 2 ** 20 }) })) {
    JSON.parse(line);
  }
}

/** JSON.parse over a document, in a process of its own, in pieces that are JSON themselves: as many records of a list as fit in one. */
function parsePieces(path: string, place: string): Taken {
  const pieces: { within: unknown; start: number; end: number; isList: boolean }[] = [];
  const source = FileSource.open(path);
  const list = { "*": true } as const;
  const sample = { events: list, attachments: list };
  for (const found of new JsonScanner(source).next({ ...sample, samples: { "*": sample } })) {
    if ("ranges" in found) {
      break;
    }
    const last = pieces.at(-1);
    if (last !== undefined && last.within === found.within && found.end - last.start < pieceBytes) {
      last.end = found.end;
    } else {
      pieces.push({ within: found.within, start: found.start, end: found.end, isList: typeof found.name === "number" });
    }
  }
  source.close();
  const given = join(place, "pieces.json");
  writeFileSync(given, JSON.stringify(pieces.map(({ start, end, isList }) => [start, end, isList])));
  const program = `
    const { openSync, readFileSync, readSync } = require("node:fs");
    const pieces = JSON.parse(readFileSync(${JSON.stringify(given)}, "utf8"));
    const file = openSync(${JSON.stringify(path)});
    const began = performance.now();
    const before = process.cpuUsage();
    for (const [start, end, isList] of pieces) {
      const bytes = Buffer.allocUnsafe(end - start);
      readSync(file, bytes, 0, bytes.length, start);
      const text = bytes.toString("utf8");
      JSON.parse(isList ? "[" + text + "]" : '{"":' + text + "}");
    }
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, processor: (user + system) / 1e6 }));`;
  return JSON.parse(execFileSync(process.execPath, ["--max-old-space-size=8000", "-e", program], { encoding: "utf8" })) as Taken;
}

/** Reads the records at the beginning of a transcript with stream-json, one by one, keeping none. */
async function streamBeginning(path: string, streams: readonly Duplex[]): Promise<void> {
  const records = streams.reduce<Readable>((source, next) => source.pipe(next), createReadStream(path, { end: streamedBytes - 1, highWaterMark: 2 ** 20 }));
  await new Promise<void>((resolve) => {
    records.on("data", () => undefined);
    records.on("end", resolve);
    // The beginning alone is nothing whole.
    streams[0]?.on("error", () => resolve());
  });
}

/** Expands the one member of an archive, and forgets what it holds. */
async function expandOnly(path: string): Promise<void> {
  const source = FileSource.open(path);
  const header = source.read(0, 30);
  const start = 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  source.close();
  const expanded = createReadStream(path, { start, highWaterMark: 2 ** 20 }).pipe(createInflateRaw({ chunkSize: 2 ** 20 }));
  await new Promise<void>((resolve, reject) => {
    expanded.on("data", () => undefined);
    expanded.on("end", resolve);
    expanded.on("error", reject);
  });
}

/** What was made is on the disk before anything is timed: writing it would hold back whoever writes next. */
function settleDisks(): void {
  if (process.platform !== "win32") {
    execFileSync("sync");
  }
}

async function complete(store: TranscriptStore): Promise<void> {
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (store.state.isComplete) {
        resolve();
      }
    };
    store.onDidChange(check);
    check();
  });
}

async function taken<Result>(act: () => Promise<Result>): Promise<Taken & { readonly result: Result }> {
  const began = performance.now();
  const before = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(before);
  return { result, seconds: (performance.now() - began) / 1000, processor: (user + system) / 1e6 };
}

interface Row {
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
  readonly ratio: number;
  readonly target?: number;
  readonly note?: string;
}

function rowOf(what: string, ours: Taken, theirs: Taken): Row {
  return { what, ours: `${ours.seconds.toFixed(3)} s`, theirs: `${theirs.seconds.toFixed(3)} s`, ratio: ours.seconds / theirs.seconds };
}

/** Medians of five turns of both. What a first search has to load is in the note. */
async function searches(what: string, ours: () => Promise<unknown>, theirs: () => Promise<unknown>): Promise<Row> {
  const seconds: Record<"ours" | "theirs", number[]> = { ours: [], theirs: [] };
  for (let turn = 0; turn < 5; turn++) {
    seconds.ours.push((await taken(ours)).seconds);
    seconds.theirs.push((await taken(theirs)).seconds);
  }
  const [first = 0] = seconds.ours;
  const [our, their] = [seconds.ours, seconds.theirs].map((all) => all.sort((one, other) => one - other)[2] ?? 0) as [number, number];
  return { what, ours: `${our.toFixed(3)} s`, theirs: `${their.toFixed(3)} s`, ratio: our / their, target: 3, note: `the first search took ${first.toFixed(3)} s` };
}

function promise(what: string, seconds: number, most: number): Row {
  return { what, ours: `${seconds.toFixed(3)} s`, theirs: `${most} s`, ratio: seconds / most, target: 1 };
}
