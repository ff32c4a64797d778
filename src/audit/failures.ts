import type { TranscriptEvent } from "../transcripts";
import type { Span } from "./finding";

/** Of a longer result its beginning and its end are looked at. UTF-16 units. */
const maxResult = 8000;

/** Something that a result says went wrong. */
export interface Failure {
  /** The program that says so, such as `cp`, `python` or a path that could not be opened; undefined where nobody knows. */
  readonly program: string | undefined;
}

const trouble = "No such file or directory|[Pp]ermission denied|Is a directory|Read-only file system|[Oo]peration not permitted|not found|[Nn]ot a git repository|[Cc]ould not resolve|[Cc]onnection (?:refused|reset|timed out)|Network is unreachable|Name or service not known|Temporary failure in name resolution|a (?:terminal|password) is required|may not run sudo|cannot |can't |unable to|invalid option|No space left";
/** `bash: line 3: NAME: command not found` and `sh: 1: NAME: not found`. */
const ofShell = new RegExp(`^(?:-?(?:ba|z|da|k)?sh|/bin/\\w+): (?:line \\d+: |\\d+: )?([^\\s:]+): .*(?:${trouble})`);
/** `cp: cannot stat …` and `sudo: a password is required`. */
const ofProgram = new RegExp(`^(?:/usr)?(?:/bin/)?([A-Za-z][\\w.+-]*): .*(?:${trouble})`);
const ofPython = /^(?:Traceback \(most recent call last\)|(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Violation|Refused|Denied)\b(?::|\(|$)|E\s{2,}\w*Error\b)/;
const ofAnyone = /\b(No matching distribution found|Could not find a version|Could not resolve host|Temporary failure in name resolution|Name or service not known|Network is unreachable|Failed to establish a new connection|Max retries exceeded|ConnectionError|HTTP Error [45]\d\d|(?:40[134]|429|50[0-4]):? (?:Forbidden|Not Found|Unauthorized|Client Error|Server Error)|returned non-zero exit|refus(?:es|ed|ing) to|(?:checksum|hash|sha-?256|md5|integrity)[^\n]{0,20}mismatch|PermissionError|SyntaxError)|\[Errno \d+\]|^(?:fatal|ERROR): |\b(?:exit[ _]?(?:code|status|ed)?|return(?:ed|[ _](?:code|status)))['":= ]+(?:with (?:code )?)?[1-9]\d*\b|<returncode>[1-9]|^(?:Segmentation fault|Killed|Terminated)\b/i;

/** What a result says went wrong: its status, uncaught errors, and what programs complain about. */
export function failuresIn({ isError, text }: Pick<TranscriptEvent, "isError" | "text">): readonly Failure[] {
  const looked = text.length > maxResult ? `${text.slice(0, maxResult / 2)}\n${text.slice(-maxResult / 2)}` : text;
  const found: Failure[] = [];
  // Some scaffolds give back JSON, with all lines in one.
  for (const part of looked.split(/\n|\\n/)) {
    const line = part.replace(/^\s*["']?(?:stdout|stderr|output|result)["']?\s*:\s*["']/, "");
    const program = ofShell.exec(line)?.[1] ?? (ofPython.test(line) ? "python" : ofProgram.exec(line)?.[1]);
    if (program !== undefined) {
      found.push({ program: program.split("/").at(-1) });
    } else if (ofAnyone.test(line)) {
      found.push({ program: undefined });
    }
  }
  return isError && found.length === 0 ? [{ program: undefined }] : found;
}

/** Whether a result holds anything beside what went wrong. */
export const saysAnything = ({ text }: Pick<TranscriptEvent, "text">): boolean => text.slice(0, maxResult).split(/\n|\\n/).some((line) => /\w/.test(line.replace(/["']?(?:stdout|stderr|output|status|exit_code|returncode)["']?\s*:\s*(?:\d+|["'])?|<\/?\w+>|\b0\b/g, "")) && failuresIn({ isError: false, text: line }).length === 0);

/**
 * Whether a failure is one of what was done at a place of a call: by its program, or by one that it only goes on after (`&&`). What went
 * wrong elsewhere in the same script, or has another way behind `||`, says nothing of it.
 */
export function concerns({ program }: Failure, call: string, { start, end }: Pick<Span, "start" | "end">): boolean {
  if (program === undefined || program === "") {
    return true;
  }
  const before = call.lastIndexOf(program, Math.max(0, start - 1));
  const inside = call.indexOf(program, start);
  if (inside >= 0 && inside < end) {
    return !hasOtherWay(call.slice(inside, end));
  }
  if (before < 0 || start === 0) {
    return inside < 0;
  }
  const between = call.slice(before, start);
  return between.includes("<<") || !/[;\n|]/.test(between.replace(/&&/g, ""));
}

/** `a || b`, unless `b` does nothing. */
const hasOtherWay = (script: string): boolean => /\|\|\s*(?:\(\s*)?(?!true\b|:|echo\b|exit\b|return\b|printf\b|\{)[\w./$]/.test(script);
