import type { TranscriptEvent } from "../event";
import { objectOf, shownText, textOf } from "../json/values";

/** A value within the text of a call, from start to end in UTF-16 units, behind its name. */
export interface TextPart {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** `before` and `after` are what an edit replaces, and with what. */
  readonly role: "plain" | "code" | "before" | "after";
  /** A path or a language; empty where unknown. */
  readonly language: string;
}

const paths = ["file_path", "path", "filepath", "filePath", "absolute_path", "filename", "file", "notebook_path", "target_file"];
const before = ["old_string", "old_str", "oldString", "before"];
const after = ["new_string", "new_str", "newString", "after"];
const contents = ["content", "file_text", "contents", "text", "code", "new_content", "insert_text", "source"];
const patches = ["patch", "diff", "patchText"];
const commands = ["command", "cmd", "script", "bash_command", "keystrokes"];

/** The language of a call's or an edit's text as a whole: a path or a name; empty where unknown. */
export function textLanguage({ kind, tool, title, fields, text }: Pick<TranscriptEvent, "kind" | "tool" | "title" | "fields" | "text">): string {
  if (kind === "file-edit") {
    return fields["isDiff"] === true ? "diff" : (textOf(fields["file"]) ?? "");
  }
  if (kind === "tool-call") {
    return text.includes("*** Begin Patch") || /^(---|diff --git) /m.test(text) ? "diff" : toolLanguage(tool ?? "");
  }
  if (kind === "state" && title === "session") {
    return "markdown";
  }
  return kind === "state" && (fields["isDiff"] === true || /\.(diff|patch)$/.test(title)) ? "diff" : "";
}

function toolLanguage(tool: string): string {
  if (/python|jupyter|notebook/i.test(tool)) {
    return "python";
  }
  return /bash|shell|exec|terminal|\brun\b|command/i.test(tool) ? "bash" : "";
}

/** The values that the text of a call is made of; none where it is one whole, or where the text does not show them so. */
export function textParts({ kind, tool, fields, text }: Pick<TranscriptEvent, "kind" | "tool" | "fields" | "text">): TextPart[] {
  const given = kind === "tool-call" ? objectOf(fields["arguments"]) : undefined;
  const entries = Object.entries(given ?? {});
  if (entries.length < 2) {
    return [];
  }
  const path = paths.map((name) => textOf(given?.[name])).find((value) => value !== undefined) ?? "";
  const parts: TextPart[] = [];
  let at = 0;
  for (const [name, value] of entries) {
    const shown = shownText(value);
    const start = at + name.length + 2;
    if (!text.startsWith(`${name}: `, at) && at < text.length) {
      return [];
    }
    const end = start + shown.length;
    if (at < text.length) {
      parts.push({ name, start, end, ...roleOf(name, path, tool ?? "") });
    }
    at = end + 1;
  }
  return parts;
}

function roleOf(name: string, path: string, tool: string): Pick<TextPart, "role" | "language"> {
  if (before.includes(name) || after.includes(name)) {
    return { role: before.includes(name) ? "before" : "after", language: path };
  }
  if (patches.includes(name)) {
    return { role: "code", language: "diff" };
  }
  if (commands.includes(name)) {
    return { role: "code", language: "bash" };
  }
  return contents.includes(name) ? { role: "code", language: path === "" ? toolLanguage(tool) : path } : { role: "plain", language: "" };
}
