import type { ReplayKind, ReplayTextPart } from "../../../src/protocol";
import { element } from "../dom";
import { hasEscapes } from "./ansi";
import { code, diffLines, isDiff } from "./code";
import { messageParts } from "./fences";
import { jsonOf, jsonTree } from "./json-tree";
import { terminal } from "./terminal";
import { TextMap } from "./text-map";

/** What is drawn: an event's text, or a part of it. */
export interface BodyText {
  readonly kind: ReplayKind;
  readonly text: string;
  readonly language: string;
  readonly parts: readonly ReplayTextPart[];
  /** Whether it is all of the text: only then it may be shown as a tree. */
  readonly isWhole: boolean;
  /** Whether something in it is to be marked: then it is shown as it is written. */
  readonly isMarked: boolean;
}

/** A body that is drawn, and where its text stands in the page. */
export interface Body {
  readonly element: HTMLElement;
  readonly map: TextMap;
  /** Puts the colours of its languages on; takes a moment, and changes the height of nothing. Undefined where there are none. */
  readonly colour: (() => void) | undefined;
}

/** Draws the text of an event as what it is: prose with code, code, a diff, terminal output, JSON. */
export function drawBody(given: BodyText, opened: () => void): Body {
  const { kind, text, language, parts, isWhole, isMarked } = given;
  let map = new TextMap();
  if (text === "") {
    return { element: element("div", { class: "body empty" }), map, colour: undefined };
  }
  if (parts.length > 0) {
    return drawParts(text, parts);
  }
  if (language === "diff" || (kind !== "user" && kind !== "message" && kind !== "reasoning" && isDiff(text))) {
    return { element: element("pre", { class: "body diff" }, ...diffLines(text, 0, map)), map, colour: undefined };
  }
  if (language !== "") {
    return coloured("pre", "body code", [{ text, start: 0, language }]);
  }
  if (kind === "system" || kind === "user" || kind === "message" || kind === "reasoning") {
    const found = messageParts(text);
    return coloured("div", "body prose", found);
  }
  const value = isWhole && !isMarked ? jsonOf(text) : undefined;
  if (value !== undefined) {
    return { element: element("div", { class: "body" }, jsonTree(value, opened)), map, colour: undefined };
  }
  map = new TextMap();
  return { element: element("pre", { class: "body output" }, ...(hasEscapes(text) ? terminal(text, 0, map) : map.nodes(text, 0))), map, colour: undefined };
}

interface Part {
  readonly text: string;
  readonly start: number;
  /** Undefined for prose. */
  readonly language: string | undefined;
}

/** Parts one after the other, at first without colours. */
function coloured(name: "pre" | "div", className: string, parts: readonly Part[]): Body {
  const body = element(name, { class: className });
  const map = new TextMap();
  const waiting: (() => void)[] = [];
  for (const { text, start, language } of parts) {
    const holder = element("span", { class: language === undefined ? "plain" : "code" }, ...map.nodes(text, start));
    body.append(holder);
    if (language !== undefined && language !== "") {
      waiting.push(() => holder.replaceChildren(...code(text, start, language, map)));
    }
  }
  return { element: body, map, colour: waiting.length === 0 ? undefined : () => waiting.forEach((put) => put()) };
}

/** The arguments of a call, each behind its name; what an edit replaces stands as removed and added lines. */
function drawParts(text: string, parts: readonly ReplayTextPart[]): Body {
  const body = element("pre", { class: "body arguments" });
  const map = new TextMap();
  const waiting: (() => void)[] = [];
  let at = 0;
  for (const { name, start, end, role, language } of parts) {
    const value = text.slice(start, end);
    body.append(element("span", { class: "argument" }, ...map.nodes(text.slice(at, start).replace(/^\n/, ""), at + (text[at] === "\n" ? 1 : 0))));
    const holder = element("span", { class: role });
    if (role === "before" || role === "after") {
      holder.append(element("span", { class: "sr-only" }, role === "before" ? "replaces:" : "with:"));
    }
    const inner = element("span", {}, ...(language === "diff" ? diffLines(value, start, map) : map.nodes(value, start)));
    holder.append(inner);
    body.append(holder);
    if (!value.endsWith("\n")) {
      body.append("\n");
    }
    if (language !== "diff" && language !== "" && role !== "plain") {
      waiting.push(() => inner.replaceChildren(...code(value, start, language, map)));
    }
    at = end;
  }
  return { element: body, map, colour: waiting.length === 0 ? undefined : () => waiting.forEach((put) => put()) };
}
