import { idOf, type JsonObject, listOf, member, numberOf, objectOf, shownText, textOf, timeOf, without } from "../json/values";
import { callOfRun } from "../formats/lang-smith";
import { callOfObservation } from "../formats/langfuse";
import { callOfSpan } from "../formats/open-telemetry";
import { modelIn } from "../formats/span-attributes";
import { messagesSent } from "../formats/laboratory-messages";
import { entryOf, messagesOfGeneration } from "../formats/vivaria-request";
import { type CallOutput, listedMessages, type ModelCall } from "./model-call";

/** Reads what one record says of a model's call; undefined where it is no part of one. */
export type CallReader = (record: JsonObject) => ModelCall | undefined;

/** How calls are read in formats whose records hold all that is kept of them; by the format's name. */
export const callReaders: Readonly<Record<string, CallReader>> = {
  vivaria: (record) => vivariaCall(objectOf(entryOf(record)?.["content"]) ?? {}),
  malt: maltCall,
  "swe-agent": sweAgentCall,
  "mini-swe-agent": miniSweAgentCall,
  openhands: openHandsCall,
  "openhands-v1": openHandsV1Call,
  atif: atifCall,
  "claude-code": (record) => (member(record, "message", "role") === "assistant" ? answered(objectOf(record["message"]) ?? {}, [["request", idOf(record["requestId"]) ?? ""]]) : undefined),
  messages: (record) => loggedCall(record) ?? answered(record),
  otel: spanCall,
  langsmith: runCall,
  langfuse: observationCall,
};

/** Formats that keep what was sent to the model, at least in some of their versions. */
export const formatsWithInput: ReadonlySet<string> = new Set(["inspect", "vivaria", "swe-agent", "otel", "langsmith", "langfuse"]);

/** A usage of more members is none. */
const mostFacts = 50;

/** A call of which the log keeps nothing but what is given. */
export function modelCall(known: Partial<ModelCall>): ModelCall {
  return { facts: [], input: undefined, tools: undefined, toolChoice: undefined, config: undefined, outputs: [], error: "", request: undefined, response: undefined, ...known };
}

/** Facts that have a value. */
export function factsWith(...facts: readonly (readonly [name: string, value: unknown])[]): (readonly [string, string])[] {
  return facts.flatMap(([name, value]): (readonly [string, string])[] => (value === undefined || value === null || value === "" ? [] : [[name, shownText(value)]]));
}

/** What was taken of tokens, as the log names and counts it. */
export function usageFacts(usage: unknown, depth = 0): (readonly [string, string])[] {
  return Object.entries(objectOf(usage) ?? {}).slice(0, mostFacts).flatMap(([name, value]): (readonly [string, string])[] => {
    const inner = objectOf(value);
    const words = name.replaceAll("_", " ");
    return inner !== undefined ? (depth < 2 ? usageFacts(inner, depth + 1) : []).map(([of, count]) => [`${words} ${of}`, count]) : typeof value === "number" ? [[words, String(Number(value.toPrecision(12)))]] : typeof value === "string" ? [[words, value]] : [];
  });
}

/** Seconds as a person reads them. */
export function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? "" : `${Number(seconds.toPrecision(4))} s`;
}

/** Vivaria's generation: a request to its own interface, or one that went through to a laboratory's unchanged. */
function vivariaCall(content: JsonObject): ModelCall | undefined {
  if (content["type"] !== "generation") {
    return undefined;
  }
  const request = objectOf(content["agentRequest"]);
  const through = objectOf(content["agentPassthroughRequest"]);
  const result = objectOf(content["finalResult"]);
  const response = objectOf(content["finalPassthroughResult"]);
  const settings = objectOf(request?.["settings"]);
  const milliseconds = numberOf(result?.["duration_ms"]);
  const messages = messagesOfGeneration(content);
  const answered = outputsOf(response);
  const outputs = answered.length > 0 ? answered : listOf(result?.["outputs"]).map((output): CallOutput => ({ message: vivariaMessage(objectOf(output) ?? {}), stopReason: shownText(member(output, "stop_reason")) }));
  return modelCall({
    facts: factsWith(
      ["model", settings?.["model"] ?? through?.["model"]],
      ["description", request?.["description"]],
      ["time", secondsText(milliseconds === undefined ? undefined : milliseconds / 1000)],
      ["cost", dollars(result?.["cost"])],
      ["tokens in", result?.["n_prompt_tokens_spent"]],
      ["tokens read from cache", result?.["n_cache_read_prompt_tokens_spent"]],
      ["tokens written to cache", result?.["n_cache_write_prompt_tokens_spent"]],
      ["tokens out", result?.["n_completion_tokens_spent"]],
    ).concat(usageFacts(response?.["usage"])),
    input: messages === undefined ? undefined : listedMessages(messages),
    tools: request === undefined ? listOf(through?.["tools"]) : listOf(request["functions"]),
    toolChoice: settings?.["function_call"] ?? through?.["tool_choice"],
    config: settings === undefined ? without(through ?? {}, "model", "messages", "system", "input", "instructions", "tools", "tool_choice") : { ...without(settings, "model", "function_call"), ...objectOf(request?.["extraParameters"]) },
    outputs,
    error: shownText(result?.["error"]),
    request: through === undefined ? undefined : () => through,
    response: response === undefined && result === undefined ? undefined : () => response ?? result,
  });
}

