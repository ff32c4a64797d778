import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { openTranscript, type TranscriptReading } from "../../../src/transcripts";
import { IndexWriter } from "../../../src/transcripts/store/index-writer";
import { writtenPart } from "../../../src/transcripts/store/written-part";
import { transcriptFile } from "../../support/transcripts";

const lines = (records: readonly object[]): string => records.map((record, index) => (index % 17 === 3 ? ` \n${JSON.stringify(record)}\r\n` : `${JSON.stringify(record)}\n`)).join("");

/** Messages over several lines, of which only the first tells its usage; calls whose results come much later. */
const claudeCode = lines(
  Array.from({ length: 400 }, (_, index) => {
    const common = { uuid: `u${index}`, parentUuid: null, sessionId: "s", timestamp: new Date(1_750_000_000_000 + index * 1000).toISOString(), ...(index % 7 === 0 ? { isSidechain: true, agentId: `a${index % 3}` } : {}) };
    const assistant = (content: object): object => ({ ...common, type: "assistant", message: { id: `m${Math.floor(index / 5)}`, role: "assistant", model: "m", usage: { input_tokens: index }, content: [content] } });
    switch (index % 5) {
      case 0:
      case 1:
        return assistant({ type: "text", text: `Ünïcode → ${index} \ud800` });
      case 2:
        return assistant({ type: "tool_use", id: `t${index}`, name: index % 2 === 0 ? "Bash" : "Read", input: { command: `cat > f${index} <<E\nx\nE` } });
      case 3:
        return { ...common, type: "system", subtype: "info", content: "between" };
      default:
        return { ...common, type: "user", message: { role: "user", content: [{ type: "tool_result", tool_use_id: `t${Math.max(2, index - 52)}`, content: "done ".repeat(index % 40) }] } };
    }
  }),
);
const codex = lines([
  { timestamp: "2026-01-01T00:00:00Z", type: "session_meta", payload: { id: "c" } },
  ...Array.from({ length: 300 }, (_, index) => ({
    timestamp: new Date(1_750_000_000_000 + index * 1000).toISOString(),
    type: "response_item",
    payload: index % 2 === 0 ? { type: "function_call", name: "shell", arguments: JSON.stringify({ command: ["ls", `${index}`] }), call_id: `c${index}` } : { type: "function_call_output", call_id: `c${index - 1}`, output: "ok" },
  })),
  // About a span, so it is read with all that is before it.
  { timestamp: "2026-01-01T01:00:00Z", type: "turn_context", payload: { span: "x", begins: true } },
  ...Array.from({ length: 100 }, (_, index) => ({ timestamp: "2026-01-01T02:00:00Z", type: "response_item", payload: { type: "message", role: "assistant", content: [{ type: "output_text", text: `said ${index}` }] } })),
]);

test.each([
  ["Claude Code", claudeCode],
  ["Codex", codex],
])("the index of %s is the same where it is put together from parts", async (_name, content) => {
  const path = transcriptFile(content);
  const whole = await indexOf(path, "whole", () => 0);
  const inParts = await indexOf(path, "parts", partsInto);
  expect(inParts.parts).toBeGreaterThan(5);
  expect(inParts.names).toEqual(whole.names);
  expect(inParts.files.map((bytes) => bytes.toString("latin1"))).toEqual(whole.files.map((bytes) => bytes.toString("latin1")));
});

test("lines whose reader never forgets are not read in parts", async () => {
  const path = transcriptFile(lines(Array.from({ length: 50 }, (_, index) => ({ type: index === 0 ? "thread.started" : "item.completed", thread_id: "t", item: { id: `${index}`, type: "agent_message", text: "x" } }))));
  const reading = await openTranscript(path, dirname(path));
  expect([...(reading.parts?.(() => 100) ?? [])]).toEqual([]);
  reading.close();
});

function partsInto(reading: TranscriptReading, writer: IndexWriter): number {
  let count = 0;
  for (const part of reading.parts?.(() => 1500) ?? []) {
    const written = writtenPart(reading.partEvents?.(part) ?? [], part.end - part.start);
    if (written === undefined) {
      for (const event of reading.partEvents?.(part) ?? []) {
        writer.add(event);
      }
    } else {
      writer.addPart(structuredClone(written));
    }
    count++;
  }
  return count;
}

async function indexOf(path: string, name: string, before: (reading: TranscriptReading, writer: IndexWriter) => number) {
  const reading = await openTranscript(path, dirname(path));
  const writer = new IndexWriter(join(dirname(path), name));
  const parts = before(reading, writer);
  for await (const { events } of reading.batches()) {
    events.forEach((event) => writer.add(event));
  }
  writer.close();
  reading.close();
  const { rows, heads, text } = writer.files;
  return { parts, names: writer.names.all, files: [rows, heads, text].map((file) => readFileSync(file)) };
}
