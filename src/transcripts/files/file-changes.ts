import type { EventKind } from "../event";
import { type JsonObject, listOf, member, objectOf, textOf } from "../json/values";
import { parsePatch } from "./patch";
import { shellChanges } from "./shell";

/** What an event does to a file, as far as the transcript says. */
export type FileChange =
  | { readonly kind: "write"; readonly path: string; readonly content: string }
  | { readonly kind: "append"; readonly path: string; readonly content: string }
  | { readonly kind: "replace"; readonly path: string; readonly before: string; readonly after: string; readonly all: boolean }
  /** Inserts text behind a line, counted from 1; 0 is the beginning. */
  | { readonly kind: "insert"; readonly path: string; readonly line: number; readonly text: string }
  /** Replaces lines from..to, counted from 1, both included. */
  | { readonly kind: "lines"; readonly path: string; readonly from: number; readonly to: number; readonly text: string }
  | { readonly kind: "patch"; readonly path: string; readonly hunks: readonly Hunk[] }
  | { readonly kind: "delete"; readonly path: string }
  | { readonly kind: "move"; readonly path: string; readonly to: string }
  /** It was changed, and the transcript does not say how. */
  | { readonly kind: "unknown"; readonly path: string; readonly why: string };

/** A piece of a patch: lines that are there before, and what they become. Line numbers are counted from 1, where the patch has them. */
export interface Hunk {
  readonly line: number | undefined;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The parts of an event that say what it does to files. */
export interface ChangingEvent {
  readonly kind: EventKind;
  readonly tool?: string | undefined;
  readonly text: string;
  readonly fields: JsonObject;
}

/** Whether an event may say something about files; quick, for millions of events. */
export function changesFiles(event: ChangingEvent): boolean {
  return (event.kind === "tool-call" || event.kind === "file-edit") && fileChanges(event).length > 0;
}

/** What an event does to files, in order. What only may have happened is left out; what happened in a way that is not said is `unknown`. */
export function fileChanges(event: ChangingEvent): FileChange[] {
  if (event.kind === "file-edit") {
    return editChanges(event);
  }
  if (event.kind !== "tool-call") {
    return [];
  }
  const given = event.fields["arguments"];
  if (typeof given === "string") {
    return given.includes("*** Begin Patch") ? parsePatch(given) : shellChanges(given);
  }
  const call = objectOf(given);
  if (call === undefined) {
    return [];
  }
  return windowChanges(call, textOf(member(event.fields["state"], "open_file"))) ?? callChanges(event.tool ?? "", call);
}

function editChanges(event: ChangingEvent): FileChange[] {
  const file = textOf(event.fields["file"]);
  if (file !== undefined) {
    return [{ kind: "write", path: file, content: event.text }];
  }
  if (event.fields["isDiff"] === true) {
    return parsePatch(event.text);
  }
  return event.fields["isDiff"] === false ? event.text.split("\n").flatMap((path) => (path === "" ? [] : [{ kind: "unknown" as const, path, why: "it was there at the start, and only its name is in the transcript" }])) : [];
}

/** SWE-agent's own commands: a new file has one empty line, and an edit replaces lines of the file that is open. */
function windowChanges(call: JsonObject, openFile: string | undefined): FileChange[] | undefined {
  const command = textOf(call["command"]) ?? "";
  const created = /^create ([^\s"'$`]+)\s*$/.exec(command);
  if (created !== null && openFile?.endsWith(created[1] ?? "") === true) {
    return [{ kind: "write", path: openFile, content: "\n" }];
  }
  const edited = /^edit (\d+):(\d+)\n([\s\S]*?)\n?end_of_edit\s*$/.exec(command);
  return edited === null || openFile === undefined ? undefined : [{ kind: "lines", path: openFile, from: Number(edited[1]), to: Number(edited[2]), text: edited[3] ?? "" }];
}

const first = (call: JsonObject, ...names: string[]): string | undefined => names.map((name) => textOf(call[name])).find((value) => value !== undefined);

function callChanges(tool: string, call: JsonObject): FileChange[] {
  const path = first(call, "file_path", "path", "filepath", "filename", "file", "notebook_path", "target_file");
  const patch = first(call, "patch", "input", "diff", "patchText");
  if (patch?.includes("*** Begin Patch") === true || (patch !== undefined && /^(---|diff --git) /m.test(patch) && /^@@ /m.test(patch))) {
    return parsePatch(patch);
  }
  const command = first(call, "command", "cmd", "script", "bash_command", "keystrokes") ?? shellArguments(call["command"] ?? call["cmd"]);
  if (path !== undefined) {
    return editorChanges(tool, command, path, call);
  }
  return command === undefined ? [] : command.includes("*** Begin Patch") ? parsePatch(command) : shellChanges(command);
}

/** A command as a list of arguments, of which the last is a script where a shell runs it. */
function shellArguments(value: unknown): string | undefined {
  const list = listOf(value);
  const words = list.filter((word): word is string => typeof word === "string");
  if (words.length === 0 || words.length !== list.length) {
    return undefined;
  }
  const script = /(^|\/)(ba|z|da)?sh$/.test(words[0] ?? "") ? words.at(-1) : undefined;
  return words[0] === "apply_patch" ? words[1] : (script ?? words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" "));
}

function editorChanges(tool: string, command: string | undefined, path: string, call: JsonObject): FileChange[] {
  const edits = listOf(call["edits"]);
  if (edits.length > 0) {
    return edits.flatMap((edit) => replacement(path, objectOf(edit) ?? {}));
  }
  switch (command) {
    case "create":
      return [{ kind: "write", path, content: first(call, "file_text", "content") ?? "" }];
    case "str_replace":
      return replacement(path, call);
    case "insert": {
      const line = member(call, "insert_line");
      const text = first(call, "new_str", "insert_text") ?? "";
      return typeof line === "number" ? [{ kind: "insert", path, line, text }] : [];
    }
    case "undo_edit":
      return [{ kind: "unknown", path, why: "an edit was taken back" }];
    case "view":
      return [];
    default:
      break;
  }
  if (first(call, "old_string", "old_str") !== undefined) {
    return replacement(path, call);
  }
  const content = first(call, "content", "file_text", "contents", "text", "code", "new_content");
  if (content !== undefined && /write|create|save|edit|run|file/i.test(tool) && !/read|view|search|list|open/i.test(tool)) {
    if (/append/i.test(tool) || call["append"] === true || call["mode"] === "a") {
      return [{ kind: "append", path, content }];
    }
    const from = call["start"] ?? call["start_line"];
    const to = call["end"] ?? call["end_line"];
    if (typeof from === "number" && typeof to === "number" && to >= from && from >= 1) {
      return [{ kind: "lines", path, from, to, text: content }];
    }
    return [{ kind: "write", path, content }];
  }
  if (/NotebookEdit/i.test(tool)) {
    return [{ kind: "unknown", path, why: "a cell of a notebook was edited" }];
  }
  return /^(delete|remove)(_?file)?$/i.test(tool) ? [{ kind: "delete", path }] : [];
}

function replacement(path: string, call: JsonObject): FileChange[] {
  const before = first(call, "old_string", "old_str");
  const after = first(call, "new_string", "new_str") ?? "";
  if (before === undefined) {
    return [];
  }
  // An empty text before is how a new file is made.
  return before === "" ? [{ kind: "write", path, content: after }] : [{ kind: "replace", path, before, after, all: call["replace_all"] === true }];
}
