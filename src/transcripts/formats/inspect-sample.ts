import { hash } from "node:crypto";
import type { EventDraft } from "../event";
import { beside, besideThose, idOf, isEmpty, type JsonObject, listOf, member, numberOf, objectOf, present, shownText, textOf, timeOf, without, withoutRecords } from "../json/values";
import { contentText, messageEvents, partFields, toolCall } from "./content";
import { type InspectReferences, resolved } from "./inspect-attachments";
import type { SampleMemory } from "./inspect-memory";

/** What every entry has, and its event in a better place than its fields. */
const readOfAll = ["event", "timestamp", "uuid", "span_id", "working_start", "pending"] as const;

/** The same for entries of a type. Types that are not here have all of an entry in the fields of its event. */
const readOf: ReadonlyMap<string, ReadonlySet<string>> = readByType({
  // Tools and request are what calls of models are read for.
  model: ["model", "input", "input_refs", "tools", "output", "call", "config", "retries", "cache", "error"],
  tool: ["id", "function", "arguments", "result", "error", "events", "working_time", "completed", "truncated", "agent", "type", "failed", "view"],
  sandbox: ["action", "cmd", "file", "input", "result", "output", "completed"],
  state: ["changes"],
  store: ["changes"],
  score: ["score", "target", "intermediate", "model_usage"],
  score_edit: ["edit", "score", "score_name"],
  span_end: ["id"],
  step: ["action", "type", "name"],
  subtask: ["name", "result", "input", "events", "type"],
  sample_init: ["sample", "state"],
  input: ["input", "input_ansi"],
  error: ["error"],
  logger: ["message"],
  info: ["source", "data"],
});

function readByType(names: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(Object.entries(names).map(([type, read]) => [type, new Set([...readOfAll, ...read])]));
}

const readOfOutput: ReadonlySet<string> = new Set(["choices", "usage", "time", "model", "completion", "error"]);
const readOfChoice: ReadonlySet<string> = new Set(["message", "stop_reason", "logprobs"]);

/** What an entry says beside what is read of it. */
function besideEntry(type: string, entry: JsonObject): Record<string, unknown> {
  const read = readOf.get(type);
  return read === undefined ? {} : besideThose(entry, read);
}

/** State changes show no more than this of an attachment: the same one may be in each of them. */
const maxAttachmentInState = 4096;

/** Makes events of one sample's events and messages. A message stands in many model events, and becomes an event once. */
export class InspectSampleReader {
  /** How often each message stands in the sample's list so far. */
  private readonly inMessages = new Map<string, number>();

  constructor(
    private readonly references: InspectReferences,
    private readonly memory: SampleMemory,
  ) {}

  /** The events of one entry of the sample's `events`; undefined where its kind is not known. */
  event(value: unknown): EventDraft[] | undefined {
    const entry = objectOf(value);
    const type = textOf(entry?.["event"]);
    if (entry === undefined || type === undefined) {
      return undefined;
    }
    const drafts = this.draftsOf(type, entry);
    const time = timeOf(entry["timestamp"]);
    const uuid = textOf(entry["uuid"]);
    const workingStart = numberOf(entry["working_start"]);
    const fields: Record<string, unknown> = besideEntry(type, entry);
    if (uuid !== undefined) {
      fields["uuid"] = uuid;
    }
    if (workingStart !== undefined) {
      fields["workingStart"] = workingStart;
    }
    const span = textOf(entry["span_id"]);
    // Written out, so that all drafts have one shape: spreading what each happens to have is several times slower.
    return drafts?.map(({ kind, time: own, sample, agent, branch, span: ownSpan, call, tool, title, text, fields: more, score, isError, isRepeat }, index) => ({
      kind, time: own ?? time, sample, agent, branch, span: ownSpan ?? span, call, tool, title, text, fields: index === 0 ? Object.assign(fields, more) : more, score, isError, isRepeat,
    }));
  }

  /** What the sample's list of messages says that no event did. */
  message(value: unknown): EventDraft[] {
    const found = objectOf(value);
    return found === undefined ? [{ kind: "raw", text: shownText(value) }] : this.newMessage(found, this.inMessages);
  }

