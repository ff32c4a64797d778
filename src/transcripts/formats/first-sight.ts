import { decoded } from "../json/decode";
import { lines } from "../json/lines";
import { parseJson } from "../json/parse";
import { JsonScanner } from "../json/scanner";
import { objectOf } from "../json/values";
import type { ByteSource } from "../sources/byte-source";
import type { FirstSight } from "./format";

const sightBytes = 2 ** 20;
const sightLines = 40;
/** Most documents tell their format in less, which takes a moment less to be read. */
const glanceBytes = 2 ** 15;
/** How far the end of the first value is looked for where it is one long line. */
const longLineBytes = 128 * 2 ** 20;

/**
 * Looks at the beginning of a source. Undefined where it is not JSON.
 *
 * @param isDocument tells by its beginning a document of a format that never is lines: then the end of a first line
 * that is very long is not looked for
 */
export function firstSight(source: ByteSource, name: string, isDocument: (sight: FirstSight) => boolean = () => false): FirstSight | undefined {
  const head = source.read(0, sightBytes);
  const whole = head.length === source.size;
  const text = decoded(head).replace(/^\uFEFF/, "");
  if (!/^\s*[[{"\-\d]/.test(text) && !/\n\s*\{/.test(text)) {
    return undefined;
  }
  const isOneLine = !head.includes(0x0a) && !isNamedLines(name);
  const isLong = text.length > glanceBytes;
  const glance = isOneLine && isLong ? documentOf(text.slice(0, glanceBytes)) : undefined;
  if (glance !== undefined && isDocument(glance)) {
    return glance;
  }
  const oneLine = isOneLine ? documentOf(text) : undefined;
  if (oneLine !== undefined && isDocument(oneLine)) {
    return oneLine;
  }
  if (isLines(source, head, whole, name)) {
    const values: unknown[] = [];
    for (const line of lines(whole ? source : { size: head.length, read: (start, end) => head.subarray(start, end) })) {
      const content = line.bytes.toString("utf8").replace(/^\uFEFF/, "");
      if (content.trim() !== "") {
        values.push(parseJson(content).value);
      }
      if (values.length >= sightLines) {
        break;
      }
    }
    return values.some((value) => value !== undefined) ? { values, isLines: true } : undefined;
  }
  if (oneLine !== undefined) {
    return oneLine;
  }
  const beginning = isLong ? documentOf(text.slice(0, glanceBytes)) : undefined;
  return beginning !== undefined && isDocument(beginning) ? beginning : documentOf(text);
}

function documentOf(text: string): FirstSight | undefined {
  const { value } = parseJson(text);
  return typeof value === "object" && value !== null ? { values: [value], isLines: false } : undefined;
}

function isNamedLines(name: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(name);
}

function isLines(source: ByteSource, head: Buffer, whole: boolean, name: string): boolean {
  const first = head.indexOf(0x0a);
  if (first < 0) {
    if (isNamedLines(name)) {
      return true;
    }
    if (whole) {
      return false;
    }
    // Searching for a line feed is much faster than looking for the value's end.
    const end = firstLineFeed(source);
    if (end === undefined || source.read(end, end + sightBytes).toString("latin1").trim() === "") {
      return false;
    }
    const [shell] = [...new JsonScanner(source, 0, end).next({})].slice(-1);
    return shell !== undefined && "stoppedAt" in shell && shell.stoppedAt === undefined;
  }
  let seen = 0;
  for (const line of lines({ size: head.length, read: (start, end) => head.subarray(start, end) })) {
    const text = line.bytes.toString("utf8").replace(/^\uFEFF/, "").trim();
    if (text === "" || (!line.isEnded && !whole)) {
      continue;
    }
    // One of the first lines may be damaged; two that are no values of their own are a document over many lines.
    const { value, isWhole } = parseJson(text);
    if (isWhole && (objectOf(value) !== undefined || Array.isArray(value))) {
      return seen > 0 || isNamedLines(name) || head.subarray(line.end).toString("latin1").trim() !== "" || !whole;
    }
    seen++;
    if (seen >= 3) {
      return false;
    }
  }
  return false;
}

function firstLineFeed(source: ByteSource): number | undefined {
  for (let at = 0; at < Math.min(source.size, longLineBytes); at += sightBytes) {
    const feed = source.read(at, at + sightBytes).indexOf(0x0a);
    if (feed >= 0) {
      return at + feed;
    }
  }
  return undefined;
}

/**
 * A document's members with the first elements of each, for telling the format of a large one whose beginning does
 * not tell it.
 */
export function documentSight(source: ByteSource): FirstSight {
  const firsts: Record<string, unknown[]> = {};
  let shell: unknown;
  for (const found of new JsonScanner(source).next({ "*": { "*": true } })) {
    const [name] = found.path;
    if (name === undefined) {
      shell = parseJson(found.bytes.toString("utf8")).value;
    } else if (found.path.length === 2 && typeof found.path[1] === "number") {
      const list = (firsts[name] ??= []);
      if (list.length < 3) {
        list.push(parseJson(found.bytes.toString("utf8")).value);
      }
    }
  }
  return { values: [{ ...objectOf(shell), ...firsts }], isLines: false };
}
