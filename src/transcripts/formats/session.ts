import { execFile } from "node:child_process";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../../base";
import type { EventDraft, TranscriptEvent } from "../event";
import { lines } from "../json/lines";
import { parseJson } from "../json/parse";
import { idOf, type JsonObject, listOf, member, numberOf, objectOf, present, shownText, textOf, timeOf } from "../json/values";
import { type EventBatch, inBatches, sealedAll, throwIfCancelled, type TranscriptReading } from "../reading";
import { FileSource } from "../sources/byte-source";
import type { TranscriptFacts } from "./format";
import { scoreEvent } from "./vivaria";

const run = promisify(execFile);

/** The file that makes a folder a session (docs/formats.md). */
export const sessionJournal = "session.jsonl";

/** What a session is called as a format. */
export const sessionFormat = "baseliner";

/** Of one attempt's output this much is shown, its beginning and its end. */
const maxOutputBytes = 2 ** 20;
const maxDiffBytes = 32 * 2 ** 20;
/** A terminal's output becomes events at pauses of this many seconds, or of this many characters. */
const terminalPause = 3;
const terminalUnits = 16_384;

/** A session of ours: its journal, the output of its attempts, what changed between snapshots, and recorded terminals. */
export class SessionReading implements TranscriptReading {
  readonly format = sessionFormat;
  readonly formatTitle = "Baseliner session";
  readonly files: string[] = [sessionJournal];
  facts: TranscriptFacts = {};
  private readonly journal: FileSource;
  private lastCommit: string | undefined;

  /** @throws the system's error where the journal cannot be opened */
  constructor(private readonly folder: string) {
    this.journal = FileSource.open(join(folder, sessionJournal));
  }

  async *batches(signal?: AbortSignal): AsyncGenerator<EventBatch, void> {
    const events: TranscriptEvent[] = [];
    let number = 0;
    for (const line of lines(this.journal)) {
      throwIfCancelled(signal);
      const text = line.bytes.toString("utf8");
      if (text.trim() === "") {
        continue;
      }
      const { value, isWhole } = parseJson(text);
      const entry = objectOf(value);
      const drafts = isWhole && entry !== undefined ? await this.entry(entry, signal) : [{ kind: "error" as const, title: line.isEnded ? "a damaged line of the journal" : "a torn line at the end of the journal", text, isError: true }];
      const time = timeOf(entry?.["at"]);
      const source = { file: sessionJournal, member: "", start: line.start, end: line.end };
      events.push(...sealedAll((drafts ?? [{ kind: "raw", title: textOf(entry?.["type"]) ?? "", text }]).map((draft) => ({ ...present({ time }), ...draft })), `${number}`, source));
      number++;
    }
    events.push(...(await this.terminals()));
    const size = this.journal.size;
    yield* inBatches(inTime(events), () => ({ done: size, total: size }), signal);
  }