  /** Scores, error and the rest of a sample. */
  end(shell: JsonObject): EventDraft[] {
    const drafts: EventDraft[] = [];
    if (this.memory.ask(["has", "user"]) === 0 && shell["input"] !== undefined && shell["input"] !== null) {
      const { input } = shell;
      drafts.push(...(Array.isArray(input) ? input.flatMap((message: unknown) => this.message(message)) : [{ kind: "user" as const, text: this.resolvedText(input) }]));
    }
    const scores = Object.entries(objectOf(shell["scores"]) ?? (objectOf(shell["score"]) === undefined ? {} : { score: shell["score"] }));
    if (Number(this.memory.ask(["has", "final score"])) < scores.length) {
      drafts.push(...scores.map(([name, score]) => this.score(score, name, true, { target: shell["target"] })));
    }
    const isNewError = this.memory.ask(["has", "error"]) === 0;
    if (isNewError && objectOf(shell["error"]) !== undefined) {
      drafts.push(errorDraft(shell["error"]));
    }
    if (this.memory.ask(["has", "limit"]) === 0 && objectOf(shell["limit"]) !== undefined) {
      drafts.push({ kind: "error", title: `limit ${shownText(member(shell, "limit", "type"))}`, text: shownText(member(shell, "limit", "limit")), isError: true });
    }
    const store = objectOf(shell["store"]);
    if (store !== undefined && Object.keys(store).length > 0) {
      drafts.push({ kind: "state", title: "store at the end", text: shownText(this.resolved(store, maxAttachmentInState)) });
    }
    const rest = without(shell, "events", "messages", "attachments", "events_data", "message_pool", "call_pool", "transcript", "store", "scores", "score", ...(isNewError ? ["error"] : []));
    const pools = besideRecords(objectOf(shell["events_data"]), objectOf(shell["transcript"]));
    Object.assign(rest, pools, scores.length > 0 ? { scores: Object.fromEntries(scores.map(([name, score]) => [name, besideText(score)])) } : {});
    drafts.push({ kind: "state", title: "sample", text: "", fields: objectOf(this.resolved(rest, maxAttachmentInState)) ?? {} });
    return drafts;
  }

  private draftsOf(type: string, entry: JsonObject): EventDraft[] | undefined {
    switch (type) {
      case "model":
        return this.model(entry);
      case "tool":
        return this.tool(entry);
      case "sandbox":
        return [this.sandbox(entry)];
      case "state":
      case "store":
        return [{ kind: "state", title: type, text: listOf(this.resolved(entry["changes"], maxAttachmentInState)).map(changeText).join("\n"), fields: { isDiff: true } }];
      case "score": {
        const isFinal = entry["intermediate"] !== true;
        if (isFinal) {
          this.memory.ask(["seen", "final score"]);
        }
        return [this.score(entry["score"], String(this.memory.ask(["scorer"])), isFinal, entry)];
      }
      case "score_edit":
        return [this.score(member(entry, "edit") ?? entry["score"], shownText(entry["score_name"]), true, entry)];
      case "span_begin":
        if (entry["type"] === "scorer") {
          this.memory.ask(["scorer begins", textOf(entry["name"]) ?? ""]);
        }
        return [{ kind: "state", title: [...new Set([textOf(entry["type"]), textOf(entry["name"])])].filter(Boolean).join(" "), text: "", fields: { span: entry["id"], parentSpan: entry["parent_id"] ?? null, begins: true, ...without(entry, "id", "parent_id", "event", "timestamp", "uuid", "span_id", "working_start", "pending") } }];
      case "span_end":
        return [{ kind: "state", title: "end", text: "", fields: { span: entry["id"], ends: true } }];
      case "step":
        if (entry["type"] === "scorer") {
          if (entry["action"] === "begin") {
            this.memory.ask(["scorer begins", textOf(entry["name"]) ?? ""]);
          } else {
            this.memory.ask(["scorer ends"]);
          }
        }
        return [{ kind: "state", title: [entry["action"], entry["type"], entry["name"]].map(shownText).filter(Boolean).join(" "), text: "", fields: { step: entry["action"] } }];
      case "subtask":
        return [{ kind: "state", title: `subtask ${shownText(entry["name"])}`, text: shownText(this.resolved(entry["result"])), fields: present({ input: this.resolved(entry["input"]) }) }, ...this.nested(entry["events"])];
      case "sample_init": {
        const sample = without(objectOf(entry["sample"]) ?? {}, "input");
        const state = objectOf(entry["state"]);
        // What later changes of the state begin from. Its messages are the input, which has events of its own.
        const whole = state === undefined ? sample : { ...sample, state: without(state, "messages") };
        return [{ kind: "state", title: "sample begins", text: "", fields: objectOf(this.resolved(whole, maxAttachmentInState)) ?? {} }];
      }
      case "sample_limit":
        this.memory.ask(["seen", "limit"]);
        return [{ kind: "error", title: `limit ${shownText(entry["type"])}`, text: shownText(entry["message"]), isError: true, fields: without(entry, "event", "type", "message", "timestamp") }];
      case "input":
        return [{ kind: "user", title: "input", text: this.resolvedText(entry["input"]) }];
      case "error":
        this.memory.ask(["seen", "error"]);
        return [errorDraft(this.resolved(entry["error"]))];
      case "logger":
        return [{ kind: "note", title: `log ${shownText(member(entry, "message", "level"))}`.trim(), text: this.resolvedText(member(entry, "message", "message")), fields: without(objectOf(entry["message"]) ?? {}, "message") }];
      case "info":
        return [this.info(entry)];
      case "approval":
        return [{ kind: "note", title: `approval ${shownText(entry["decision"])}`.trim(), text: shownText(entry["explanation"]) || shownText(entry["message"]), fields: without(entry, "event", "timestamp", "explanation") }];
      case "compaction":
      case "interrupt":
      case "checkpoint":
      case "branch":
      case "anchor":
        return [{ kind: "state", title: type, text: "", fields: objectOf(this.resolved(without(entry, "event", "timestamp", "uuid", "span_id", "working_start"), maxAttachmentInState)) ?? {} }];
      default:
        return undefined;
    }
  }

