import { describe, expect, test } from "vitest";
import { accessReport } from "../../../src/editor/tasks/access-report";
import { commandToBecome, type ExpertAccess, taskSchema } from "../../../src/tasks";
import { taskJson } from "../../support/task-folder";

const seen: ExpertAccess = {
  account: "expert",
  through: "root",
  paths: [
    { path: ".", read: true, write: false, run: true },
    { path: "protected", read: true, write: false, run: true },
    { path: "protected/answer.txt", read: true, write: false, run: false },
    { path: "scoring", read: true, write: false, run: true },
    { path: "scoring/loose.py", read: true, write: true, run: false },
  ],
  sudo: ["(scorer) NOPASSWD: /srv/task/entry"],
  references: [],
  problems: ["protected is hidden data, and expert can read it.", "scoring/loose.py decides scores, and expert can change it."],
};

const report = (access: ExpertAccess): string => accessReport({ task: taskSchema().parse(taskJson()), target: "root@box", root: "/srv/task", access, looked: "today" });

describe("the report of what an expert sees of a box", () => {
  test("begins with what is to be mended, and lists what the folder above does not say already", () => {
    const text = report(seen);
    expect(text).toContain("**2 things are not as they should be.**");
    expect(text.indexOf("- ✗ protected is hidden data")).toBeLessThan(text.indexOf("## Files"));
    expect(text).toContain("| the task's folder | ✓ | – | ✓ |");
    expect(text).toContain("| scoring/loose\\.py | ✓ | ✓ | – |");
    expect(text).not.toContain("| protected/answer");
    expect(text).toContain("- sudo \\(scorer\\) NOPASSWD\\: /srv/task/entry");
    expect(text).toContain("`su - expert`");
    expect(report({ ...seen, problems: [] })).toContain("**As it should be.**");
  });

  test("makes nothing of Markdown that names on a box say, and no command of a strange account", () => {
    const path = "a | b\n# [click](command:evil) <img src=x>";
    const text = report({ ...seen, account: "$(reboot)", paths: [{ path, read: true, write: false, run: false }], problems: [path] });
    expect(text).not.toMatch(/(?<!\\)\[click|(?<!\\)<img|^# \[|su - \$/m);
    expect(text).toContain("a \\| b");
  });

  test("tells no other command to the account that is looked at", () => {
    expect([commandToBecome(seen), commandToBecome({ ...seen, through: "expert" }), commandToBecome({ ...seen, account: "-x" })]).toEqual(["su - expert", undefined, undefined]);
  });
});
