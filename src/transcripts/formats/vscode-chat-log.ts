import { abandonedBranch, type EventDraft, keptBranch } from "../event";
import { decoded } from "../json/decode";
import { parseJson } from "../json/parse";
import { beside, idOf, type JsonObject, listOf, member, objectOf, shownText } from "../json/values";
import type { Format, FormatReader, LineSurvey, SourceRecord } from "./format";
import { chatEvent, chatFacts, requestEvents, vsCodeChatName } from "./vscode-chat";

/** What a line does to the chat: it sets all of it, sets a member, adds to a list behind so many elements, or removes a member. */
const operations = ["chat", "set", "push", "delete"] as const;

/** A log over this size is not played: each line is shown as it is. In bytes; VS Code puts a log into one line after 512 changes. */
const mostPlayedBytes = 64 * 2 ** 20;

const isWholeChat = (value: unknown): boolean => member(value, "kind") === 0 && typeof member(value, "v", "sessionId") === "string" && (typeof member(value, "v", "creationDate") === "number" || Array.isArray(member(value, "v", "requests")));

/**
 * Chats as VS Code keeps them since 2026: the chat as it was, and a line for each change of it (microsoft/vscode,
 * `objectMutationLog.ts`). It is one line where nothing changed since VS Code last put all into one.
 */
export const vsCodeChatLog: readonly Format[] = [
  {
    ...vsCodeChatName,
    records: true,
    detect: ({ values, isLines }) => isLines && isWholeChat(values[0]),
    facts: (line) => chatFacts(member(line, "v")),
    survey: () => new ChatPlayer(),
    read: (_first, found) => new ChatLogReader(found instanceof PlayedChat ? found : undefined, found === "too long"),
  },
  {
    ...vsCodeChatName,
    records: { v: { requests: { "*": true } } },
    detect: ({ values, isLines }) => !isLines && isWholeChat(values[0]),
    facts: (line) => chatFacts(member(line, "v")),
    read: () => ({ record: ({ value }) => requestEvents(value), shell: (line) => [chatEvent(objectOf(line["v"]) ?? {})] }),
  },
];

/** Requests that were taken back together: sent anew in other words, or removed. */
interface TakenBack {
  readonly requests: readonly JsonObject[];
  /** The line that the first of them came with. */
  readonly from: number;
}

/** A chat as its log leaves it, and where in the log its requests came. */
class PlayedChat {
  constructor(
    readonly chat: JsonObject,
    /** The requests that came with a line, those that were taken back later too. */
    readonly came: ReadonlyMap<number, readonly JsonObject[]>,
    /** By the line that took them back. */
    readonly takenBack: ReadonlyMap<number, TakenBack>,
  ) {}
}

/** What a line did to the requests of a chat. */
interface Change {
  readonly gone: readonly unknown[];
  readonly added: readonly unknown[];
}

/** Plays the lines of a log. */
export class ChatPlayer implements LineSurvey {
  /** Every line says something of those before it. */
  forks = 0;
  private chat: unknown;
  private bytes = 0;
  private readonly cameAt = new Map<JsonObject, number>();
  private readonly takenBack = new Map<number, TakenBack>();

  /** @param mostBytes longer logs are not played */
  constructor(private readonly mostBytes = mostPlayedBytes) {}

  /** The chat in the end, or `too long`. */
  get found(): PlayedChat | "too long" | undefined {
    if (this.bytes > this.mostBytes) {
      return "too long";
    }
    const chat = objectOf(this.chat);
    if (chat === undefined) {
      return undefined;
    }
    const came = new Map<number, JsonObject[]>();
    for (const [request, at] of this.cameAt) {
      const there = came.get(at) ?? [];
      there.push(request);
      came.set(at, there);
    }
    return new PlayedChat(chat, came, this.takenBack);
  }

  line(bytes: Buffer, record: number): void {
    this.forks++;
    this.bytes += bytes.length;
    if (this.bytes > this.mostBytes) {
      this.chat = undefined;
      this.cameAt.clear();
      this.takenBack.clear();
      return;
    }
    this.note(this.apply(objectOf(parseJson(decoded(bytes)).value) ?? {}), record);
  }

  private requests(): readonly unknown[] {
    return listOf(member(this.chat, "requests"));
  }

  /** Notes which requests came with this line, and which it took back. */
  private note({ gone, added }: Change, record: number): void {
    const now = requestsIn(added);
    const ids = new Set(now.map((request) => idOf(request["requestId"])));
    const taken: JsonObject[] = [];
    for (const request of requestsIn(gone)) {
      if (ids.has(idOf(request["requestId"]))) {
        // It is there again, written anew.
        this.cameAt.delete(request);
      } else {
        taken.push(request);
      }
    }
    const [first] = taken;
    if (first !== undefined) {
      this.takenBack.set(record, { requests: taken, from: this.cameAt.get(first) ?? 0 });
    }
    now.forEach((request) => this.cameAt.set(request, record));
  }

