import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TranscriptError } from "../../../src/transcripts";
import { hasRealTranscripts, readContent, type ReadTranscript, realTranscripts, transcriptFixtures, zipOf } from "../../support/transcripts";

/** Reads what may be no transcript at all: then a sentence says so, and nothing else is thrown. */
async function attempt(content: string | Uint8Array, name?: string): Promise<ReadTranscript | undefined> {
  try {
    return await readContent(content, name);
  } catch (error) {
    expect(error).toBeInstanceOf(TranscriptError);
    return undefined;
  }
}

const fixtures = readdirSync(transcriptFixtures).map((name) => ({ name, bytes: readFileSync(join(transcriptFixtures, name)) }));
const real = hasRealTranscripts
  ? readdirSync(realTranscripts, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(json|jsonl|traj|eval)$/.test(name))
      .map((name) => ({ name, bytes: readFileSync(join(realTranscripts, name)) }))
      .filter(({ bytes }) => bytes.length < 150_000)
  : [];

/** Damage at some places: bytes changed, left out or said twice. */
const damages = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), how: fc.constantFrom("set", "cut", "double"), byte: fc.constantFrom(0, 0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x0a, 0xff, 0xed, 0x30), length: fc.nat(200) }), { minLength: 1, maxLength: 4 });

function damaged(bytes: Buffer, list: readonly { at: number; how: string; byte: number; length: number }[]): Buffer {
  let result = Buffer.from(bytes);
  for (const { at, how, byte, length } of list) {
    const place = Math.floor(at * result.length);
    const end = Math.min(result.length, place + length);
    result = how === "set" ? Buffer.concat([result.subarray(0, place), Buffer.from([byte]), result.subarray(place + 1)]) : how === "cut" ? Buffer.concat([result.subarray(0, place), result.subarray(end)]) : Buffer.concat([result.subarray(0, end), result.subarray(place)]);
  }
  return result;
}

describe("a damaged transcript", () => {
  test.each(fixtures)("like $name is read as far as it goes", async ({ name, bytes }) => {
    await fc.assert(
      fc.asyncProperty(damages, async (list) => {
        const read = await attempt(damaged(bytes, list), name);
        expect(new Set(read?.events.map(({ id }) => id)).size).toBe(read?.events.length ?? 0);
      }),
      { numRuns: 40 },
    );
  });

  test.skipIf(!hasRealTranscripts).each(real)("like the real $name is read as far as it goes", async ({ name, bytes }) => {
    await fc.assert(
      fc.asyncProperty(damages, async (list) => {
        await attempt(damaged(bytes, list), name.replaceAll("/", "-"));
      }),
      { numRuns: 4 },
    );
  });

  test("of a line loses that line alone", async () => {
    const lines = readFileSync(join(transcriptFixtures, "claude-code.jsonl"), "utf8").split("\n");
    const whole = (await readContent(lines.join("\n"), "a.jsonl")).events.length;
    for (const damage of ['{"type":', "\0\0\0", "\u2028", "]]]]", "nonsense", "NaN"]) {
      const { events } = await readContent([...lines.slice(0, 3), damage, ...lines.slice(3)].join("\n"), "a.jsonl");
      expect([events.length, events.filter(({ kind }) => kind === "raw").length]).toEqual([whole + 1, 2]);
    }
  });
});

