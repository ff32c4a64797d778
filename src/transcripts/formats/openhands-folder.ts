import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TranscriptEvent } from "../event";
import { parseJson } from "../json/parse";
import { objectOf, textOf } from "../json/values";
import { inBatches, type EventBatch, sealedAll, throwIfCancelled, type TranscriptReading } from "../reading";
import type { TranscriptFacts } from "./format";
import { openHandsVersion } from "./openhands";

/** Of the SDK's own folders, of exported conversations, and of the first version. */
const eventName = /^(?:event[-_])?(\d+)(?:[-_].*)?\.json$/;

/** The folder in which a conversation's events lie, one file each; undefined where there is none. */
export async function openHandsEventsFolder(folder: string): Promise<string | undefined> {
  const names = await readdir(join(folder, "events")).catch(() => []);
  return names.some((name) => eventName.test(name)) ? join(folder, "events") : undefined;
}

/** A conversation that the OpenHands SDK stores as a folder. */
export class OpenHandsFolderReading implements TranscriptReading {
  readonly format: string;
  readonly formatTitle: string;
  readonly files: string[] = [];
  facts: TranscriptFacts = {};

  private constructor(
    private readonly folder: string,
    private readonly version: ReturnType<typeof openHandsVersion>,
  ) {
    this.format = version.name;
    this.formatTitle = version.title;
  }

  static async open(folder: string): Promise<OpenHandsFolderReading> {
    const [first] = await numberedEvents(folder);
    const text = first === undefined ? "" : await readFile(join(folder, "events", first.name), "utf8").catch(() => "");
    return new OpenHandsFolderReading(folder, openHandsVersion(parseJson(text).value));
  }

  async *batches(signal?: AbortSignal): AsyncGenerator<EventBatch, void> {
    const state = await readFile(join(this.folder, "base_state.json"), "utf8").catch(() => undefined);
    const events: TranscriptEvent[] = [];
    if (state !== undefined) {
      this.files.push("base_state.json");
      const value = objectOf(parseJson(state).value);
      this.facts = { id: textOf(value?.["id"]) ?? null };
      events.push(...sealedAll([{ kind: "state", title: "conversation", text: state }], "base_state", { file: "base_state.json", member: "", start: 0, end: Buffer.byteLength(state) }));
    }
    const numbered = await numberedEvents(this.folder);
    const reader = this.version.read();
    for (const { name, number } of numbered) {
      throwIfCancelled(signal);
      const text = await readFile(join(this.folder, "events", name), "utf8");
      const { value, isWhole } = parseJson(text);
      const drafts = (isWhole ? reader.record({ path: [], document: number, value, text: () => text }) : undefined) ?? [{ kind: "raw" as const, title: textOf(objectOf(value)?.["kind"]) ?? "", text, isError: !isWhole }];
      const file = `events/${name}`;
      this.files.push(file);
      events.push(...sealedAll(drafts, `${number}`, { file, member: "", start: 0, end: Buffer.byteLength(text) }));
    }
    yield* inBatches(events, () => ({ done: numbered.length, total: numbered.length }), signal);
  }

  close(): void {
    // Every file is closed once it was read.
  }
}

async function numberedEvents(folder: string): Promise<{ readonly name: string; readonly number: number }[]> {
  const numbered = (await readdir(join(folder, "events"))).flatMap((name) => {
    const match = eventName.exec(name);
    return match === null ? [] : [{ name, number: Number(match[1]) }];
  });
  return numbered.sort((one, other) => one.number - other.number);
}
