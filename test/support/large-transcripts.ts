import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { crc32, createDeflateRaw } from "node:zlib";
import { random } from "./random";

const words =
  "the model loss training batch tensor gradient layer attention kernel error file test score run step value index buffer memory cache python import torch return self config learning rate epoch data loader print def class for while if else with open as result output input expected actual assert shape dtype device cuda optimizer".split(" ");

/** Text like that of agents: prose, code, tracebacks, numbers; with what JSON must escape. */
function prose(next: () => number, units: number): string {
  const parts: string[] = [];
  let length = 0;
  while (length < units) {
    const chance = next();
    const word = words[Math.floor(next() * words.length)] ?? "";
    const part = chance < 0.08 ? `${word}\n    ` : chance < 0.1 ? `"${word}"` : chance < 0.12 ? (next() * 1e4).toFixed(3) : chance < 0.125 ? "é→" : chance < 0.13 ? `C:\\${word}\\` : word;
    parts.push(part);
    length += part.length + 1;
  }
  return parts.join(" ");
}


/** A pool of texts, so that a large file is made quickly and still does not repeat itself line by line. */
function texts(seed: number): (least: number, most: number) => string {
  const numbers = random(seed);
  const next = (): number => numbers.next().value;
  const pool = Array.from({ length: 400 }, () => prose(next, 6000));
  return (least, most) => {
    const units = Math.floor(least + (most - least) * next() ** 3);
    let text = "";
    while (text.length < units) {
      const from = pool[Math.floor(next() * pool.length)] ?? "";
      const start = Math.floor(next() * 3000);
      text += from.slice(start, start + Math.min(3000, units - text.length));
    }
    return text;
  };
}

/** Lines as Claude Code writes them: about `bytes` in all. */
export function writeClaudeCode(path: string, bytes: number, seed: number): { lines: number; bytes: number } {
  const text = texts(seed);
  const time = (line: number): string => new Date(1_750_000_000_000 + line * 1500).toISOString();
  const base = { isSidechain: false, userType: "external", cwd: "/work", sessionId: "5f0c", version: "2.1.0", gitBranch: "main" };
  return writeRecords(path, "", "\n", "\n", bytes, (line) => {
    const common = { parentUuid: line === 0 ? null : `u-${line - 1}`, ...base, uuid: `u-${line}`, timestamp: time(line) };
    switch (line % 3) {
      case 0:
        return { ...common, type: "assistant", message: { id: `msg-${line}`, type: "message", role: "assistant", model: "m", content: [{ type: "text", text: text(50, 3000) }], usage: { input_tokens: 5, output_tokens: 100 } } };
      case 1:
        return { ...common, type: "assistant", message: { id: `msg-${line - 1}`, type: "message", role: "assistant", model: "m", content: [{ type: "tool_use", id: `call-${line}`, name: "Bash", input: { command: text(20, 1500), description: "run" } }], usage: { input_tokens: 5, output_tokens: 100 } } };
      default:
        return { ...common, type: "user", message: { role: "user", content: [{ type: "tool_result", tool_use_id: `call-${line - 1}`, content: text(100, 16_000) }] }, toolUseResult: { stdout: "", stderr: "", interrupted: false } };
    }
  });
}