describe("hostile input", () => {
  const line = (content: unknown): string => `${JSON.stringify({ type: "user", uuid: "u", parentUuid: null, sessionId: "s", message: { role: "user", content } })}\n`;

  test.each<[string, string | Uint8Array]>([
    ["nothing but spaces", "   \n  "],
    ["text", "no transcript\nat all"],
    ["NUL bytes", Buffer.alloc(1000)],
    ["HTML", "<html><script>alert(1)</script></html>"],
    ["a zip that holds no log", zipOf([{ name: "a.txt", content: "a" }])],
    ["a zip's first bytes", "PK\x03\x04"],
  ])("%s is no transcript", async (_name, content) => {
    expect(await attempt(content)).toBeUndefined();
  });

  test("an empty file says that it is empty, and one that is missing that it is missing", async () => {
    await expect(readContent("")).rejects.toMatchObject({ reason: "empty" });
    await expect(readContent("{}", "missing/x.json")).rejects.toThrow();
  });

  test("deep nesting", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const { events } = await readContent(`${line("one")}{"type":"user","sessionId":"s","uuid":"x","message":{"role":"user","content":${deep}}}\n{"type":"other","x":${deep}}\n${line("two")}`);
    expect(events.map(({ kind }) => kind)).toEqual(["user", "user", "raw", "user"]);
  });

  test("a line of 50 MB, between others", async () => {
    const { events } = await readContent(line("before") + line("x".repeat(50_000_000)) + line("after"));
    expect(events.map(({ text }) => text.length)).toEqual([6, 50_000_000, 5]);
  });

  test("a document of one line of 30 MB", async () => {
    const messages = Array.from({ length: 3000 }, (_value, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content: "x".repeat(10_000) }));
    expect((await readContent(JSON.stringify({ messages }))).events).toHaveLength(3000);
  });

  test("a message of very many parts", async () => {
    const { events } = await readContent(line(Array.from({ length: 200_000 }, () => ({ type: "tool_use", name: "t", input: {} }))) + line("after"));
    expect(events.at(-1)?.text).toBe("after");
  });

  test("invalid UTF-8, lone surrogates and terminal escapes stay text", async () => {
    const bytes = Buffer.concat([Buffer.from(line("a\u001b]0;title\u0007b")), Buffer.from(line("BAD")), Buffer.from('{"type":"user","uuid":"u","sessionId":"s","message":{"role":"user","content":"\\ud800"}}\n')]);
    const at = bytes.indexOf("BAD");
    bytes[at] = 0xff;
    const { events } = await readContent(bytes);
    expect(events.map(({ text }) => text)).toEqual(["a\u001b]0;title\u0007b", "\ufffdAD", "\ud800"]);
  });

  test("duplicate keys, __proto__ and numbers that are none", async () => {
    const { events } = await readContent('[{"role":"user","content":"a","content":"b","__proto__":{"isError":true},"x":NaN,"y":-Infinity,"z":9007199254740993},{"role":"assistant","content":"c"}]');
    expect(events.map(({ text, isError }) => [text, isError])).toEqual([["b", false], ["c", false]]);
  });

  test("parents that form a circle", async () => {
    const node = { code: "1", plan: "", step: 0, _term_out: [], metric: null };
    const { events } = await readContent(JSON.stringify({ nodes: [{ ...node, id: "a" }, { ...node, id: "b" }], node2parent: { a: "b", b: "a" }, __version: "2" }));
    expect(events.filter(({ kind }) => kind === "tool-call")).toHaveLength(2);
  });

  test("times that are missing, out of order or out of reach", async () => {
    const times = ["2026-01-01T00:00:00Z", undefined, "1970-01-01T00:00:00", "+999999-01-01", 1e300, -5, "soon"];
    const { events } = await readContent(times.map((timestamp) => JSON.stringify({ role: "user", content: "x", timestamp })).join("\n"), "a.jsonl");
    expect(events.map(({ time }) => time)).toEqual([1_767_225_600_000, undefined, 0, undefined, undefined, -5000, undefined]);
  });

  test("references that lead nowhere, or in a circle, stay as they are", async () => {
    const sample = { id: 1, epoch: 1, events: [{ event: "model", input: [], input_refs: [[0, 1e9], [5, 2], ["a"]], output: { choices: [{ message: { role: "assistant", content: "attachment://none" } }] } }, { event: "tool", id: "t", function: "f", arguments: {}, result: "attachment://a" }], attachments: { a: "attachment://a" } };
    const { events } = await readContent(JSON.stringify({ version: 2, status: "success", eval: { task: "t" }, samples: [sample] }));
    expect(events.filter(({ kind }) => kind === "message" || kind === "tool-result").map(({ text }) => text)).toEqual(["attachment://none", "attachment://a"]);
  });
});
