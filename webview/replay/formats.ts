import type { ReplayKind, ReplayUsage, ReplayUsageSum } from "../../src/protocol";

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

import { formatSeconds } from "../../src/base/text";

export { formatBytes, formatScore, formatSeconds } from "../../src/base/text";

/** When something happened since its sample began, as `h:mm:ss`; with a sign before that. */
export function formatElapsed(milliseconds: number): string {
  return milliseconds > -1000 ? formatSeconds(milliseconds) : `−${formatSeconds(-milliseconds)}`;
}

/** The name of a sample, and its epoch, which tells those of one name apart and so is always to be seen; empty where it has none. */
export function nameAndEpoch(sample: string): readonly [name: string, epoch: string] {
  const [, name = sample, epoch = ""] = /^(.*) (epoch \d+)$/.exec(sample) ?? [];
  return [name, epoch];
}

/** A number for a person: `337 000`, with thin spaces. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** US dollars with three significant digits: `$0.0123`. */
export function formatDollars(cost: number): string {
  return `$${cost >= 1000 ? formatCount(Math.round(cost)) : String(Number(cost.toPrecision(3)))}`;
}

/** A count of tokens in few signs: `812`, `12.3k`, `1.25M`. */
export function formatTokens(tokens: number): string {
  const power = tokens < 999.5 ? 0 : tokens < 999_500 ? 1 : tokens < 999_500_000 ? 2 : 3;
  return power === 0 ? String(Math.round(tokens)) : `${String(Number((tokens / 1000 ** power).toPrecision(3)))}${["", "k", "M", "G"][power] ?? ""}`;
}

/** How long something took, in few signs: `40 ms`, `4.2 s`, `42 s`, `12:09`, `1:23:45`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) {
    return `${Math.round(milliseconds)} ms`;
  }
  const seconds = milliseconds / 1000;
  if (seconds < 59.5) {
    return `${seconds < 9.95 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
  }
  const whole = Math.round(seconds);
  return formatSeconds(whole * 1000).replace(/^0:0?/, "");
}

/** What answers took together, in words. */
export function sumInFull({ answers, withTokens, withCost, input, cached, output, reasoning, cost }: ReplayUsageSum): string {
  const tokens = withTokens === 0 ? [] : [input === 0 ? "given: not recorded" : `given: ${plural(input, "token")}`, cached > 0 ? `of them from a cache: ${formatCount(cached)}` : "", `made: ${plural(output, "token")}`, reasoning > 0 ? `of them reasoning: ${formatCount(reasoning)}` : ""];
  const dollars = cost > 0 ? `cost: ${formatDollars(cost)}${withCost < answers ? ` for ${formatCount(withCost)} of them` : ""}` : "";
  return [plural(answers, "answer"), ...tokens, dollars].filter((part) => part !== "").join("; ");
}

/** What a model's answer took: `12 345 → 678 tokens · $0.0123`. */
export function usageInShort({ input, output, cost }: ReplayUsage): string {
  const tokens = input === undefined && output === undefined ? "" : `${input === undefined ? "?" : formatCount(input)} → ${output === undefined ? "?" : formatCount(output)} tokens`;
  return [tokens, cost === undefined ? "" : formatDollars(cost)].filter((part) => part !== "").join(" · ");
}

/** The same in words, with what was cached. */
export function usageInFull({ input, cached, output, reasoning, cost }: ReplayUsage): string {
  const counted = (count: number | undefined, what: string): string => (count === undefined ? "" : `${what}: ${plural(count, "token")}`);
  return [counted(input, "given to the model"), counted(cached, "of them from a cache"), counted(output, "made by it"), counted(reasoning, "of them reasoning"), cost === undefined ? "" : `cost: $${String(cost)}`].filter((part) => part !== "").join("; ");
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
