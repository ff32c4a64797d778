/**
 * Turns the raw output of a run into text that a terminal may show: UTF-8
 * decoded across chunks, colours kept, every other escape sequence and control
 * character removed, so that output cannot move the cursor, rename the window,
 * reach the clipboard or pass for something else.
 */
export class TerminalText {
  private readonly decoder = new TextDecoder("utf-8");
  private pending = "";

  /** The showable text of the next bytes, with `\r\n` line ends. A sequence cut off at the end waits for the next call. */
  write(bytes: Uint8Array): string {
    return this.clean(this.pending + this.decoder.decode(bytes, { stream: true }));
  }

  /** What is left when the output has ended. */
  end(): string {
    const rest = this.clean(this.pending + this.decoder.decode());
    this.pending = "";
    return rest;
  }

  private clean(text: string): string {
    this.pending = "";
    let shown = "";
    for (let at = 0; at < text.length; ) {
      const character = text.charAt(at);
      if (character === "\u001b" || character === "\u009b") {
        const sequence = escapeSequence.exec(text.slice(at, at + longestSequence));
        if (sequence === null) {
          if (text.length - at < longestSequence) {
            this.pending = text.slice(at);
            return shown;
          }
          at += 1;
          continue;
        }
        shown += colour.test(sequence[0]) ? sequence[0] : "";
        at += sequence[0].length;
        continue;
      }
      shown += shownAs(character);
      at += 1;
    }
    return shown;
  }
}

/** Longer sequences than this (in UTF-16 units) are taken apart and shown as text. */
const longestSequence = 4096;

/* oxlint-disable no-control-regex -- these patterns are about control characters */
/** Control sequences (CSI), strings (OSC, DCS, SOS, PM, APC) and two-character escapes of ECMA-48. */
const escapeSequence =
  /^(?:(?:\u001b\[|\u009b)[\u0030-\u003f]*[\u0020-\u002f]*[\u0040-\u007e]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[\u0020-\u002f]*[\u0030-\u004f\u0051-\u0057\u0059\u005a\u005c\u0060-\u007e])/;
const colour = /^\u001b\[[\d;:]*m$/;
const invisible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
/* oxlint-enable no-control-regex */

function shownAs(character: string): string {
  if (character === "\n") {
    return "\r\n";
  }
  return character === "\r" || invisible.test(character) ? "" : character;
}
