import type { TranscriptEvent } from "../event";
import { changesFiles } from "../files/file-changes";
import type { Appending } from "./appender";
import type { Names } from "./layout";
import { rowBytes, rowFlag, writeRow } from "./rows";
import type { SpanPlace } from "./spans";

/** Where events are written: rows of fixed length, heads as JSON lines, and titles with texts. */
export interface EventFiles<File extends Appending = Appending> {
  readonly rows: File;
  readonly heads: File;
  readonly text: File;
}

/** Writes an event behind those that are there. `link` and `place` are what it has to do with these. */
export function writeEvent(event: TranscriptEvent, files: EventFiles, names: Names, link: number, { span, begins, isScorers }: SpanPlace): void {
  const { rows, heads, text } = files;
  const textStart = text.length;
  const titleBytes = text.add(event.title);
  text.endLine();
  const textBytes = text.add(event.text);
  text.endLine();
  const headStart = heads.length;
  const headBytes = heads.add(headText(event));
  heads.endLine();
  writeRow(rows.room(rowBytes), 0, {
    kind: event.kind,
    flags: flagsOf(event) | (begins ? rowFlag.beginsSpan : 0) | (isScorers ? rowFlag.isScorers : 0),
    link,
    time: event.time ?? NaN,
    textStart,
    titleBytes,
    textBytes,
    headStart,
    headBytes,
    agent: names.number(event.agent),
    branch: names.number(event.branch),
    sample: names.number(event.sample),
    tool: names.number(event.tool),
    span,
    score: event.score?.value ?? NaN,
  });
}

/** What links a call to its results; undefined where an event is neither. */
export function callKey(event: TranscriptEvent): string | undefined {
  return event.call === undefined ? undefined : `${event.sample ?? ""}\0${event.call}`;
}

function flagsOf(event: TranscriptEvent): number {
  return (
    (event.isError ? rowFlag.isError : 0) |
    (event.isRepeat ? rowFlag.isRepeat : 0) |
    (event.score === undefined ? 0 : rowFlag.hasScore) |
    (event.score?.isFinal === true ? rowFlag.isFinalScore : 0) |
    (changesFiles(event) ? rowFlag.changesFiles : 0)
  );
}

/** The id comes first: it is searched for. Put together by hand, because most of an event is not there or needs no escaping. */
function headText({ id, kind, time, sample, agent, branch, span, call, tool, fields, score, isError, isRepeat, source }: TranscriptEvent): string {
  let head = `{"id":${JSON.stringify(id)},"kind":"${kind}"`;
  if (time !== undefined) {
    head += `,"time":${time}`;
  }
  head += member("sample", sample) + member("agent", agent) + member("branch", branch) + member("span", span) + member("call", call) + member("tool", tool);
  head += `,"fields":${fieldsText(fields)}`;
  if (score !== undefined) {
    head += `,"score":${JSON.stringify(score)}`;
  }
  return `${head},"isError":${isError},"isRepeat":${isRepeat},"source":{"file":${JSON.stringify(source.file)},"member":${JSON.stringify(source.member)},"start":${source.start},"end":${source.end}}}`;
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
}

function fieldsText(fields: TranscriptEvent["fields"]): string {
  try {
    return JSON.stringify(fields);
  } catch {
    // Nested too deeply to be written; the raw source has it.
    return '{"leftOut":"nested too deeply; see the raw source"}';
  }
}
