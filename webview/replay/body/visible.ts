/** A piece of a text as it is shown: itself, or a sign for a character that cannot be seen or would change how others are. */
export interface Piece {
  /** Where it lies in the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly shown: string;
  readonly isSign: boolean;
}

/**
 * Control characters other than line feed and tab, and those that reverse or hide text: bidirectional controls,
 * zero-width characters (but the joiners that scripts and emoji need), line separators, soft hyphens and tags.
 */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** A text in pieces, so that nothing of it is invisible or moves what stands beside it. */
export function visiblePieces(text: string, offset = 0): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(invisible)) {
    const { index } = match;
    const [character] = match;
    if (index > from) {
      pieces.push({ start: offset + from, end: offset + index, shown: text.slice(from, index), isSign: false });
    }
    from = index + character.length;
    // A carriage return before a line feed ends a line as everywhere.
    if (character !== "\r" || text[from] !== "\n") {
      pieces.push({ start: offset + index, end: offset + from, shown: signOf(character), isSign: true });
    }
  }
  if (from < text.length) {
    pieces.push({ start: offset + from, end: offset + text.length, shown: text.slice(from), isSign: false });
  }
  return pieces;
}

function signOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === "\r") {
    return "␍\n";
  }
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : code === 0x7f ? "␡" : `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** A short text on one line, with signs for what cannot be seen. */
export function visibleLine(text: string): string {
  return visiblePieces(text.replaceAll(/\s*\n\s*/g, " ⏎ "))
    .map(({ shown }) => shown.replaceAll("\n", ""))
    .join("");
}
