import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TranscriptEvent } from "../../../src/transcripts";
import { parseJson } from "../../../src/transcripts/json/parse";
import { type JsonObject, listOf, objectOf } from "../../../src/transcripts/json/values";
import { random } from "../../support/random";
import { readContent, transcriptFixtures, zipOf } from "../../support/transcripts";

/** Where an object or a list ends in a file of JSON. */
interface Place {
  readonly at: number;
  /** Its members' names, `[]` for any element of a list: `.messages[].content`. */
  readonly path: string;
  readonly isList: boolean;
  readonly isEmpty: boolean;
}

function placesIn(text: string): Place[] {
  const places: Place[] = [];
  const open: { path: string; isList: boolean; from: number; name: string }[] = [];
  const token = /"((?:[^"\\]|\\.)*)"\s*(:)?|[[\]{}]/g;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const inner = open.at(-1);
    const [whole, name = "", colon] = found;
    if (whole === "{" || whole === "[") {
      open.push({ path: inner === undefined ? "" : `${inner.path}${inner.isList ? "[]" : `.${inner.name}`}`, isList: whole === "[", from: token.lastIndex, name: "" });
    } else if (whole === "}" || whole === "]") {
      if (inner !== undefined) {
        places.push({ at: found.index, path: inner.path, isList: inner.isList, isEmpty: text.slice(inner.from, found.index).trim() === "" });
      }
      open.pop();
    } else if (colon !== undefined && inner !== undefined) {
      inner.name = name;
    }
  }
  return places;
}

interface Planted {
  readonly path: string;
  readonly word: string;
}

/** Puts a member or an element that no format has, each with a word of its own, at the end of every one of these places. */
function plant(text: string, places: readonly Place[], valueOf: (word: string) => unknown): { readonly text: string; readonly planted: readonly Planted[] } {
  const numbers = random(places.length);
  const planted: Planted[] = [];
  let result = "";
  let from = 0;
  for (const { at, path, isList, isEmpty } of places) {
    const word = String(Math.floor((1 + numbers.next().value) * 1e12));
    const value = JSON.stringify(valueOf(word));
    result += `${text.slice(from, at)}${isEmpty ? "" : ","}${isList ? `{"type":"of_the_future","member${word}":${value}}` : `"member${word}":${value}`}`;
    from = at;
    planted.push({ path, word });
  }
  return { text: result + text.slice(from), planted };
}

const fixtures = readdirSync(transcriptFixtures).map((name) => ({ name, text: readFileSync(join(transcriptFixtures, name), "utf8") }));

/** What a model was sent, which its call tells, and what a file says once more: there the source alone has it. */
const inSource: Readonly<Record<string, RegExp>> = {
  "claude-code.jsonl": /^\.message\.usage/,
  "gemini-cli.jsonl": /^$|^\.\$set\.messages|^\.content\[\]|^\.tokens|^\.thoughts/,
  "inspect.json": /^\.samples\[\]\.(messages|attachments|events\[\]\.(call|state|arguments)|events_data)/,
  "langfuse.json": /^\.observations\[\]\.input\[\]/,
  "langsmith.jsonl": /^\.inputs\.messages/,
  "mini-swe-agent.traj.json": /\.actions\[\]$/,
  // What says of which type an attribute is.
  "otel.json": /\.attributes\[\](\.value)?$/,
  "opencode.json": /\.tokens|\.state(\.time|\.metadata\.filediff)?$/,
  // How pieces of an answer were shown.
  "vscode-chat.json": /\.message\.parts|\.response\[\](\.(inlineReference|content|invocationMessage|uri))?$|\.thinking$|\.toolCallResults$|\.toolCallResults\..*\.content/,
};
/** Elements of lists that are of another kind than the others. */
const elementsInSource: Readonly<Record<string, RegExp>> = {
  "aide.json": /children|exc_stack/,
  "gemini-cli.jsonl": /^\.\$set\.messages|^\.thoughts/,
  "inspect.json": /\.input_refs|\.choices|\.events_data/,
  "langfuse.json": /^\.observations\[\]\.input\[\]/,
  "langsmith.jsonl": /\.id$|^\.inputs\.messages\[\]\[\]\.kwargs/,
  "mini-swe-agent.traj.json": /\.actions/,
  "otel.json": /\.attributes$/,
  "swe-agent.traj": /^\.history/,
  "vscode-chat.json": /\.message\.parts|\.toolCallRounds|\.toolCallResults/,
};