/** One sample as Inspect writes it, as a log of its own where `isDocument`. Long texts are attachments, behind the events that refer to them. */
export function writeInspectSample(path: string, bytes: number, seed: number, isDocument: boolean): { lines: number; bytes: number } {
  const text = texts(seed);
  const attachments: [string, string][] = [];
  const attached = (value: string): string => {
    if (value.length < 1000 || attachments.length >= 20_000) {
      return value;
    }
    const name = attachments.length.toString(16).padStart(32, "0");
    attachments.push([name, value]);
    return `attachment://${name}`;
  };
  const time = (event: number): string => new Date(1_750_000_000_000 + event * 900).toISOString();
  const head = '{"id":"big","epoch":1,"input":"do it","target":"","messages":[],"events":[';
  const before = isDocument ? `{"version":2,"status":"success","eval":{"task":"big","model":"m","created":"2026-01-01T00:00:00+00:00"},"samples":[${head}` : head;
  const after = (): string => `],"scores":{"s":{"value":1}},"attachments":{${attachments.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}}${isDocument ? "]}" : ""}`;
  return writeRecords(path, before, ",", after, bytes - 30_000_000 * (bytes > 1e8 ? 1 : 0), (event) => {
    const common = { uuid: `e${event}`, span_id: "main", timestamp: time(event), working_start: event * 0.9 };
    const number = Math.floor(event / 4);
    switch (event % 4) {
      case 0:
        return { ...common, event: "model", model: "m", input: number === 0 ? [{ id: "m0", role: "user", content: "do it" }] : [], tools: [], output: { choices: [{ message: { id: `a${number}`, role: "assistant", content: text(50, 4000), tool_calls: [{ id: `call-${number}`, function: "bash", arguments: { cmd: text(20, 800) } }] }, stop_reason: "tool_calls" }], usage: { input_tokens: 5 } } };
      case 1:
        return { ...common, event: "sandbox", action: "exec", cmd: text(20, 400), result: 0, output: text(100, 4000) };
      case 2:
        return { ...common, event: "tool", type: "function", id: `call-${number}`, function: "bash", arguments: { cmd: "x" }, result: attached(text(100, 16_000)), events: [] };
      default:
        return { ...common, event: "state", changes: [{ op: "replace", path: "/store/steps", value: number }] };
    }
  });
}

function writeRecords(path: string, before: string, between: string, after: string | (() => string), bytes: number, record: (index: number) => object): { lines: number; bytes: number } {
  const file = openSync(path, "w");
  let written = 0;
  let pending: string[] = [before];
  let size = 0;
  const flush = (): void => {
    written += writeSync(file, pending.join(""));
    pending = [];
    size = 0;
  };
  let lines = 0;
  for (; written + size < bytes; lines++) {
    const text = (lines === 0 ? "" : between) + JSON.stringify(record(lines));
    pending.push(text);
    size += text.length;
    if (size > 4_000_000) {
      flush();
    }
  }
  pending.push(typeof after === "string" ? after : after());
  flush();
  closeSync(file);
  return { lines, bytes: written };
}

/** A zip archive with one file in it, which may be larger than the memory. */
export async function writeArchive(path: string, name: string, content: string): Promise<void> {
  const archive = openSync(path, "w");
  const nameBytes = Buffer.from(name);
  const start = 30 + nameBytes.length;
  let checksum = 0;
  let size = 0;
  let end = start;
  const read = createReadStream(content, { highWaterMark: 2 ** 20 });
  read.on("data", (chunk) => {
    checksum = crc32(chunk, checksum);
    size += chunk.length;
  });
  for await (const chunk of read.pipe(createDeflateRaw({ level: 1 })) as AsyncIterable<Buffer>) {
    end += writeSync(archive, chunk, 0, chunk.length, end);
  }
  const common = Buffer.alloc(26);
  common.writeUInt16LE(45, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(checksum, 10);
  common.writeUInt32LE(end - start, 14);
  common.writeUInt32LE(size, 18);
  common.writeUInt16LE(nameBytes.length, 22);
  writeSync(archive, Buffer.concat([Buffer.from("PK\x03\x04"), common, nameBytes]), 0, start, 0);
  const directory = Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([45, 0]), common, Buffer.alloc(14), nameBytes]);
  const last = Buffer.alloc(22);
  last.write("PK\x05\x06", 0, "latin1");
  last.writeUInt16LE(1, 8);
  last.writeUInt16LE(1, 10);
  last.writeUInt32LE(directory.length, 12);
  last.writeUInt32LE(end, 16);
  writeSync(archive, Buffer.concat([directory, last]), 0, directory.length + last.length, end);
  closeSync(archive);
}
