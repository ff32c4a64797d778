// Reading a large transcript into the index, against JSON.parse on the same
// bytes line by line (which keeps nothing); seeing its first events and opening
// it again, against parsing it; searching it, against grep over the file. A document
// is also read against stream-json, which takes so long that it reads a part alone.
// BASELINER_BENCH_MB sets the size; the default is small enough for any computer.
import { execFileSync, spawnSync } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parser } from "stream-json";
import { pick } from "stream-json/filters/Pick";
import { streamArray } from "stream-json/streamers/StreamArray";
import { TranscriptStore } from "../../src/transcripts";
import { writeClaudeCode, writeInspectSample } from "../support/large-transcripts";

/** So much of a document is read by stream-json, in bytes. */
const streamedBytes = 30e6;

const megabytes = Number(process.env["BASELINER_BENCH_MB"] ?? 150);

export async function bench(root: string) {
  const place = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  try {
    const lines = join(place, "lines.jsonl");
    const document = join(place, "log.json");
    const files = [
      { name: "lines", path: lines, ...writeClaudeCode(lines, megabytes * 1e6, 1) },
      { name: "an Inspect log", path: document, ...writeInspectSample(document, megabytes * 1e6, 2, true) },
    ];
    const rows = [];
    for (const { name, path, bytes } of files) {
      const what = `${name} of ${Math.round(bytes / 1e6)} MB`;
      const parse = name === "lines" ? await timed(() => parseLines(path)) : timedSync(() => execFileSync(process.execPath, ["--max-old-space-size=8000", "-e", `JSON.parse(require("fs").readFileSync(${JSON.stringify(path)}, "utf8"))`]));
      const options = { cache: join(place, `cache-${name}`), worker: join(root, "dist", "transcript-worker.js") };
      let store: TranscriptStore | undefined;
      let peak = 0;
      let blocked = 0;
      let last = performance.now();
      const watch = setInterval(() => {
        const now = performance.now();
        blocked = Math.max(blocked, now - last - 10);
        last = now;
        peak = Math.max(peak, process.memoryUsage().rss);
      }, 10);
      const before = process.memoryUsage().rss;
      let first = 0;
      const index = await timed(async () => {
        const began = performance.now();
        const opening = await TranscriptStore.open(path, options);
        first = (performance.now() - began) / 1000;
        await complete(opening);
        store = opening;
      });
      clearInterval(watch);
      rows.push(row(`index ${what}, against JSON.parse`, index, parse));
      if (name !== "lines") {
        const streamed = (await timed(() => streamBeginning(path))) * (bytes / streamedBytes);
        rows.push({ ...row(`index ${what}, against stream-json (as for its first ${streamedBytes / 1e6} MB)`, index, streamed), target: 0.2 });
      }
      rows.push(row(`its first events, against JSON.parse of all`, first, parse));
      const memory = `${Math.round((peak - before) / 1e6)} MB, the event loop blocked for ${Math.round(blocked)} ms at most`;
      rows.push({ what: "memory that reading takes at its highest, against the file", ours: memory, theirs: `${Math.round(bytes / 1e6)} MB`, ratio: (peak - before) / bytes });
      if (store === undefined) {
        continue;
      }
      const count = store.count;
      const jump = await timed(async () => {
        for (let step = 0; step < 100; step++) {
          await store?.event(Math.floor((count * step) / 100));
        }
      });
      rows.push(row(`look at one of ${count} events, against JSON.parse of all`, jump / 100, parse));
      const stop = new AbortController();
      const search = await timed(async () => {
        await store?.search({ pattern: "gradient kernel", isRegex: false, isCaseSensitive: true }, stop.signal);
      });
      const grep = timedSync(() => spawnSync("grep", ["-c", "-F", "gradient kernel", path]));
      rows.push(row("search all of it for a text, against grep", search, grep));
      await store.close();
      const again = await timed(async () => (await TranscriptStore.open(path, options)).close());
      rows.push(row("open it again, against JSON.parse", again, parse));
    }
    return rows;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function parseLines(path: string): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 2 ** 20 }) })) {
    JSON.parse(line);
  }
}

/** Reads the events at the beginning of a document with stream-json, one by one, keeping none. */
async function streamBeginning(path: string): Promise<void> {
  const tokens = parser({ streamValues: false });
  const events = createReadStream(path, { end: streamedBytes - 1, highWaterMark: 2 ** 20 }).pipe(tokens).pipe(pick({ filter: "samples.0.events" })).pipe(streamArray());
  await new Promise<void>((resolve) => {
    events.on("data", () => undefined);
    events.on("end", resolve);
    // The beginning alone is no whole document.
    tokens.on("error", () => resolve());
  });
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

/** Seconds that something takes. */
async function timed(act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1000;
}

function timedSync(act: () => unknown): number {
  const began = performance.now();
  act();
  return (performance.now() - began) / 1000;
}

function row(what: string, ours: number, theirs: number) {
  return { what, ours: `${ours.toFixed(3)} s`, theirs: `${theirs.toFixed(3)} s`, ratio: ours / theirs };
}
