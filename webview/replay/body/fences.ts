/** A part of a message: prose, or code between fences. */
export interface MessagePart {
  readonly start: number;
  readonly text: string;
  /** Undefined for prose; empty where the fence names no language. */
  readonly language: string | undefined;
}

const fence = /^[ \t]{0,3}(`{3,}|~{3,})([^\n`]{0,100})\n/gm;

/** A message in parts, as Markdown marks code. Every character of it is in one part, the fences too. */
export function messageParts(text: string): MessagePart[] {
  const parts: MessagePart[] = [];
  let from = 0;
  const add = (to: number, language: string | undefined): void => {
    if (to > from) {
      parts.push({ start: from, text: text.slice(from, to), language });
      from = to;
    }
  };
  fence.lastIndex = 0;
  for (let open = fence.exec(text); open !== null; open = fence.exec(text)) {
    const begin = open.index + open[0].length;
    const closing = `\n${open[1] ?? ""}`;
    const close = text.startsWith(open[1] ?? "", begin) ? begin - 1 : text.indexOf(closing, begin - 1);
    const end = close < 0 ? text.length : close + 1;
    add(begin, undefined);
    add(end, (open[2] ?? "").trim().split(/\s/)[0] ?? "");
    // The fence that closes is no other's beginning.
    fence.lastIndex = Math.max(end + closing.length - 1, begin);
  }
  add(text.length, undefined);
  return parts;
}
