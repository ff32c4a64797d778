/** How a terminal would show a piece of text. Colours are numbers of the palette of 256, or `#rrggbb`. */
export interface TerminalStyle {
  readonly foreground?: number | string;
  readonly background?: number | string;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
  readonly strike?: boolean;
}

/** A run of text in one style; start counts UTF-16 units of what the terminal was sent. */
export interface TerminalRun {
  readonly start: number;
  readonly text: string;
  readonly style: TerminalStyle;
}

/* oxlint-disable no-control-regex -- escape sequences are what is looked for */
/** Control sequences (CSI), strings (OSC, DCS, SOS, PM, APC) and two-character escapes of ECMA-48. Bounded, so linear in time. */
const sequence = /\u001b(?:\[[\u0030-\u003f]{0,100}[\u0020-\u002f]{0,10}[\u0040-\u007e]|[\]PX^_][^\u0007\u001b]{0,4096}(?:\u0007|\u001b\\)|[\u0020-\u002f]{0,10}[\u0030-\u004f\u0051-\u0057\u0059\u005a\u005c\u0060-\u007e])/g;
const rendition = /^\u001b\[([\d;:]*)m$/;
/* oxlint-enable no-control-regex */

export function hasEscapes(text: string): boolean {
  return text.includes("\u001b");
}

/** Text as a terminal shows it: colours are kept, every other escape sequence is left out and does nothing. */
export function terminalRuns(text: string): TerminalRun[] {
  const runs: TerminalRun[] = [];
  let style: TerminalStyle = {};
  let from = 0;
  const add = (to: number): void => {
    if (to > from) {
      runs.push({ start: from, text: text.slice(from, to), style });
    }
  };
  for (const match of text.matchAll(sequence)) {
    add(match.index);
    from = match.index + match[0].length;
    const codes = rendition.exec(match[0])?.[1];
    if (codes !== undefined) {
      style = restyled(style, codes.split(/[;:]/).map(Number));
    }
  }
  add(text.length);
  return runs;
}

function restyled(style: TerminalStyle, codes: number[]): TerminalStyle {
  let next: { -readonly [Name in keyof TerminalStyle]: TerminalStyle[Name] } = { ...style };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) {
      next = {};
    } else if (code === 38 || code === 48) {
      const { colour, used } = extended(codes.slice(at + 1));
      at += used;
      if (colour !== undefined) {
        next[code === 38 ? "foreground" : "background"] = colour;
      }
    } else {
      Object.assign(next, simple(code));
    }
  }
  return next;
}

function extended(codes: readonly number[]): { colour: number | string | undefined; used: number } {
  const isByte = (value: number | undefined): value is number => value !== undefined && Number.isInteger(value) && value >= 0 && value < 256;
  if (codes[0] === 5) {
    return { colour: isByte(codes[1]) ? codes[1] : undefined, used: 2 };
  }
  if (codes[0] === 2) {
    const rgb = codes.slice(1, 4);
    return { colour: rgb.length === 3 && rgb.every(isByte) ? `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}` : undefined, used: 4 };
  }
  return { colour: undefined, used: 0 };
}

function simple(code: number): TerminalStyle | Record<string, undefined> {
  switch (code) {
    case 1:
      return { bold: true };
    case 2:
      return { dim: true };
    case 3:
      return { italic: true };
    case 4:
      return { underline: true };
    case 7:
      return { inverse: true };
    case 9:
      return { strike: true };
    case 22:
      return { bold: undefined, dim: undefined };
    case 23:
      return { italic: undefined };
    case 24:
      return { underline: undefined };
    case 27:
      return { inverse: undefined };
    case 29:
      return { strike: undefined };
    case 39:
      return { foreground: undefined };
    case 49:
      return { background: undefined };
    default:
      break;
  }
  const bright = code >= 90 ? 8 : 0;
  const number = code - (bright > 0 ? 90 : 30);
  if (number >= 0 && number < 8) {
    return { foreground: number + bright };
  }
  return number >= 10 && number < 18 ? { background: number - 10 + bright } : {};
}

/** The colour of a number of the palette above the 16 that a theme has: a cube of 6 × 6 × 6, and 24 greys. */
export function paletteColour(number: number): string {
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10;
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const level = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  const cube = number - 16;
  return `rgb(${level(Math.floor(cube / 36))}, ${level(Math.floor(cube / 6) % 6)}, ${level(cube % 6)})`;
}