function vivariaMessage(output: JsonObject): JsonObject {
  const reasoning = output["reasoning_completion"];
  return { role: "assistant", ...(reasoning === undefined || reasoning === "" ? {} : { reasoning }), content: output["completion"] ?? "", ...(objectOf(output["function_call"]) === undefined ? {} : { function_call: output["function_call"] }) };
}

/** The answers in a response of a laboratory's interface, of whichever kind that is. */
export function outputsOf(response: unknown): CallOutput[] {
  const choices = listOf(member(response, "choices"));
  if (choices.length > 0) {
    return choices.map((choice) => ({ message: objectOf(member(choice, "message")) ?? { role: "assistant", content: shownText(member(choice, "text")) }, stopReason: shownText(member(choice, "finish_reason") ?? member(choice, "stop_reason")) }));
  }
  const items = member(response, "output");
  if (Array.isArray(items)) {
    return [{ message: { output: items }, stopReason: shownText(member(response, "status")) }];
  }
  const content = member(response, "content");
  return content === undefined ? [] : [{ message: { role: "assistant", content }, stopReason: shownText(member(response, "stop_reason")) }];
}

/** SWE-agent keeps what was sent in some of its versions, as `query` or `messages` of a step. */
function sweAgentCall(step: JsonObject): ModelCall | undefined {
  if (step["role"] !== undefined || step["action"] === undefined) {
    return undefined;
  }
  const sent = [step["query"], step["messages"]].find((messages) => Array.isArray(messages) && messages.length > 0);
  return modelCall({
    facts: factsWith(["time of the command", secondsText(numberOf(step["execution_time"]))]),
    input: sent === undefined ? undefined : listedMessages(listOf(sent)),
    outputs: [{ message: { role: "assistant", content: textOf(step["response"]) ?? shownText(step["thought"]), ...(step["tool_calls"] === undefined ? {} : { tool_calls: step["tool_calls"] }) }, stopReason: "" }],
  });
}

/** mini-swe-agent keeps the response as it came. */
function miniSweAgentCall(message: JsonObject): ModelCall | undefined {
  if (message["role"] !== "assistant" && !(message["role"] === undefined && Array.isArray(message["output"]))) {
    return undefined;
  }
  const extra = objectOf(message["extra"]);
  const response = objectOf(extra?.["response"]);
  return modelCall({
    facts: factsWith(["model", response?.["model"] ?? message["model"]], ["cost", dollars(extra?.["cost"])]).concat(usageFacts(response?.["usage"] ?? message["usage"])),
    outputs: response === undefined ? [{ message: without(message, "extra"), stopReason: "" }] : outputsOf(response),
    response: response === undefined ? undefined : () => response,
  });
}

function openHandsCall(entry: JsonObject): ModelCall | undefined {
  const response = objectOf(member(entry, "tool_call_metadata", "model_response"));
  if (response === undefined || entry["action"] === undefined) {
    return undefined;
  }
  return modelCall({ facts: factsWith(["model", response["model"]], ["response", response["id"]]).concat(usageFacts(response["usage"])), outputs: outputsOf(response), response: () => response });
}

function openHandsV1Call(entry: JsonObject): ModelCall | undefined {
  const id = idOf(entry["llm_response_id"]);
  const message = entry["kind"] === "ActionEvent" ? { role: "assistant", reasoning: entry["reasoning_content"] ?? "", content: entry["thought"] ?? "", tool_calls: entry["tool_call"] === undefined ? [] : [entry["tool_call"]] } : entry["source"] === "agent" ? objectOf(entry["llm_message"]) : undefined;
  return message === undefined ? undefined : modelCall({ facts: factsWith(["response", id]), outputs: [{ message, stopReason: "" }] });
}

function atifCall(step: JsonObject): ModelCall | undefined {
  if (step["source"] !== "agent") {
    return undefined;
  }
  const calls = listOf(step["tool_calls"]).map((call) => ({ id: member(call, "tool_call_id"), function: { name: member(call, "function_name"), arguments: member(call, "arguments") } }));
  return modelCall({
    facts: factsWith(["model", step["model_name"]], ["reasoning effort", step["reasoning_effort"]], ["calls of the model", step["llm_call_count"]]).concat(usageFacts(step["metrics"])),
    outputs: [{ message: { role: "assistant", reasoning: step["reasoning_content"] ?? "", content: step["message"] ?? "", tool_calls: calls }, stopReason: "" }],
  });
}

function maltCall(node: JsonObject): ModelCall | undefined {
  const data = objectOf(node["node_data"]);
  const message = objectOf(data?.["message"]);
  return message?.["role"] === "assistant" ? answered(message, [...usageFacts(data?.["metadata"])]) : undefined;
}

