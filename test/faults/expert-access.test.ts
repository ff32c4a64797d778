import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expertAccess, loadTask, provisionTask } from "../../src/tasks";
import { ProtectedBox, whyNoAccounts, writeProtectedTask } from "../support/protected-box";
import { Sshd, whyNoSshd } from "../support/sshd";
import { temporaryFolder } from "../support/temporary-folder";

describe.skipIf(whyNoAccounts !== undefined)(`what an expert can see of a task on a protected box${whyNoAccounts === undefined ? "" : ` (${whyNoAccounts})`}`, () => {
  test("is what the rules leave open; what should not be, and a reference that lies about, is told", async () => {
    const folder = writeProtectedTask();
    const task = await loadTask(folder);
    const { sshd, root, accounts } = await ProtectedBox.provision(folder);
    const box = await sshd.box();
    const sound = await expertAccess(box, root, task);
    expect(sound).toMatchObject({ account: accounts.expert, problems: [], references: [] });
    const may = Object.fromEntries(sound.paths.map(({ path, read, write, run }) => [path, `${read ? "r" : "-"}${write ? "w" : "-"}${run ? "x" : "-"}`]));
    expect(may).toEqual({
      ".": "r-x",
      entry: "r-x",
      "instructions.md": "r--",
      private: "---",
      protected: "---",
      "protected/answer.txt": "---",
      "provision.json": "r--",
      runs: "r-x",
      scoring: "r-x",
      "scoring/score.py": "r--",
      "task.json": "r--",
      workspace: "rwx",
    });
    expect(sound.sudo).toEqual([expect.stringContaining(`${root}/entry`)]);

    chmodSync(join(root, "protected"), 0o755);
    chmodSync(join(root, "protected", "answer.txt"), 0o644);
    chmodSync(join(root, "scoring", "score.py"), 0o666);
    const stray = join(root, "..", "old copy.py");
    writeFileSync(stray, "print(2)\n");
    const loose = await expertAccess(box, root, task);
    expect(loose.problems).toEqual([
      `protected is hidden data, and ${accounts.expert} can read it.`,
      `protected/answer.txt is hidden data, and ${accounts.expert} can read it.`,
      `scoring/score.py decides scores, and ${accounts.expert} can change it.`,
      `${stray} is a file of the reference solution.`,
    ]);
    execFileSync("rm", ["-rf", join(root, "workspace")]);
    await expect(expertAccess(box, `${root}/scoring`)).rejects.toMatchObject({ reason: "not-provisioned", message: expect.stringContaining("there is no task") as string });
  });
});

describe.skipIf(whyNoSshd !== undefined || process.getuid?.() === 0)("on a box with one account", () => {
  test("the one who solves can change the scoring, and that is told", async () => {
    const sshd = await Sshd.start();
    const box = await sshd.box();
    const { root } = await provisionTask(await loadTask(writeProtectedTask()), box, { profile: "cpu", participant: "p-1", root: join(temporaryFolder(), "task") });
    expect((await expertAccess(box, root)).problems).toContainEqual(expect.stringContaining("protected is hidden data"));
  });
});
