import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunExit } from "../../../src/boxes";
import { readScoring } from "../../../src/tasks";

const exited: RunExit = {
  kind: "exited",
  code: 0,
  signal: null,
  problem: null,
  startedAt: 0,
  endedAt: 1,
  stdoutBytes: 0,
  stderrBytes: 0,
};
const read = (text: string) => readScoring(exited, Buffer.from(text), 20);

describe("what a scoring command left", () => {
  test("is its score and message", () => {
    expect(read('{"score": 1.5, "message": {"milliseconds": 4.5}, "details": {"secret": 1}}')).toEqual({
      score: 1.5,
      message: { milliseconds: 4.5 },
      invalid: null,
    });
  });

  test.each([
    ["NaN as Python writes it", '{"score": NaN}', "not-a-number"],
    ["Infinity as Python writes it", '{"score": -Infinity, "message": {}}', "not-a-number"],
    ["a number too large for a float", '{"score": 1e999}', "not-a-number"],
    ["a text in place of a score", '{"score": "1.5"}', "bad-result"],
    ["no score at all", "{}", "bad-result"],
    ["a list", "[1]", "bad-result"],
    ["garbage", "\u0000garbage", "bad-result"],
    ["nothing", "", "bad-result"],
    ["null with the reason in its message", '{"score": null, "message": {"error": "The result differs."}}', "rejected"],
  ])("is invalid with its reason: %s", (_name, text, reason) => {
    const scored = read(text);
    expect(scored.score).toBeNull();
    expect(scored.invalid?.reason).toBe(reason);
  });

  test("says in the solver's words why it was rejected", () => {
    expect(read('{"score": null, "message": {"error": "The result differs at 3 places."}}').invalid?.text).toBe("The result differs at 3 places.");
  });

  test("counts for nothing where the command failed, was killed or took too long, whatever it wrote", () => {
    const good = Buffer.from('{"score": 1}');
    const ends: [Partial<RunExit>, string][] = [
      [{ code: 1 }, "failed"],
      [{ kind: "killed", code: null, signal: "SIGKILL" }, "killed"],
      [{ kind: "timed-out" }, "timed-out"],
      [{ kind: "cancelled" }, "cancelled"],
      [{ kind: "output-limit" }, "output-limit"],
      [{ kind: "not-started", problem: "python3 is not installed or not on the PATH" }, "not-started"],
    ];
    for (const [end, reason] of ends) {
      expect(readScoring({ ...exited, ...end }, good, 20).invalid?.reason).toBe(reason);
    }
  });

  test("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map((text) => Buffer.from(text))), (bytes) => {
        const scored = readScoring(exited, bytes, 20);
        expect(scored.score === null).toBe(scored.invalid !== null);
      }),
    );
  });
});
