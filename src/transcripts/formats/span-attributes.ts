import { beside, besideThose, type JsonObject, listOf, member, objectOf, parsedOf, present, setMember, textOf } from "../json/values";

/** An attribute that is structured, which spans mostly have as JSON text. */
export const structured = (value: unknown): unknown => (typeof value === "string" ? (parsedOf(value) ?? value) : value);

/** Lists that older conventions have as an attribute for each part of each element: OpenLLMetry's, and OpenInference's. */
const sentLists = ["gen_ai.prompt", "llm.input_messages", "llm.prompts"] as const;
const answeredLists = ["gen_ai.completion", "llm.output_messages", "llm.completions"] as const;
const flatPart = new RegExp(`^(${[...sentLists, ...answeredLists].map((name) => name.replaceAll(".", String.raw`\.`)).join("|")})\\.\\d+\\.`);
/** Attributes of a model or an agent by any of these conventions. */
const telling = /^(gen_ai\.|openinference\.|traceloop\.|llm\.(input_messages|output_messages|request|model_name)\b)/;

/** Whether a span with these attributes is one of a model, a tool or an agent. */
export function isOfAgent(attributes: JsonObject): boolean {
  return Object.keys(attributes).some((name) => telling.test(name));
}

/** Whether a span is of a model by OpenInference, which may have what it was sent and answered as one value each. */
export const isOfModel = (attributes: JsonObject): boolean => attributes["openinference.span.kind"] === "LLM";

/** The messages that a model was sent, as older conventions have them. */
export function flatSent(attributes: JsonObject): JsonObject[] {
  const messages = sentLists.flatMap((name) => listIn(attributes, name)).map((message) => flatMessage(message, "user"));
  return messages.length === 0 && isValueAlone(attributes, "input.value") ? [{ role: "user", content: attributes["input.value"] }] : messages;
}

/** The same of what it answered. */
export function flatAnswered(attributes: JsonObject): JsonObject[] {
  const messages = answeredLists.flatMap((name) => listIn(attributes, name)).map((message) => flatMessage(message, "assistant"));
  return messages.length === 0 && isValueAlone(attributes, "output.value") ? [{ role: "assistant", content: attributes["output.value"] }] : messages;
}

function isValueAlone(attributes: JsonObject, name: "input.value" | "output.value"): boolean {
  const lists = name === "input.value" ? [...sentLists, "gen_ai.input.messages"] : [...answeredLists, "gen_ai.output.messages"];
  return isOfModel(attributes) && typeof attributes[name] === "string" && !lists.some((list) => attributes[list] !== undefined || listUnder(attributes, list).length > 0);
}

/** What is left of attributes without the parts of messages. */
export function withoutMessages(attributes: JsonObject): JsonObject {
  const told = new Set<string>([...(["input.value", "output.value"] as const).filter((name) => isValueAlone(attributes, name)), ...[...sentLists, ...answeredLists].filter((name) => isList(attributes[name]))]);
  return besideThose(attributes, { has: (name) => flatPart.test(name) || told.has(name) });
}

const isList = (value: unknown): boolean => typeof value === "string" || Array.isArray(value);

/** A list of messages in whichever way it is written down: spread over attributes, or as one that may be JSON text. */
function listIn(attributes: JsonObject, name: string): unknown[] {
  const value = attributes[name];
  const whole = structured(value);
  return isList(value) ? (Array.isArray(whole) ? whole.map(withoutPrefix) : [{ content: value }]) : listUnder(attributes, name);
}

/** A message of which each member is called as its attribute would be. */
function withoutPrefix(message: unknown): unknown {
  const object = objectOf(message);
  return object === undefined || !Object.keys(object).every((name) => name.startsWith("message.")) ? message : Object.fromEntries(Object.entries(object).map(([name, value]) => [name.slice("message.".length), value]));
}