  /** Changes the chat as a line says. What that does to its requests costs no more than the line is long, or what it takes away. */
  private apply({ kind, k, v, i }: JsonObject): Change {
    const path = listOf(k);
    const last = path.at(-1);
    const isOfRequests = path[0] === "requests" && path.length <= 2;
    if (kind === 0 || (kind !== 2 && isOfRequests && path.length === 1)) {
      const gone = this.requests();
      if (kind === 0) {
        this.chat = v;
      } else {
        setOrDelete(kind, this.chat, last, v);
      }
      return { gone, added: this.requests() };
    }
    const holder = path.slice(0, -1).reduce(inside, this.chat);
    if (kind === 2) {
      const list = inside(holder, last);
      const change = push(list ?? setOrDelete(1, holder, last, []), v, i);
      return isOfRequests && path.length === 1 ? change : nothing;
    }
    const before = isOfRequests ? inside(holder, last) : undefined;
    setOrDelete(kind, holder, last, v);
    return isOfRequests ? { gone: [before], added: [inside(holder, last)] } : nothing;
  }
}

const nothing: Change = { gone: [], added: [] };

const requestsIn = (values: readonly unknown[]): JsonObject[] => values.map(objectOf).filter((request) => request !== undefined);

/** Sets or deletes a member where it can be; returns what is there then. */
function setOrDelete(kind: unknown, holder: unknown, name: unknown, value: unknown): unknown {
  if (name === undefined || typeof holder !== "object" || holder === null) {
    return undefined;
  }
  if (kind === 1) {
    put(holder, name, value);
  } else if (kind === 3) {
    Reflect.deleteProperty(holder, keyOf(name));
  }
  return inside(holder, name);
}

/** Adds to a list behind so many elements; what stood there is gone. */
function push(list: unknown, value: unknown, from: unknown): Change {
  if (!Array.isArray(list)) {
    return nothing;
  }
  const gone: unknown[] = typeof from === "number" && Number.isInteger(from) && from >= 0 ? list.splice(Math.min(from, list.length)) : [];
  const added = listOf(value);
  added.forEach((element) => list.push(element));
  return { gone, added };
}

const keyOf = (name: unknown): string => (typeof name === "number" ? String(name) : shownText(name));

/** What lies in a value under a name or number of its own; nothing that it inherits. */
function inside(value: unknown, name: unknown): unknown {
  const key = keyOf(name);
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** Puts a member of its own into an object, or an element into a list where there is one, or right behind the last. */
function put(holder: object, name: unknown, value: unknown): void {
  if (!Array.isArray(holder)) {
    Object.defineProperty(holder, shownText(name), { value, writable: true, enumerable: true, configurable: true });
  } else if (typeof name === "number" && Number.isInteger(name) && name >= 0 && name <= holder.length) {
    holder[name] = value;
  }
}

/** Tells each request where it came, as it is in the end, and each line besides. */
class ChatLogReader implements FormatReader {
  private readonly branches = new Map<JsonObject, string>();

  constructor(
    private readonly played: PlayedChat | undefined,
    private readonly isTooLong: boolean,
  ) {
    [...(played?.takenBack.values() ?? [])].forEach(({ requests }, index) => requests.forEach((request) => this.branches.set(request, abandonedBranch(index + 1))));
  }

  record({ value, document }: SourceRecord): EventDraft[] | undefined {
    const line = objectOf(value);
    const kind = line?.["kind"];
    const name = typeof kind === "number" ? operations[kind] : undefined;
    if (line === undefined || name === undefined) {
      return undefined;
    }
    const { played } = this;
    const rest = beside(line, "kind", "k", "v", "i");
    const whole = objectOf(line["v"]);
    const told: EventDraft = name === "chat" && whole !== undefined
      ? { ...chatEvent(document === 0 ? { ...whole, ...played?.chat } : whole), isRepeat: document > 0 }
      : { kind: "state", title: `${name} ${listOf(line["k"]).map(shownText).join(".")}`, text: shownText(line["v"]), fields: line["i"] === undefined ? {} : { from: line["i"] }, isRepeat: played !== undefined };
    const requests = played === undefined ? listOf(whole?.["requests"]) : (played.came.get(document) ?? []);
    const tooLong: EventDraft[] = this.isTooLong && document === 0 ? [{ kind: "error", title: "The log is too long to be played: each of its lines is shown as it is.", text: "", isError: true }] : [];
    return [{ ...told, fields: { ...rest, ...told.fields } }, ...tooLong, ...this.rewound(document), ...requests.flatMap((request) => this.request(request))];
  }

  private request(request: unknown): EventDraft[] {
    const object = objectOf(request);
    const branch = this.branches.size === 0 || object === undefined ? undefined : (this.branches.get(object) ?? keptBranch);
    const events = requestEvents(request) ?? [{ kind: "raw", title: "request", text: shownText(request) }];
    return branch === undefined ? events : events.map((event) => ({ ...event, branch }));
  }

  private rewound(document: number): EventDraft[] {
    const taken = this.played?.takenBack.get(document);
    if (taken === undefined) {
      return [];
    }
    const { from, requests } = taken;
    const words = requests.length === 1 ? "A message was" : `${requests.length} messages were`;
    return [{ kind: "note", title: "rewound", branch: keptBranch, text: `${words} taken back. Whether files were as well is not recorded.`, fields: { rewoundTo: String(from) } }];
  }
}
