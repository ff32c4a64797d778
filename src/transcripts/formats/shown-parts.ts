import { beside, isEmpty, type JsonObject, listOf, objectOf, present, shownText, textOf, without } from "../json/values";

const isShownPart = (value: unknown): boolean => {
  const part = objectOf(value);
  const type = textOf(part?.["type"]) ?? "";
  return (/^(text|reasoning)$/.test(type) && typeof part?.["text"] === "string") || (isTool(type) && objectOf(part)?.["toolCallId"] !== undefined) || objectOf(part?.["toolInvocation"]) !== undefined;
};

const isTool = (type: string): boolean => type === "dynamic-tool" || type.startsWith("tool-");

/**
 * A message as the AI SDK of Vercel keeps it for who is shown it (`UIMessage`), with its parts as content: calls that have come to
 * something are a call and its result. Other messages as they are.
 */
export function withShownParts(message: JsonObject): JsonObject {
  const { parts } = message;
  if (!Array.isArray(parts) || typeof message["role"] !== "string" || !parts.some(isShownPart)) {
    return message;
  }
  const blocks = listOf(parts).flatMap(blocksOf);
  // Versions before 5 have the words of all parts as content once more, and their calls.
  const { content } = message;
  const words = (parts as readonly unknown[]).map((part) => textOf(objectOf(part)?.["text"]) ?? "").join("");
  const isSaid = content === undefined || content === "" || (typeof content === "string" && words.includes(content));
  const calls = new Set(blocks.map((block) => objectOf(block)?.["toolCallId"]));
  const areCalled = listOf(message["toolInvocations"]).every((call) => calls.has(objectOf(call)?.["toolCallId"]));
  return { ...without(message, "parts", "content", ...(areCalled ? ["toolInvocations"] : [])), content: [...(isSaid ? [] : [{ type: "text", text: shownText(content) }]), ...blocks] };
}

function blocksOf(value: unknown): unknown[] {
  const part = objectOf(value);
  const type = textOf(part?.["type"]) ?? "";
  if (part === undefined) {
    return [value];
  }
  const old = objectOf(part["toolInvocation"]);
  if (old !== undefined || isTool(type)) {
    return toolBlocks(old === undefined ? { ...part, toolName: part["toolName"] ?? type.replace(/^tool-/, "") } : { ...beside(part, "toolInvocation"), ...old });
  }
  return type === "step-start" && isEmpty(beside(part, "type")) ? [] : [part];
}

function toolBlocks(part: JsonObject): JsonObject[] {
  const { toolCallId, toolName, input, args, output, result, errorText } = part;
  const rest = beside(part, "type", "toolCallId", "toolName", "input", "args", "output", "result", "errorText");
  const call = { type: "tool-call", toolCallId, toolName, ...present({ input: input ?? args }), ...rest };
  const came = output ?? result;
  return [call, ...(errorText === undefined ? [] : [{ type: "tool-error", toolCallId, toolName, error: errorText }]), ...(came === undefined ? [] : [{ type: "tool-result", toolCallId, toolName, output: came }])];
}
