import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TerminalText } from "../../../src/base";

function shown(...chunks: (string | Uint8Array)[]): string {
  const text = new TerminalText();
  return chunks.map((chunk) => text.write(typeof chunk === "string" ? Buffer.from(chunk) : chunk)).join("") + text.end();
}

describe("output in a terminal", () => {
  test("keeps text and colours", () => {
    expect(shown("\u001b[31mred\u001b[0m\tand 9 \u00b5s\n")).toBe("\u001b[31mred\u001b[0m\tand 9 \u00b5s\r\n");
  });

  test.each([
    ["a cursor movement", "a\u001b[2Jb\u001b[1;1Hc", "abc"],
    ["a window title", "a\u001b]0;Attempt 1: best\u0007b", "ab"],
    ["a clipboard write", "a\u001b]52;c;cm0gLXJm\u001b\\b", "ab"],
    ["a device string", "a\u001bP1;2q...\u001b\\b", "ab"],
    ["a reset", "a\u001bcb", "ab"],
    ["a carriage return that would overwrite the line", "100 %\rfake", "100 %fake"],
    ["a backspace and a bell", "a\b\u0007b", "ab"],
    ["text that runs the other way", "a\u202eb", "ab"],
    ["an eight-bit control sequence", "a\u009b2Jb", "ab"],
  ])("loses %s", (_name, raw, clean) => {
    expect(shown(raw)).toBe(clean);
  });

  test("is the same however the bytes are cut into chunks", () => {
    const raw = Buffer.from("µ\u001b[1mbold\u001b[0m\u001b]0;title\u0007 – 漢字\n\u001b[?25lend");
    const whole = shown(raw);
    fc.assert(
      fc.property(fc.array(fc.nat(raw.length), { maxLength: 8 }), (cuts) => {
        const places = [0, ...cuts.sort((one, other) => one - other), raw.length];
        const chunks = places.slice(1).map((end, index) => raw.subarray(places[index], end));
        expect(shown(...chunks)).toBe(whole);
      }),
    );
  });

  test("holds no escape but colours, whatever came", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("\u001b", "[", "]", "0", ";", "m", "H", "P", "\\", "\u0007", "x", "\n"), { maxLength: 60 }), (parts) => {
        const behindEscapes = shown(parts.join("")).split("\u001b").slice(1);
        expect(behindEscapes.filter((text) => !/^\[[\d;:]*m/.test(text))).toEqual([]);
      }),
    );
  });

  test("does not wait for ever for a sequence that never ends", () => {
    expect(shown(`\u001b]0;${"x".repeat(10_000)}`)).toContain("xxx");
  });
});