/** A request to a laboratory's interface that was logged with its response. */
function loggedCall(document: JsonObject): ModelCall | undefined {
  const response = objectOf(member(document, "response", "body")) ?? objectOf(document["response"]) ?? (Array.isArray(document["choices"]) ? document : undefined);
  const request = [member(document, "request", "body"), document["request"], document["body"], document].map(objectOf).find((one) => messagesSent(one) !== undefined);
  const messages = messagesSent(request);
  if (response === undefined || messages === undefined) {
    return undefined;
  }
  return modelCall({
    facts: [...factsWith(["model", response["model"] ?? request?.["model"]], ["response", response["id"]]), ...usageFacts(response["usage"])],
    input: listedMessages(messages),
    tools: listOf(request?.["tools"] ?? request?.["functions"]),
    toolChoice: request?.["tool_choice"],
    config: without(request ?? {}, "model", "messages", "system", "input", "instructions", "tools", "functions", "tool_choice", "response", "choices", "usage", "id", "object", "created"),
    outputs: outputsOf(response),
    request: () => request,
    response: () => response,
  });
}

function spanCall(span: JsonObject): ModelCall | undefined {
  const call = callOfSpan(span);
  if (call === undefined) {
    return undefined;
  }
  const { attributes, sent, answered: outputs } = call;
  const settings = Object.entries(attributes).flatMap(([name, value]) => (name.startsWith("gen_ai.request.") && name !== "gen_ai.request.model" ? [[name.slice("gen_ai.request.".length), value]] : []));
  return modelCall({
    facts: factsWith(["model", modelIn(attributes)], ["response", attributes["gen_ai.response.id"]], ["tokens in", attributes["gen_ai.usage.input_tokens"] ?? attributes["gen_ai.usage.prompt_tokens"] ?? attributes["llm.token_count.prompt"]], ["tokens out", attributes["gen_ai.usage.output_tokens"] ?? attributes["gen_ai.usage.completion_tokens"] ?? attributes["llm.token_count.completion"]]),
    input: sent.length === 0 ? undefined : listedMessages(sent),
    config: Object.fromEntries(settings) as JsonObject,
    outputs: outputs.map((message) => ({ message: without(message, "stopReason"), stopReason: shownText(message["stopReason"]) })),
    error: shownText(attributes["error.type"]),
  });
}

function runCall(run: JsonObject): ModelCall | undefined {
  const call = callOfRun(run);
  const parameters = objectOf(member(run, "extra", "invocation_params"));
  return call === undefined
    ? undefined
    : modelCall({
        facts: [...factsWith(["model", member(run, "extra", "metadata", "ls_model_name") ?? parameters?.["model"]], ["time", tookText(run["start_time"], run["end_time"])]), ...call.answered.flatMap((message) => usageFacts(message["usage_metadata"]))],
        input: call.sent.length === 0 ? undefined : listedMessages(call.sent),
        tools: parameters?.["tools"] === undefined ? undefined : listOf(parameters["tools"]),
        config: without(parameters ?? {}, "model", "tools"),
        outputs: call.answered.map((message) => ({ message: without(message, "usage_metadata", "response_metadata"), stopReason: shownText(member(message, "response_metadata", "finish_reason") ?? member(message, "response_metadata", "stop_reason")) })),
        error: shownText(run["error"]),
      });
}

function observationCall(observation: JsonObject): ModelCall | undefined {
  const call = callOfObservation(observation);
  return call === undefined
    ? undefined
    : modelCall({
        facts: factsWith(["model", observation["model"] ?? observation["providedModelName"]], ["time", tookText(observation["startTime"], observation["endTime"])], ["tokens in", member(observation["usageDetails"], "input")], ["tokens out", member(observation["usageDetails"], "output")]),
        input: call.sent.length === 0 ? undefined : listedMessages(call.sent),
        tools: call.tools,
        config: objectOf(observation["modelParameters"]),
        outputs: call.answered.map((message) => ({ message, stopReason: "" })),
        error: observation["level"] === "ERROR" ? shownText(observation["statusMessage"]) : "",
      });
}

/** A message of which the log says no more than what the model answered. */
function answered(message: JsonObject, more: readonly (readonly [string, string])[] = []): ModelCall | undefined {
  if (message["role"] !== "assistant") {
    return undefined;
  }
  return modelCall({ facts: [...factsWith(["model", message["model"]], ["message", message["id"]]), ...more.filter(([, value]) => value !== ""), ...usageFacts(message["usage"])], outputs: [{ message, stopReason: shownText(message["stop_reason"]) }] });
}

/** When a call ended after it began, in words; empty where that is not known. */
export function tookText(from: unknown, to: unknown): string {
  const [began, ended] = [timeOf(from), timeOf(to)];
  return began === undefined || ended === undefined || ended < began ? "" : secondsText((ended - began) / 1000);
}

/** Sums of floating-point numbers have digits that nobody meant. */
function dollars(cost: unknown): string | undefined {
  return cost === undefined ? undefined : `$${typeof cost === "number" ? Number(cost.toPrecision(6)) : shownText(cost)}`;
}