  private model(entry: JsonObject): EventDraft[] {
    const drafts: EventDraft[] = [];
    for (const range of listOf(entry["input_refs"])) {
      const [from, to] = poolRange(range, this.references.poolSize);
      for (const index of this.newInPool(from, to)) {
        const message = objectOf(this.references.poolMessage(index));
        if (message !== undefined) {
          drafts.push(...this.newMessage(message, undefined));
        }
      }
    }
    const inThisInput = new Map<string, number>();
    for (const message of listOf(entry["input"])) {
      const found = objectOf(message);
      if (found !== undefined) {
        drafts.push(...this.newMessage(found, inThisInput));
      }
    }
    const output = objectOf(entry["output"]);
    const usage = { ...present({ model: textOf(entry["model"]), usage: output?.["usage"] ?? undefined, seconds: numberOf(output?.["time"]), config: entry["config"] }), ...present({ retries: numberOf(entry["retries"]), cache: textOf(entry["cache"]) }), ...(output === undefined ? undefined : besideThose(output, readOfOutput)) };
    const outputs: EventDraft[] = [];
    for (const choice of listOf(output?.["choices"])) {
      const message = objectOf(member(choice, "message"));
      if (message !== undefined) {
        const resolved = objectOf(this.resolved(message)) ?? message;
        this.remember(resolved);
        const events = (messageEvents(without(resolved, "source")) ?? []).filter((draft) => this.isNewCall(draft));
        outputs.push(...events.map((draft, index) => (index === 0 ? { ...draft, fields: { stopReason: member(choice, "stop_reason"), ...besideThose(objectOf(choice) ?? {}, readOfChoice), ...draft.fields } } : draft)));
      }
    }
    const error = entry["error"] ?? output?.["error"];
    if (error !== undefined && error !== null && error !== "") {
      this.memory.ask(["seen", "error"]);
      outputs.push({ kind: "error", title: "model", text: shownText(error), isError: true });
    }
    const [first] = outputs;
    if (first === undefined) {
      outputs.push({ kind: "message", title: entry["pending"] === true ? "pending" : "no output", text: shownText(output?.["completion"]), fields: usage });
    } else {
      outputs[0] = { ...first, fields: { ...usage, ...first.fields } };
    }
    return [...drafts, ...outputs];
  }

  private newInPool(from: number, to: number): number[] {
    const found = from < to ? String(this.memory.ask(["pool", from, to])) : "";
    return found === "" ? [] : found.split(",").map(Number);
  }

