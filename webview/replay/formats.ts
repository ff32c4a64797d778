import type { ReplayKind, ReplayUsage } from "../../src/protocol";

/** What a person calls an event of a kind. */
export const kindNames: Readonly<Record<ReplayKind, string>> = {
  system: "system",
  user: "user",
  message: "assistant",
  reasoning: "reasoning",
  "tool-call": "call",
  "tool-result": "output",
  "file-edit": "edit",
  score: "score",
  note: "note",
  clock: "clock",
  error: "error",
  state: "state",
  raw: "raw",
  sandbox: "sandbox",
};

/** The same for many of them. */
export const kindsNames: Readonly<Record<ReplayKind, string>> = {
  ...kindNames,
  message: "messages",
  "tool-call": "tools",
  "file-edit": "edits",
  score: "scores",
  note: "notes",
  error: "errors",
  state: "states",
};

export { formatBytes, formatScore, formatSeconds } from "../../src/base/text";

/** A number for a person: `337 000`, with thin spaces. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** What a model's answer took: `12 345 → 678 tokens · $0.0123`. */
export function usageInShort({ input, output, cost }: ReplayUsage): string {
  const tokens = input === undefined && output === undefined ? "" : `${input === undefined ? "?" : formatCount(input)} → ${output === undefined ? "?" : formatCount(output)} tokens`;
  return [tokens, cost === undefined ? "" : `$${String(Number(cost.toPrecision(3)))}`].filter((part) => part !== "").join(" · ");
}

/** The same in words, with what was cached. */
export function usageInFull({ input, cached, output, cost }: ReplayUsage): string {
  const counted = (count: number | undefined, what: string): string => (count === undefined ? "" : `${what}: ${plural(count, "token")}`);
  return [counted(input, "given to the model"), counted(cached, "of them from a cache"), counted(output, "made by it"), cost === undefined ? "" : `cost: $${String(cost)}`].filter((part) => part !== "").join("; ");
}

/** A pause for a person: `12 min later`. */
export function formatGap(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes < 90) {
    return `${Math.round(minutes)} min later`;
  }
  const hours = minutes / 60;
  return hours < 48 ? `${Number(hours.toFixed(1))} h later` : `${Math.round(hours / 24)} days later`;
}

/** A moment on the reader's clock: `2026-01-02 13:04`. @param at ms since the epoch */
export function formatDate(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) {
    return "at an unknown time";
  }
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