  private async entry(entry: JsonObject, signal: AbortSignal | undefined): Promise<EventDraft[] | undefined> {
    const data = objectOf(entry["data"]) ?? {};
    const type = textOf(entry["type"]) ?? "";
    const call = `attempt ${idOf(data["attempt"]) ?? ""}`;
    switch (type) {
      case "session.created":
        this.facts = { task: textOf(member(data, "task", "id")) ?? null, title: textOf(member(data, "task", "title")) ?? null, profile: textOf(member(data, "task", "profile")) ?? null, participant: textOf(data["participant"]) ?? null };
        return [{ kind: "state", title: `session of ${shownText(member(data, "task", "title"))}`, text: "", fields: data }];
      case "clock.started":
      case "clock.paused":
      case "clock.resumed":
      case "clock.gap":
      case "clock.adjusted":
      case "clock.expired":
        return [{ kind: "clock", title: type.slice("clock.".length), text: shownText(data["reason"]), fields: data }];
      case "box.connected":
      case "box.checked":
      case "session.closed":
        return [{ kind: "state", title: type, text: "", fields: data }];
      case "box.lost":
        return [{ kind: "error", title: type, text: shownText(data["problem"]), isError: true }];
      case "snapshot.taken":
        return await this.snapshot(textOf(data["commit"]), signal);
      case "attempt.started":
        return [...(await this.snapshot(textOf(data["snapshot"]), signal)), { kind: "tool-call", tool: "score", call, title: call, text: data["kind"] === "start" ? "the starting solution" : "", fields: { arguments: data } }];
      case "attempt.finished":
        return await this.attempt(data, call);
      case "attempt.lost":
      case "attempt.failed":
        return [{ kind: "tool-result", tool: "score", call, title: type, text: shownText(data["problem"]), isError: true, fields: data }];
      case "note.added":
        return [{ kind: "note", text: shownText(data["text"]), fields: data }];
      case "sync.conflict":
        return [{ kind: "note", title: "conflict", text: `${shownText(data["path"])} was kept as ${shownText(data["keptAs"])} too`, fields: data }];
      case "terminal.opened":
      case "terminal.recorded":
        return [{ kind: "state", tool: "terminal", title: type === "terminal.opened" ? "a terminal is recorded" : "the recording has ended", text: shownText(data["file"]), fields: data }];
      case "recording.consent":
        return [{ kind: "state", title: data["given"] === true ? "consent to recording given" : "consent to recording taken back or refused", text: "", fields: data }];
      case "editor.assistants":
        return [{ kind: "state", title: "AI assistants in the editor", text: listOf(data["assistants"]).map(assistantText).join("\n"), fields: data }];
      case "survey.answered":
        return [{ kind: "note", title: "survey", text: shownText(data["comments"]), fields: data }];
      case "journal.cut":
        return [{ kind: "error", title: "the journal had lost its end", text: `it had ${shownText(data["lines"])} lines`, isError: true, fields: data }];
      case "integrity.changed":
        return [{ kind: "error", title: "files that decide the score were changed", text: ["changed", "added", "removed"].flatMap((how) => listOf(data[how]).map((path) => `${how} ${shownText(path)}`)).join("\n"), isError: true, fields: data }];
      case "journal.repaired":
        return [{ kind: "error", title: "the journal was repaired", text: shownText(data["file"]), isError: true, fields: data }];
      case "session.submitted":
        return [{ ...scoreEvent("result", data["result"], true, ""), fields: data }];
      default:
        return undefined;
    }
  }

  private async attempt(data: JsonObject, call: string): Promise<EventDraft[]> {
    const number = String(numberOf(data["attempt"]) ?? "");
    const outputs: string[] = [];
    for (const name of ["stdout.log", "stderr.log"]) {
      const path = `attempts/${number}/${name}`;
      const text = await beginningAndEnd(join(this.folder, "attempts", number, name));
      if (text !== "") {
        this.files.push(path);
        outputs.push(text);
      }
    }
    const invalid = objectOf(data["invalid"]);
    const changes = await this.snapshot(textOf(data["changedTo"]), undefined);
    return [
      { kind: "tool-result", tool: "score", call, title: call, text: outputs.join("\n"), isError: invalid !== undefined, fields: data },
      { ...scoreEvent(call, data["hidden"] === undefined ? data["score"] : "hidden", false, [shownText(data["message"]), shownText(invalid?.["text"])].filter((text) => text !== "" && text !== "{}").join("\n")), call, isError: invalid !== undefined },
      ...changes,
    ];
  }

