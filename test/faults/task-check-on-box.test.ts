import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { checkTask, loadTask, TaskOnBox } from "../../src/tasks";
import { repository } from "../support/build";
import { Sshd, whyNoSshd } from "../support/sshd";

describe.skipIf(whyNoSshd !== undefined)("a task that is checked on another box", () => {
  test("is scored there, survives broken solutions and exploits there, and leaves nothing behind", async () => {
    const loaded = await loadTask(join(repository, "templates", "task"));
    const box = await (await Sshd.start()).box();
    const there = await TaskOnBox.send(loaded, box);
    const place = join(there.task, "..");
    const seen: string[] = [];
    const { lines, scorings } = await checkTask(loaded, new LocalBox(join(repository, "dist", "supervisor.js"), systemTime), {
      profile: "cpu",
      repeats: 1,
      there,
      sideBySide: 2,
      only: ["box", "start", "exploits"],
      onOutput: (_, bytes) => {
        seen.push(Buffer.from(bytes).toString("utf8"));
        return Promise.resolve();
      },
    });
    expect(lines.filter(({ level }) => level !== "ok")).toEqual([]);
    expect(lines.filter(({ section }) => section === "box").map(({ subject }) => subject)).toEqual([box.name]);
    expect(scorings.start.map(({ scored }) => scored.invalid)).toEqual([null, null]);
    expect(seen.join("")).toContain("60 of 60 lists");
    expect(readdirSync(place)).toEqual(["task"]);
    await there.remove();
    expect(() => readdirSync(place)).toThrow("ENOENT");
  });
});
