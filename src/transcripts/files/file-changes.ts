import type { EventKind, TranscriptEvent } from "../event";
import { type JsonObject, listOf, member, objectOf, textOf } from "../json/values";
import { codeModeChanges, isCodeMode } from "./code-mode";
import { editorChanges, firstText } from "./editor";
import { parsePatch } from "./patch";
import { literalWords, shellChanges } from "./shell";
import { openFileChanges } from "./swe-agent-editor";

/** What an event does to a file, as far as the transcript says. */
export type FileChange =
  | { readonly kind: "write"; readonly path: string; readonly content: string }
  | { readonly kind: "append"; readonly path: string; readonly content: string }
  /** `isOnly` where it is certain to have been that place alone only if there is no other. */
  | { readonly kind: "replace"; readonly path: string; readonly before: string; readonly after: string; readonly all: boolean; readonly isOnly?: true }
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

/** That a conversation was taken back. What it did to files meanwhile may have been taken back or not, but for those of which it is said. */
export interface FilesRewind {
  /** The id of the event before which it was taken back. */
  readonly to: string;
  /** Files that are again what they were before that event. */
  readonly restored: readonly string[];
  readonly absent: readonly string[];
}

/** Where an event takes a conversation back. */
export function filesRewind(event: ChangingEvent): FilesRewind | undefined {
  const to = event.kind === "note" ? textOf(event.fields["rewoundTo"]) : undefined;
  const paths = (name: string): string[] => listOf(event.fields[name]).filter((path) => typeof path === "string");
  return to === undefined ? undefined : { to, restored: paths("restored"), absent: paths("absent") };
}

/** Whether an event may say something about files; quick, for millions of events. A call that is said again was carried out once. */
export function changesFiles(event: ChangingEvent & Pick<TranscriptEvent, "isRepeat" | "call">): boolean {
  if (event.isRepeat && event.kind === "tool-call" && event.call === undefined) {
    return false;
  }
  return (event.kind === "note" && typeof event.fields["rewoundTo"] === "string") || ((event.kind === "tool-call" || event.kind === "file-edit") && fileChanges(event).length > 0);
}

/**
 * What an event does to files, in order. What only may have happened is left out; what happened in a way that is not said is `unknown`.
 * Where the event says in which folder a command runs, paths are those from there.
 */
export function fileChanges(event: ChangingEvent): FileChange[] {
  return inFolder(namedChanges(event), textOf(event.fields["cwd"]));
}

function inFolder(changes: FileChange[], folder: string | undefined): FileChange[] {
  if (folder?.startsWith("/") !== true) {
    return changes;
  }
  const placed = (path: string): string => (/^[/~$]/.test(path) ? path : `${folder}/${path.replace(/^(?:\.\/)+/, "")}`);
  return changes.map((change) => (change.kind === "move" ? { ...change, path: placed(change.path), to: placed(change.to) } : { ...change, path: placed(change.path) }));
}

function namedChanges(event: ChangingEvent): FileChange[] {
  if (event.kind === "file-edit") {
    return editChanges(event);
  }
  if (event.kind !== "tool-call") {
    return [];
  }
  const given = event.fields["arguments"];
  if (typeof given === "string") {
    return isCodeMode(given) ? codeModeChanges(given) : given.includes("*** Begin Patch") ? parsePatch(given) : shellChanges(given);
  }
  const call = objectOf(given);
  if (call === undefined) {
    return [];
  }
  return openFileChanges(textOf(call["command"]) ?? "", objectOf(event.fields["state"]), literalWords) ?? callChanges(event.tool ?? "", call);
}

/**
 * What a call did of which the result is an error. Of a script of Codex's code mode it is not known how far it came. A script of a shell that ended with an exit status did run: what stands before its last
 * command happened, and of that one it is not known. Anything else changed nothing.
 */
export function changesOfFailed(call: ChangingEvent, result: Pick<ChangingEvent, "text" | "fields">): FileChange[] {
  const { fields, text } = result;
  const given = call.fields["arguments"];
  if (typeof given === "string" && isCodeMode(given) && text.startsWith("Script failed")) {
    return codeModeChanges(given).map(({ path }) => ({ kind: "unknown", path, why: "the script that changes it failed, before or after it did" }));
  }
  const hasRun = [fields["exitCode"], fields["exit_code"], member(fields["metadata"], "exit_code")].some((status) => typeof status === "number") || /^Exit code \d+/.test(text);
  const script = shellScriptOf(call.fields["arguments"]);
  return hasRun && script !== undefined ? inFolder(shellChanges(script, true), textOf(call.fields["cwd"])) : [];
}

function shellScriptOf(given: unknown): string | undefined {
  if (typeof given === "string") {
    return isCodeMode(given) ? undefined : given;
  }
  const call = objectOf(given);
  return call === undefined || pathOf(call) !== undefined ? undefined : scriptOf(call);
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

function callChanges(tool: string, call: JsonObject): FileChange[] {
  const path = pathOf(call);
  const patch = firstText(call, "patch", "input", "diff", "patchText");
  if (patch?.includes("*** Begin Patch") === true || (patch !== undefined && /^(---|diff --git) /m.test(patch) && /^@@ /m.test(patch))) {
    return parsePatch(patch);
  }
  const command = scriptOf(call);
  if (path !== undefined) {
    return editorChanges(tool, command, path, call);
  }
  return command === undefined ? [] : command.includes("*** Begin Patch") ? parsePatch(command) : shellChanges(command);
}

/** The file that an editor's call is about. */
function pathOf(call: JsonObject): string | undefined {
  return firstText(call, "file_path", "path", "filepath", "filePath", "filename", "file", "notebook_path", "target_file");
}

/** What a shell is given; of an editor with several commands, which of them. */
function scriptOf(call: JsonObject): string | undefined {
  return firstText(call, "command", "cmd", "script", "bash_command", "keystrokes") ?? shellArguments(call["command"] ?? call["cmd"]);
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