/** What a span says of a tool that ran, by the names of each convention. */
export function ranTool(attributes: JsonObject): { readonly tool: string | undefined; readonly call: unknown; readonly given: unknown; readonly result: unknown } | undefined {
  if (attributes["gen_ai.operation.name"] === "execute_tool" || attributes["gen_ai.tool.name"] !== undefined) {
    return { tool: textOf(attributes["gen_ai.tool.name"]), call: attributes["gen_ai.tool.call.id"], given: attributes["gen_ai.tool.call.arguments"], result: attributes["gen_ai.tool.call.result"] };
  }
  if (attributes["openinference.span.kind"] === "TOOL") {
    return { tool: textOf(attributes["tool.name"]), call: attributes["tool_call.id"] ?? attributes["tool.id"], given: attributes["input.value"] ?? attributes["tool.parameters"], result: attributes["output.value"] };
  }
  if (attributes["traceloop.span.kind"] === "tool") {
    return { tool: textOf(attributes["traceloop.entity.name"]), call: undefined, given: attributes["traceloop.entity.input"], result: attributes["traceloop.entity.output"] };
  }
  return undefined;
}

/** Attributes that events say in a better place than their fields. */
export const toolAttributes = ["tool.name", "tool_call.id", "input.value", "output.value", "traceloop.entity.name", "traceloop.entity.input", "traceloop.entity.output"] as const;

/** The model that answered. */
export function modelIn(attributes: JsonObject): string | undefined {
  return ["gen_ai.response.model", "gen_ai.request.model", "llm.response.model", "llm.request.model", "llm.model_name"].map((name) => textOf(attributes[name])).find((name) => name !== undefined);
}

/** A list whose elements are spread over attributes `name.0.part.of.it`. */
function listUnder(attributes: JsonObject, name: string): unknown[] {
  const tree: Record<string, unknown> = {};
  for (const [attribute, value] of Object.entries(attributes)) {
    if (!attribute.startsWith(`${name}.`)) {
      continue;
    }
    const parts = attribute.slice(name.length + 1).split(".");
    let place = tree;
    for (const part of parts.slice(0, -1)) {
      const inner = Object.hasOwn(place, part) ? place[part] : undefined;
      const next = (objectOf(inner) ?? {}) as Record<string, unknown>;
      setMember(place, part, next);
      place = next;
    }
    setMember(place, parts.at(-1) ?? "", value);
  }
  return elementsOf(tree);
}

/** Objects whose names are numbers count as lists, which have these in order. */
function elementsOf(tree: JsonObject): unknown[] {
  return Object.keys(tree).filter((name) => /^\d+$/.test(name)).map((name) => listed(tree[name]));
}

function listed(value: unknown): unknown {
  const object = objectOf(value);
  if (object === undefined) {
    return value;
  }
  const names = Object.keys(object);
  return names.length > 0 && names.every((name) => /^\d+$/.test(name)) ? elementsOf(object) : Object.fromEntries(names.map((name) => [name, listed(object[name])]));
}

/** A message as most formats have it: OpenInference wraps messages, contents and calls, and OpenLLMetry has content of parts as JSON text. */
function flatMessage(value: unknown, role: string): JsonObject {
  const message = objectOf(member(value, "message")) ?? objectOf(value) ?? {};
  const contents = listOf(message["contents"]).map((part) => contentOf(objectOf(member(part, "message_content")) ?? {}));
  const said = structured(message["content"]);
  const calls = listOf(message["tool_calls"]).map((call) => objectOf(member(call, "tool_call")) ?? objectOf(call) ?? {});
  return {
    ...beside(message, "role", "content", "contents", "tool_calls", "finish_reason"),
    role: textOf(message["role"]) ?? role,
    content: contents.length > 0 ? contents : Array.isArray(said) ? said : (message["content"] ?? ""),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...present({ stopReason: message["finish_reason"] ?? undefined }),
  };
}

function contentOf(part: JsonObject): JsonObject {
  const picture = member(part, "image", "image", "url");
  return picture === undefined ? part : { type: "image", source: { url: picture } };
}