  /** The events of a message that were not said yet. `inThisInput` counts equal messages of one list; undefined for a pool that has each once. */
  private newMessage(message: JsonObject, inThisInput: Map<string, number> | undefined): EventDraft[] {
    const id = textOf(message["id"]);
    if (id !== undefined && this.memory.ask(["knows", id]) === true) {
      return [];
    }
    // One place may hold an attachment's text and another its name.
    const resolved = objectOf(this.resolved(message)) ?? message;
    const key = keyOf(resolved);
    const count = (inThisInput?.get(key) ?? 0) + 1;
    inThisInput?.set(key, count);
    const times = inThisInput !== undefined ? count : message["role"] === "assistant" ? 1 : Number.MAX_SAFE_INTEGER;
    if (this.memory.ask(["message", id ?? null, key, times]) !== true) {
      return [];
    }
    const drafts = (messageEvents(without(resolved, "source")) ?? [{ kind: "raw" as const, text: shownText(resolved) }]).filter((draft) => this.isNewCall(draft) && this.isNewResult(draft));
    if (drafts.some(({ kind }) => kind === "user")) {
      this.memory.ask(["seen", "user"]);
    }
    return drafts;
  }

  private remember(message: JsonObject): void {
    this.memory.ask(["said", textOf(message["id"]) ?? null, keyOf(message)]);
  }

  private isNewCall({ kind, call }: EventDraft): boolean {
    return kind !== "tool-call" || call === undefined || this.memory.ask(["call", call]) === true;
  }

  private isNewResult({ kind, call }: EventDraft): boolean {
    return kind !== "tool-result" || call === undefined || this.memory.ask(["result", call]) === true;
  }

  private tool(entry: JsonObject): EventDraft[] {
    const call = idOf(entry["id"]);
    const tool = textOf(entry["function"]) ?? "";
    const drafts: EventDraft[] = [];
    const shown = toolCall({ id: call, tool, arguments: this.resolved(entry["arguments"]) });
    if (this.isNewCall(shown)) {
      drafts.push(shown);
    }
    drafts.push(...this.nested(entry["events"]));
    const error = objectOf(entry["error"]);
    if (entry["pending"] === true && (entry["result"] ?? "") === "" && error === undefined) {
      return drafts.length > 0 ? drafts : [{ kind: "state", title: `${tool} pending`, text: "", ...present({ call }) }];
    }
    const returned = this.resolved(entry["result"]);
    const result: EventDraft = {
      kind: "tool-result",
      tool,
      text: [contentText(returned), shownText(error?.["message"])].filter(Boolean).join("\n"),
      isError: error !== undefined || entry["failed"] === true,
      fields: { ...(error === undefined ? undefined : beside(error, "type", "message")), ...(Array.isArray(returned) ? partFields(returned) : undefined), ...present({ errorType: textOf(error?.["type"]), seconds: numberOf(entry["working_time"]), completed: textOf(entry["completed"]), truncated: entry["truncated"] ?? undefined }) },
      ...present({ call, agent: textOf(entry["agent"]), time: timeOf(entry["completed"]) }),
    };
    return [...drafts, ...(this.isNewResult(result) ? [result] : drafts.length > 0 ? [] : [{ ...result, isRepeat: true }])];
  }

  private nested(events: unknown): EventDraft[] {
    return listOf(events).flatMap((event) => this.event(event) ?? [{ kind: "raw" as const, text: shownText(event) }]);
  }

  private sandbox(entry: JsonObject): EventDraft {
    const action = textOf(entry["action"]) ?? "";
    const file = textOf(entry["file"]);
    const input = unpadded(this.resolvedText(entry["input"]));
    const output = unpadded(this.resolvedText(entry["output"]));
    const command = action === "exec" ? this.resolvedText(entry["cmd"]) : undefined;
    if (action === "write_file") {
      return { kind: "file-edit", tool: "sandbox", title: file ?? "", text: input, fields: { action, ...present({ file }) } };
    }
    const result = numberOf(entry["result"]);
    return {
      kind: "state",
      tool: "sandbox",
      title: command?.slice(0, 500) ?? `${action} ${file ?? ""}`.trim(),
      text: [input === "" ? "" : `${input}\n`, output].join(""),
      isError: result !== undefined && result !== 0,
      fields: { action, ...present({ file, cmd: command, result, completed: textOf(entry["completed"]) }) },
    };
  }

  private info(entry: JsonObject): EventDraft {
    const data = this.resolved(entry["data"]);
    const source = textOf(entry["source"]) ?? "";
    const action = textOf(member(data, "action"));
    if (source === "human_agent" && action !== undefined) {
      return { kind: "clock", title: action, text: "", fields: { ...objectOf(data) } };
    }
    if (source === "baseliner") {
      // A session's export says the rest of its journal so.
      return { kind: "state", title: shownText(member(data, "type")), text: "", fields: without(objectOf(data) ?? {}, "type") };
    }
    return { kind: "note", title: source, text: shownText(data) };
  }

