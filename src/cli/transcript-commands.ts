import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { formatScore, singleLine } from "../base";
import { type EventKind, eventKinds, openTranscript, Records, type TranscriptEvent, type TranscriptReading, UsageMeter, type UsageSum, addedUp, noUsage } from "../transcripts";
import { type Outcome, parse, printJson, printTable, UsageError } from "./command";
import { callJson, callText, wantedEvent, wholeCall } from "./transcript-call";

/** The `baseliner transcript …` commands by name. */
export const transcriptCommands = { info, events, call };

async function info(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  return await withTranscript(positionals, "info", async (reading) => {
    const kinds = new Map<EventKind, number>();
    const samples = new Set<string>();
    const found = { events: 0, calls: 0, linkedResults: 0, results: 0, errors: 0, scores: 0, repeats: 0 };
    const calls = new Set<string>();
    const meter = new UsageMeter();
    const models = new Map<string, UsageSum>();
    let usage = noUsage;
    let first: number | undefined;
    let last: number | undefined;
    for await (const event of readAll(reading)) {
      kinds.set(event.kind, (kinds.get(event.kind) ?? 0) + 1);
      found.events++;
      found.errors += event.isError ? 1 : 0;
      found.repeats += event.isRepeat ? 1 : 0;
      found.scores += event.kind === "score" ? 1 : 0;
      for (const { model, ...sum } of meter.take(event).added) {
        usage = addedUp(usage, sum);
        models.set(model, addedUp(models.get(model) ?? noUsage, sum));
      }
      if (event.sample !== undefined) {
        samples.add(event.sample);
      }
      const key = `${event.sample ?? ""}\0${event.call ?? ""}`;
      if (event.kind === "tool-call") {
        found.calls++;
        calls.add(key);
      } else if (event.kind === "tool-result") {
        found.results++;
        found.linkedResults += event.call !== undefined && calls.has(key) ? 1 : 0;
      }
      if (event.time !== undefined) {
        first = Math.min(first ?? event.time, event.time);
        last = Math.max(last ?? event.time, event.time);
      }
    }
    const byKind = Object.fromEntries(eventKinds.flatMap((kind) => (kinds.has(kind) ? [[kind, kinds.get(kind)]] : [])));
    const times = { from: first === undefined ? null : new Date(first).toISOString(), to: last === undefined ? null : new Date(last).toISOString() };
    if (values.json) {
      printJson({ format: reading.format, facts: reading.facts, ...found, samples: samples.size, kinds: byKind, ...times, usage: { ...usage, models: Object.fromEntries(models) } });
      return;
    }
    printTable([
      ["format", reading.formatTitle],
      ...Object.entries(reading.facts).flatMap(([name, value]) => (value === null || value === "" ? [] : [[name, singleLine(String(value))]])),
      ["events", String(found.events)],
      ...Object.entries(byKind).map(([kind, count]) => [`  ${kind}`, String(count)]),
      ["results with their call", `${found.linkedResults} of ${found.results}`],
      ...(samples.size > 0 ? [["samples", String(samples.size)]] : []),
      ...(times.from === null || times.to === null ? [] : [["time", `${times.from} to ${times.to}`]]),
      ...(usage.answers === 0 ? [] : [["models took", usageText(usage)]]),
      ...(models.size < 2 ? [] : [...models].map(([model, sum]) => [`  ${model === "" ? "not said" : singleLine(model)}`, usageText(sum)])),
    ]);
  });
}

/** What answers took, in words. */
function usageText({ answers, withTokens, withCost, input, cached, output, reasoning, cost }: UsageSum): string {
  const count = (value: number): string => value.toLocaleString("en");
  // No answer is given to nothing: then the log tells only what came out.
  const given = input === 0 ? "tokens: " : `${count(input)} tokens in${cached > 0 ? ` (${count(cached)} of them from a cache)` : ""}, `;
  const tokens = withTokens === 0 ? "" : `${given}${count(output)} out${reasoning > 0 ? ` (${count(reasoning)} of them reasoning)` : ""}`;
  const dollars = cost === 0 ? "" : `$${formatScore(cost)}${withCost < answers ? ` for ${count(withCost)} of them` : ""}`;
  return [`${count(answers)} ${answers === 1 ? "answer" : "answers"}`, tokens, dollars].filter((part) => part !== "").join(", ");
}

async function events(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  return await withTranscript(positionals, "events", async (reading) => {
    for await (const event of readAll(reading)) {
      const line = values.json ? JSON.stringify(event) : lineOf(event);
      if (!process.stdout.write(`${line}\n`)) {
        await new Promise((drained) => process.stdout.once("drain", drained));
      }
    }
  });
}

async function call(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {});
  const [path, id] = positionals;
  if (path === undefined || id === undefined) {
    throw new UsageError("transcript call needs a file or a folder, and the id of an event as transcript events prints it");
  }
  return await withTranscript(positionals, "call", async (reading, cache) => {
    const wanted = await wantedEvent(reading.format, readAll(reading), id);
    if (wanted === undefined) {
      throw new UsageError(`the transcript has no event ${singleLine(id)}`);
    }
    const records = new Records(resolve(path), cache);
    try {
      const whole = await wholeCall(records, reading.format, wanted);
      if (whole === undefined) {
        throw new UsageError(`event ${singleLine(id)} is no part of a model's call, as far as the log says`);
      }
      if (values.json) {
        printJson(callJson(whole));
      } else {
        process.stdout.write(`${callText(whole)}\n`);
      }
    } finally {
      records.close();
    }
  });
}

function lineOf(event: TranscriptEvent): string {
  const time = event.time === undefined ? "" : new Date(event.time).toISOString();
  const label = [event.sample, event.branch, event.agent, event.tool, event.title, event.score === undefined ? "" : String(event.score.value ?? event.score.text ?? "none")].filter((part) => part !== undefined && part !== "").join(" · ");
  return singleLine(`${event.id}  ${time}  ${event.isError ? "!" : ""}${event.kind}  ${label}  ${event.text.slice(0, 400)}`, 240);
}

async function* readAll(reading: TranscriptReading): AsyncGenerator<TranscriptEvent> {
  // A first look is one batch, which is told to be one by the next.
  let held: readonly TranscriptEvent[] = [];
  for await (const batch of reading.batches()) {
    if (batch.restarts !== true) {
      yield* held;
    }
    held = batch.events;
  }
  yield* held;
}

async function withTranscript(positionals: string[], name: string, act: (reading: TranscriptReading, cache: string) => Promise<void>): Promise<Outcome> {
  const [file] = positionals;
  if (file === undefined) {
    throw new UsageError(`transcript ${name} needs a file or a folder`);
  }
  const cache = await mkdtemp(join(tmpdir(), "baseliner-transcript-"));
  try {
    const reading = await openTranscript(resolve(file), cache);
    try {
      await act(reading, cache);
    } finally {
      reading.close();
    }
    return "done";
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}
