import { expect, test } from "vitest";
import { usageOf } from "../../../src/cli/usage";

const usage = `usage: it <command>

  box check TARGET   what a box has
          [--folder PATH]
                     whose disk counts
  box clear TARGET
  audit PATH…        where rules
                     may have been broken

Boxes are reached over SSH.
`;

test("the usage of a command is its line and those below it", () => {
  expect(usageOf(usage, ["box", "check"])).toBe("usage: it <command>\n\n  box check TARGET   what a box has\n          [--folder PATH]\n                     whose disk counts\n");
  expect(usageOf(usage, ["audit"])).toBe("usage: it <command>\n\n  audit PATH…        where rules\n                     may have been broken\n");
});

test("the usage of a group is that of all its commands", () => {
  expect(usageOf(usage, ["box"])).toContain("box check");
  expect(usageOf(usage, ["box"])).toContain("box clear");
  expect(usageOf(usage, ["box"])).not.toContain("audit");
});

test("the usage of what is unknown, or of nothing, is the whole", () => {
  expect(usageOf(usage, ["au"])).toBe(usage);
  expect(usageOf(usage, [])).toBe(usage);
  expect(usageOf(usage, ["box", "sink"])).toBe(usage);
});