  /** What changed since the snapshot before, as a diff. */
  private async snapshot(commit: string | undefined, signal: AbortSignal | undefined): Promise<EventDraft[]> {
    if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit) || commit === this.lastCommit) {
      return [];
    }
    const before = this.lastCommit;
    this.lastCommit = commit;
    const fields = present({ commit, before });
    const arguments_ = before === undefined ? ["ls-tree", "-r", "--name-only", commit] : ["diff", "--no-color", "--no-ext-diff", "--no-textconv", before, commit];
    try {
      const { stdout } = await run("git", ["--git-dir", join(this.folder, "snapshots.git"), "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", ...arguments_], { maxBuffer: maxDiffBytes, ...(signal === undefined ? {} : { signal }) });
      if (stdout === "") {
        return [];
      }
      return [{ kind: "file-edit", tool: "snapshot", title: before === undefined ? "files at the start" : "edits", text: stdout, fields: { ...fields, isDiff: before !== undefined } }];
    } catch (error) {
      throwIfCancelled(signal);
      return [{ kind: "error", title: "a snapshot cannot be read", text: messageOf(error).slice(0, 2000), isError: true, fields }];
    }
  }

  /** The output of recorded terminals (asciicast v2), cut where they pause. */
  private async terminals(): Promise<TranscriptEvent[]> {
    const names = await readdir(join(this.folder, "terminals")).catch(() => []);
    const events: TranscriptEvent[] = [];
    for (const name of names.filter((candidate) => candidate.endsWith(".cast")).sort()) {
      const file = `terminals/${name}`;
      this.files.push(file);
      const source = FileSource.open(join(this.folder, "terminals", name));
      try {
        events.push(...terminalEvents(source, file, name));
      } finally {
        source.close();
      }
    }
    return events;
  }

  close(): void {
    this.journal.close();
  }
}

function assistantText(value: unknown): string {
  const assistant = objectOf(value) ?? {};
  const state = assistant["active"] === true ? "active" : "not active";
  return `${shownText(assistant["id"])} ${shownText(assistant["version"])}, ${state}`;
}

function terminalEvents(source: FileSource, file: string, name: string): TranscriptEvent[] {
  const events: TranscriptEvent[] = [];
  let began: number | undefined;
  let piece: { at: number; last: number; start: number; text: string } | undefined;
  const flush = (end: number): void => {
    if (piece !== undefined) {
      const time = began === undefined ? undefined : began + piece.at * 1000;
      events.push(...sealedAll([{ kind: "state", tool: "terminal", title: name, text: piece.text, ...present({ time }) }], `${file}.${events.length}`, { file, member: "", start: piece.start, end }));
      piece = undefined;
    }
  };
  let end = 0;
  for (const line of lines(source)) {
    const { value } = parseJson(line.bytes.toString("utf8"));
    const header = objectOf(value);
    if (header !== undefined && began === undefined) {
      began = timeOf(header["timestamp"]);
    }
    const [at, kind, text] = listOf(value);
    if (typeof at === "number" && kind === "o" && typeof text === "string") {
      if (piece !== undefined && (at - piece.last > terminalPause || piece.text.length > terminalUnits)) {
        flush(end);
      }
      piece ??= { at, last: at, start: line.start, text: "" };
      piece.text += text;
      piece.last = at;
    }
    end = line.end;
  }
  flush(end);
  return events;
}

/** In order of time; events without one stay behind the one before. */
function inTime(events: readonly TranscriptEvent[]): TranscriptEvent[] {
  let last = -Infinity;
  return events
    .map((event, index) => ({ event, index, at: (last = event.time ?? last) }))
    .sort((one, other) => one.at - other.at || one.index - other.index)
    .map(({ event }) => event);
}

async function beginningAndEnd(path: string): Promise<string> {
  let file;
  try {
    file = await open(path, "r");
  } catch {
    return "";
  }
  try {
    const { size } = await file.stat();
    const read = async (from: number, to: number): Promise<string> => {
      const bytes = Buffer.alloc(Math.max(0, to - from));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
      return bytes.toString("utf8", 0, bytesRead);
    };
    if (size <= maxOutputBytes) {
      return await read(0, size);
    }
    const half = maxOutputBytes / 2;
    return `${await read(0, half)}\n… ${size - maxOutputBytes} bytes left out …\n${await read(size - half, size)}`;
  } finally {
    await file.close();
  }
}
