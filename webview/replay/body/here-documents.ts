/** A part of a shell script: commands, or the text of a here-document in a language of its own. */
export interface ScriptPart {
  readonly text: string;
  /** A path or a name; empty where it is not known. */
  readonly language: string;
}

const opening = /(?<!<)<<(-?)[ \t]*\\?(["']?)([A-Za-z_][\w.-]{0,99})\2/;
const target = /(?:>|\btee(?:[ \t]+-a)?[ \t])[ \t]*["']?([^\s"'|;&<>]{1,200})/;
const interpreter = /\b(python3?|node|bash|sh|sqlite3|psql)\b[^|;&]*$/;
/** Of a line so much is looked at around the beginning of a here-document, in UTF-16 units. */
const lookedAt = 300;

/** A script in parts, in its order: every character of it is in one of them. */
export function scriptParts(script: string): ScriptPart[] {
  const parts: ScriptPart[] = [];
  const lines = script.split(/(?<=\n)/);
  let commands = "";
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    commands += line;
    const open = opening.exec(line);
    if (open === null) {
      continue;
    }
    const [all, dash, , end] = open;
    let text = "";
    while (at + 1 < lines.length && ended(lines[at + 1] ?? "", dash === "-") !== end) {
      at++;
      text += lines[at] ?? "";
    }
    parts.push({ text: commands, language: "bash" }, { text, language: languageAt(line, open.index, open.index + all.length) });
    commands = "";
  }
  return [...parts, { text: commands, language: "bash" }].filter((part) => part.text !== "");
}

/** What a line may end a here-document by. */
function ended(line: string, stripsTabs: boolean): string {
  const text = line.replace(/\r?\n$/, "");
  return stripsTabs ? text.replace(/^\t+/, "") : text;
}

/** The language of a here-document is that of the program that reads it, else of the file that it is written to. */
function languageAt(line: string, from: number, to: number): string {
  const before = line.slice(Math.max(0, from - lookedAt), from);
  const behind = line.slice(to, to + lookedAt);
  return (interpreter.exec(before) ?? target.exec(behind) ?? target.exec(before))?.[1] ?? "";
}
