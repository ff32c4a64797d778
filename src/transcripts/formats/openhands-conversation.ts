import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EventSource, TranscriptEvent } from "../event";
import { parseJson } from "../json/parse";
import { objectOf, textOf } from "../json/values";
import { inBatches, type EventBatch, sealed, sealedAll, throwIfCancelled, type TranscriptReading } from "../reading";
import type { ByteSource } from "../sources/byte-source";
import { expandMember, type ZipDirectory, ZipError, type ZipMember } from "../sources/zip";
import type { TranscriptFacts } from "./format";
import { isOpenHandsEvent, openHandsVersion } from "./openhands";

/** Of the SDK's own folders, of exported conversations, and of the first version. */
const eventName = /^(?:event[-_])?(\d+)(?:[-_].*)?\.json$/;
/** What says of a conversation what it is about: in the SDK's own folders beside those of events, in exported ones beside the events. */
const aboutNames = ["base_state.json", "meta.json"];

/** The files of a conversation, wherever they lie. */
interface ConversationFiles {
  /** What its files are called as sources of events. */
  readonly names: readonly string[];
  read(name: string, signal?: AbortSignal): Promise<{ readonly text: string; readonly problem: string | undefined }>;
  place(name: string): Pick<EventSource, "file" | "member">;
  close(): void;
}

/** The folder in which a conversation's events lie, one file each; undefined where there is none. */
export async function openHandsEventsFolder(folder: string): Promise<string | undefined> {
  const names = await readdir(join(folder, "events")).catch(() => []);
  return names.some((name) => eventName.test(name)) ? join(folder, "events") : undefined;
}

/** A conversation that OpenHands stores as a file for each event: in a folder, or in a zip archive of one. */
export class OpenHandsConversationReading implements TranscriptReading {
  readonly format: string;
  readonly formatTitle: string;
  readonly files: string[] = [];
  facts: TranscriptFacts = {};

  private constructor(
    private readonly conversation: ConversationFiles,
    private readonly version: ReturnType<typeof openHandsVersion>,
  ) {
    this.format = version.name;
    this.formatTitle = version.title;
  }

  static async inFolder(folder: string): Promise<OpenHandsConversationReading> {
    const events = (await readdir(join(folder, "events"))).map((name) => `events/${name}`);
    const conversation: ConversationFiles = {
      names: [...(await readdir(folder)).filter((name) => aboutNames.includes(name)), ...events],
      read: async (name) => ({ text: await readFile(join(folder, name), "utf8"), problem: undefined }),
      place: (name) => ({ file: name, member: "" }),
      close: () => undefined,
    };
    return new OpenHandsConversationReading(conversation, openHandsVersion(await firstEvent(conversation).catch(() => undefined)));
  }

  /**
   * The conversation in an archive; undefined where it holds none.
   * @param cache an existing folder for members that are too large for memory
   */
  static async inArchive(source: ByteSource & { close?(): void }, { members }: ZipDirectory, cache: string): Promise<OpenHandsConversationReading | undefined> {
    const conversation = archivedFiles(source, members, cache);
    const first = await firstEvent(conversation).catch(() => undefined);
    return isOpenHandsEvent(first) ? new OpenHandsConversationReading(conversation, openHandsVersion(first)) : undefined;
  }

  async *batches(signal?: AbortSignal): AsyncGenerator<EventBatch, void> {
    const { conversation } = this;
    const events: TranscriptEvent[] = [];
    for (const name of conversation.names.filter((candidate) => aboutNames.includes(lastOf(candidate)))) {
      const { text } = await conversation.read(name, signal);
      const value = objectOf(parseJson(text).value);
      this.facts = { id: textOf(value?.["id"]) ?? null };
      events.push(...sealedAll([{ kind: "state", title: "conversation", text }], lastOf(name).replace(/\.json$/, ""), this.sourceOf(name, text)));
    }
    const numbered = numberedEvents(conversation);
    const reader = this.version.read();
    for (const { name, number } of numbered) {
      throwIfCancelled(signal);
      const { text, problem } = await conversation.read(name, signal);
      const { value, isWhole } = parseJson(text);
      const drafts = (isWhole ? reader.record({ path: [], document: number, value, text: () => text }) : undefined) ?? [{ kind: "raw" as const, title: textOf(objectOf(value)?.["kind"]) ?? "", text, isError: !isWhole }];
      const source = this.sourceOf(name, text);
      events.push(...sealedAll(drafts, `${number}`, source));
      if (problem !== undefined) {
        events.push(sealed({ kind: "error", title: "damaged", text: `This event is damaged: ${problem}.`, isError: true }, `${number}.damage`, source));
      }
    }
    yield* inBatches(events, () => ({ done: numbered.length, total: numbered.length }), signal);
  }

  private sourceOf(name: string, text: string): EventSource {
    const place = this.conversation.place(name);
    if (!this.files.includes(place.file)) {
      this.files.push(place.file);
    }
    return { ...place, start: 0, end: Buffer.byteLength(text) };
  }

  close(): void {
    this.conversation.close();
  }
}

function archivedFiles(source: ByteSource & { close?(): void }, members: ReadonlyMap<string, ZipMember>, cache: string): ConversationFiles {
  return {
    names: [...members.keys()],
    read: async (name, signal) => {
      const member = members.get(name);
      if (member === undefined) {
        return { text: "", problem: "it is missing" };
      }
      try {
        const { content, problem } = await expandMember(source, member, join(cache, `member-${member.offset}.json`), signal);
        const text = content.read(0, content.size).toString("utf8");
        content.close?.();
        return { text, problem };
      } catch (error) {
        if (!(error instanceof ZipError)) {
          throw error;
        }
        return { text: "", problem: error.message };
      }
    },
    place: (name) => ({ file: "", member: name }),
    close: () => source.close?.(),
  };
}

async function firstEvent(conversation: ConversationFiles): Promise<unknown> {
  const [first] = numberedEvents(conversation);
  return first === undefined ? undefined : parseJson((await conversation.read(first.name)).text).value;
}

/** The events by their numbers. An archive may hold other folders with numbered files: those in the one with most are its events. */
function numberedEvents({ names }: ConversationFiles): { readonly name: string; readonly number: number }[] {
  const folders = new Map<string, { name: string; number: number }[]>();
  for (const name of names) {
    const match = eventName.exec(lastOf(name));
    if (match !== null) {
      const folder = name.slice(0, name.length - lastOf(name).length);
      const events = folders.get(folder) ?? [];
      events.push({ name, number: Number(match[1]) });
      folders.set(folder, events);
    }
  }
  const [most = []] = [...folders.values()].sort((one, other) => other.length - one.length);
  return most.sort((one, other) => one.number - other.number);
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