function wordsOf(events: readonly TranscriptEvent[]): string {
  return events.map(({ title, text, fields }) => `${title}\n${text}\n${JSON.stringify(fields)}`).join("\n");
}

function isCovered(events: readonly TranscriptEvent[], member: string, at: number): boolean {
  return events.some(({ source }) => source.member === member && source.start <= at && at < source.end);
}

/** Which planted words no event says, but for those that the source alone has; and which are in no event's source. */
async function lost(name: string, text: string, planted: readonly Planted[], known: RegExp | undefined): Promise<string[]> {
  const { events } = await readContent(text, name);
  const words = wordsOf(events);
  return planted.flatMap(({ path, word }) => {
    const isSaid = words.includes(word) || known?.test(path) === true;
    return [...(isSaid ? [] : [`${path}: not said`]), ...(isCovered(events, "", Buffer.byteLength(text.slice(0, text.indexOf(word)))) ? [] : [`${path}: in no source`])];
  });
}

const values: readonly (readonly [string, (word: string) => unknown])[] = [
  ["a text", (word) => `new ${word}`],
  ["a number", (word) => Number(word)],
  ["an object", (word) => ({ inner: { deep: [word] } })],
];

describe("what a reader does not know", () => {
  test.each(fixtures)("is said beside what it knows of $name", async ({ name, text }) => {
    const objects = placesIn(text).filter(({ isList }) => !isList);
    for (const [, valueOf] of values) {
      const { text: changed, planted } = plant(text, objects, valueOf);
      expect(await lost(name, changed, planted, inSource[name])).toEqual([]);
    }
  });

  test.each(fixtures)("of one object of $name is said, too", async ({ name, text }) => {
    // Alone: where many are unknown, one may be the reason that a record is shown as it is, and so another is said.
    const objects = placesIn(text).filter(({ isList }) => !isList);
    for (const index of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const { text: changed, planted } = plant(text, objects.slice(Math.floor(index * objects.length)).slice(0, 1), (word) => `new ${word}`);
      expect(await lost(name, changed, planted, inSource[name])).toEqual([]);
    }
  });

  test.each(fixtures)("among the elements of lists of $name is said", async ({ name, text }) => {
    const lists = placesIn(text).filter(({ isList }) => isList);
    const { text: changed, planted } = plant(text, lists, (word) => `new ${word}`);
    expect(await lost(name, changed, planted, elementsInSource[name])).toEqual([]);
  });

  test("of an Inspect archive is in the source of an event, and its other members are shown", async () => {
    const fixture = fixtures.find(({ name }) => name === "inspect.json")?.text ?? "";
    const log = objectOf(parseJson(fixture).value) ?? {};
    const [sample] = listOf(log["samples"]);
    const whole = { "header.json": { ...log, samples: undefined }, "samples/1_epoch_1.json": sample, "reductions.json": [{ scorer: "acc", samples: [{ value: 1 }] }], "notes.json": { by: "somebody" } } satisfies Record<string, unknown>;
    const members = Object.entries<unknown>(whole).map(([name, value]) => {
      const content = JSON.stringify(value);
      return { name, ...plant(content, placesIn(content).filter(({ isList }) => !isList), (word) => `new ${word}`) };
    });
    const { events } = await readContent(zipOf(members.map(({ name, text }) => ({ name, content: text }))), "log.eval");
    const missed = members.flatMap(({ name, text, planted }) => planted.filter(({ word }) => !isCovered(events, name, Buffer.byteLength(text.slice(0, text.indexOf(word))))).map(({ path }) => `${name} ${path}`));
    expect(missed).toEqual([]);
    expect(wordsOf(events)).toContain("somebody");
  });
});

/** So that the objects of the tests above are those that the files have. */
test("places are the ends of objects and lists", () => {
  const text = '{"a": [1, {"b\\"}": {}}], "c": "}]"}';
  const places: JsonObject[] = placesIn(text).map(({ path, isList, isEmpty }) => ({ path, isList, isEmpty }));
  expect(places).toEqual([
    { path: ".a[].b\\\"}", isList: false, isEmpty: true },
    { path: ".a[]", isList: false, isEmpty: false },
    { path: ".a", isList: true, isEmpty: false },
    { path: "", isList: false, isEmpty: false },
  ]);
});