  private score(value: unknown, name: string, isFinal: boolean, entry: JsonObject = {}): EventDraft {
    const score = objectOf(this.resolved(value)) ?? { value };
    const given = score["value"];
    const number = scoreNumber(given);
    return {
      kind: "score",
      title: name,
      text: [shownText(score["answer"]), shownText(score["explanation"])].filter(Boolean).join("\n\n"),
      score: { name, value: number ?? null, isFinal, ...(typeof given === "number" && number !== undefined ? {} : { text: shownText(given) }) },
      fields: { ...beside(score, "value", "answer", "explanation", "metadata"), ...present({ metadata: score["metadata"] ?? undefined, target: entry["target"], modelUsage: entry["model_usage"] ?? undefined }) },
    };
  }

  private resolvedText(value: unknown): string {
    return contentText(this.resolved(value));
  }

  private resolved(value: unknown, limit = Infinity): unknown {
    return resolved(value, this.references, limit);
  }
}

/** Which messages of the pool a model event refers to, of those that are there. */
export function poolRange(range: unknown, poolSize: number): [from: number, to: number] {
  const [from, to] = listOf(range);
  return [Math.max(0, Math.trunc(numberOf(from) ?? 0)), Math.min(numberOf(to) ?? 0, poolSize)];
}

/** Letters are correct, incorrect, partial and no answer. */
const letters: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 };

function scoreNumber(value: unknown): number | undefined {
  if (typeof value === "boolean") {
    return value ? 1 : 0;
  }
  if (typeof value === "string") {
    return Object.hasOwn(letters, value) ? letters[value] : /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
  }
  return numberOf(value);
}

function keyOf(message: JsonObject): string {
  if (message["role"] === undefined) {
    return hash("sha1", shownText(message), "base64");
  }
  const calls = listOf(message["tool_calls"]).map((call) => shownText(member(call, "id")));
  return hash("sha1", [shownText(message["role"]), contentText(message["content"]), ...calls, shownText(message["tool_call_id"])].join("\0"), "base64");
}

/** What stands beside the lists of a sample that are read one by one. */
function besideRecords(...objects: readonly (JsonObject | undefined)[]): Record<string, unknown> {
  const rest: Record<string, unknown> = {};
  for (const object of objects) {
    Object.assign(rest, withoutRecords(without(object ?? {}, "messages", "calls", "events", "content")));
  }
  return isEmpty(rest) ? {} : rest;
}

/** A score without its words, which its event has. */
function besideText(score: unknown): unknown {
  const object = objectOf(score);
  return object === undefined ? score : without(object, "answer", "explanation", "metadata");
}

function errorDraft(value: unknown): EventDraft {
  const error = objectOf(value);
  return { kind: "error", title: "", text: error === undefined ? shownText(value) : [shownText(error["message"]), shownText(error["traceback"])].filter(Boolean).join("\n\n"), isError: true };
}

/** A change of JSON Patch as in a diff: where, and below what was there, which Inspect adds to it as `replaced`, and what is there now. */
function changeText(value: unknown): string {
  const change = objectOf(value);
  if (change === undefined) {
    return shownText(value);
  }
  const { op, path, from, value: now, replaced, ...rest } = change;
  const where = [op, path, ...(from === undefined || from === null ? [] : ["from", from]), ...(isEmpty(rest) ? [] : [rest])].map(shownText).join(" ");
  return [where, ...signedLines("-", replaced ?? undefined), ...signedLines("+", now)].join("\n");
}

function signedLines(sign: string, value: unknown): string[] {
  if (value === undefined) {
    return [];
  }
  return (value === null ? "null" : shownText(value)).split("\n").map((line) => sign + line);
}

/** Some versions of Inspect fill up with spaces, to so many characters, what goes into a sandbox and comes out of it. */
const paddedTo = 10_000;

/** A text without what it was filled up with. Its source has that still. */
function unpadded(text: string): string {
  return text.endsWith(" ") && text.length >= paddedTo && text.length <= 2 * paddedTo && Array.from(text).length === paddedTo ? text.replace(/(?<! ) +$/, "") : text;
}
