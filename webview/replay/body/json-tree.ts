import { element } from "../dom";
import { plural } from "../formats";
import { visibleLine } from "./visible";

/** Of an object or a list so many members are shown at once. */
const membersAtOnce = 100;
/** Texts are cut to so many UTF-16 units. */
const longestText = 2000;

/** JSON as a tree that opens member by member. */
export function jsonTree(value: unknown, opened: () => void): HTMLElement {
  const tree = element("div", { class: "json" });
  tree.append(...members(value, opened));
  return tree;
}

/** The value of a text that is a JSON object or list, else undefined. */
export function jsonOf(text: string): object | undefined {
  const trimmed = text.trim();
  if (!/^(\{[\s\S]*\}|\[[\s\S]*\])$/.test(trimmed) || trimmed.length < 3) {
    return undefined;
  }
  try {
    return JSON.parse(trimmed) as object;
  } catch {
    return undefined;
  }
}

function members(value: unknown, opened: () => void, from = 0): Node[] {
  const all = Array.isArray(value) ? value.map((member: unknown, index): [string, unknown] => [String(index), member]) : Object.entries(value as object);
  const nodes: Node[] = all.slice(from, from + membersAtOnce).map(([name, member]) => row(name, member, opened));
  if (all.length > from + membersAtOnce) {
    const more = element("button", { class: "link", type: "button" }, `${plural(all.length - from - membersAtOnce, "more member")}`);
    more.addEventListener("click", () => {
      more.replaceWith(...members(value, opened, from + membersAtOnce));
      opened();
    });
    nodes.push(more);
  }
  return nodes;
}

function row(name: string, value: unknown, opened: () => void): HTMLElement {
  const label = element("span", { class: "name" }, visibleLine(name.slice(0, 200)));
  if (typeof value !== "object" || value === null) {
    return element("div", { class: "member" }, label, ": ", leaf(value));
  }
  const count = Array.isArray(value) ? value.length : Object.keys(value).length;
  const details = element("details", { class: "member" }, element("summary", {}, label, element("span", { class: "count" }, Array.isArray(value) ? ` [${count}]` : ` {${count}}`)));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) {
      details.append(...members(value, opened));
    }
    opened();
  });
  return details;
}

function leaf(value: unknown): HTMLElement {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const cut = text.length > longestText ? `${text.slice(0, longestText)}… (${plural(text.length, "character")})` : text;
  return element("span", { class: typeof value === "string" ? "hljs-string" : "hljs-literal" }, typeof value === "string" ? visibleLine(cut) : cut);
}
