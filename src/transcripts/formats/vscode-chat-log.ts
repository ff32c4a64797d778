import { abandonedBranch, type EventDraft, keptBranch } from "../event";
import { decoded } from "../json/decode";
import { parseJson } from "../json/parse";
import { beside, idOf, type JsonObject, listOf, member, objectOf, shownText } from "../json/values";
import type { Format, FormatReader, LineSurvey, SourceRecord } from "./format";
import { chatEvent, chatFacts, requestEvents, vsCodeChatName } from "./vscode-chat";

/** What a line does to the chat: it sets all of it, sets a member, adds to a list behind so many elements, or removes a member. */
const operations = ["chat", "set", "push", "delete"] as const;

/** A log over this size is not played: each line is shown as it is. In bytes. */
const mostPlayedBytes = 256 * 2 ** 20;

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
    read: (_first, found) => new ChatLogReader(found instanceof PlayedChat ? found : undefined),
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
  /** The line that took them back. */
  readonly at: number;
  readonly requests: readonly JsonObject[];
}

/** A chat as its log leaves it, and where in the log its requests came. */
class PlayedChat {
  constructor(
    readonly chat: JsonObject,
    /** The requests that came with a line, those that were taken back later too. */
    readonly came: ReadonlyMap<number, readonly JsonObject[]>,
    readonly takenBack: readonly TakenBack[],
  ) {}
}

/** Plays the lines of a log. */
class ChatPlayer implements LineSurvey {
  /** Every line says something of those before it. */
  forks = 0;
  private chat: unknown;
  private bytes = 0;
  private readonly cameAt = new Map<JsonObject, number>();
  private readonly takenBack: TakenBack[] = [];

  get found(): PlayedChat | undefined {
    const chat = objectOf(this.chat);
    if (chat === undefined || this.bytes > mostPlayedBytes) {
      return undefined;
    }
    const came = new Map<number, JsonObject[]>();
    for (const [request, at] of this.cameAt) {
      came.set(at, [...(came.get(at) ?? []), request]);
    }
    return new PlayedChat(chat, came, this.takenBack);
  }

  line(bytes: Buffer, record: number): void {
    this.forks++;
    this.bytes += bytes.length;
    if (this.bytes > mostPlayedBytes) {
      this.chat = undefined;
      this.cameAt.clear();
      return;
    }
    const line = objectOf(parseJson(decoded(bytes)).value) ?? {};
    const before = this.requests();
    this.apply(line);
    if (line["kind"] === 0 || listOf(line["k"])[0] === "requests") {
      this.note(before, record);
    }
  }

  private requests(): JsonObject[] {
    return listOf(member(this.chat, "requests")).map(objectOf).filter((request) => request !== undefined);
  }

  /** Notes which requests came with this line, and which it took back. */
  private note(before: readonly JsonObject[], record: number): void {
    const now = this.requests();
    const ids = new Set(now.map((request) => idOf(request["requestId"])));
    const present = new Set(now);
    const gone = before.filter((request) => !present.has(request));
    const taken = gone.filter((request) => !ids.has(idOf(request["requestId"])));
    // What is there again under its id was written anew.
    gone.filter((request) => !taken.includes(request)).forEach((request) => this.cameAt.delete(request));
    now.filter((request) => !this.cameAt.has(request)).forEach((request) => this.cameAt.set(request, record));
    if (taken.length > 0) {
      this.takenBack.push({ at: record, requests: taken });
    }
  }

  private apply({ kind, k, v, i }: JsonObject): void {
    if (kind === 0) {
      this.chat = v;
      return;
    }
    const path = listOf(k);
    const last = path.at(-1);
    const holder = path.slice(0, -1).reduce(inside, this.chat);
    if (last === undefined || typeof holder !== "object" || holder === null) {
      return;
    }
    if (kind === 1) {
      put(holder, last, v);
    } else if (kind === 3) {
      Reflect.deleteProperty(holder, typeof last === "number" ? String(last) : shownText(last));
    } else if (kind === 2) {
      const list = inside(holder, last);
      if (Array.isArray(list)) {
        list.length = typeof i === "number" && Number.isInteger(i) && i >= 0 ? Math.min(i, list.length) : list.length;
        listOf(v).forEach((element) => list.push(element));
      } else if (list === undefined || list === null) {
        put(holder, last, [...listOf(v)]);
      }
    }
  }
}

/** What lies in a value under a name or number of its own; nothing that it inherits. */
function inside(value: unknown, name: unknown): unknown {
  const key = typeof name === "number" ? String(name) : shownText(name);
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

  constructor(private readonly played: PlayedChat | undefined) {
    played?.takenBack.forEach(({ requests }, index) => requests.forEach((request) => this.branches.set(request, abandonedBranch(index + 1))));
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
    return [{ ...told, fields: { ...rest, ...told.fields } }, ...this.rewound(document), ...requests.flatMap((request) => this.request(request))];
  }

  private request(request: unknown): EventDraft[] {
    const object = objectOf(request);
    const branch = this.branches.size === 0 || object === undefined ? undefined : (this.branches.get(object) ?? keptBranch);
    const events = requestEvents(request) ?? [{ kind: "raw", title: "request", text: shownText(request) }];
    return branch === undefined ? events : events.map((event) => ({ ...event, branch }));
  }

  private rewound(document: number): EventDraft[] {
    return (this.played?.takenBack ?? []).flatMap(({ at, requests: [first, ...others] }): EventDraft[] => {
      const from = [...(this.played?.came ?? [])].find(([, requests]) => first !== undefined && requests.includes(first))?.[0];
      const words = others.length === 0 ? "A message was" : `${others.length + 1} messages were`;
      return at === document ? [{ kind: "note", title: "rewound", branch: keptBranch, text: `${words} taken back. Whether files were as well is not recorded.`, fields: { rewoundTo: String(from ?? 0) } }] : [];
    });
  }
}
