import type { EventDraft } from "../event";
import { listOf, member, objectOf, present, textOf, timeOf } from "../json/values";
import { messageEvents } from "./content";
import type { FirstSight, Format, FormatReader, SourceRecord } from "./format";

const isMessage = (value: unknown): boolean => typeof member(value, "role") === "string" && (member(value, "content") !== undefined || member(value, "tool_calls") !== undefined);
const isConversation = (value: unknown): boolean => listOf(member(value, "messages")).some(isMessage);
const read = (): FormatReader => new MessageListReader();
const common = { name: "messages", title: "Messages", read } as const;

/** Conversations as OpenAI and Anthropic write them: in a list, in a document's `messages`, one message or one conversation a line. */
export const messageList: readonly Format[] = [
  { ...common, records: { messages: { "*": true } }, detect: ({ values }: FirstSight) => values.some(isConversation), facts: (shell) => ({ model: textOf(member(shell, "model")) ?? null }) },
  { ...common, records: { "*": true }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isMessage) },
  { ...common, records: { "*": { messages: { "*": true } } }, detect: ({ values, isLines }: FirstSight) => !isLines && listOf(values[0]).some(isConversation) },
  { ...common, records: { "*": true }, detect: ({ values, isLines }: FirstSight) => isLines && values.some((value) => listOf(value).some(isMessage)) },
  { ...common, records: true, detect: ({ values, isLines }: FirstSight) => isLines && values.some(isMessage) },
];

class MessageListReader implements FormatReader {
  record({ value, document, path }: SourceRecord): EventDraft[] | undefined {
    const message = objectOf(value);
    const time = timeOf(message?.["timestamp"] ?? message?.["created_at"]);
    const conversation = path.length === 3 ? Number(path[0]) : path.length > 0 ? document : 0;
    return messageEvents(value)?.map((event) => ({ ...present({ time }), ...(conversation > 0 ? { sample: `conversation ${conversation + 1}` } : {}), ...event }));
  }
}
