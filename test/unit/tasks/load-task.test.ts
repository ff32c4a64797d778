import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkTaskText, loadTask, profileOf, type TaskError } from "../../../src/tasks";
import { taskJson, writeTask } from "../../support/task-folder";
import { temporaryFolder } from "../../support/temporary-folder";

async function failure(folder: string): Promise<TaskError> {
  return (await loadTask(folder).then(
    () => undefined,
    (error: unknown) => error,
  )) as TaskError;
}

describe("task.json", () => {
  test("is accepted where all of it is right, with defaults filled in", async () => {
    const { task } = await loadTask(writeTask(temporaryFolder(), ""));
    expect(task.scoring.aggregate).toBe("best");
    expect(task.timeLimitMinutes).toBe(480);
  });

  test.each([
    ["a number of the wrong type", { timeLimitMinutes: "8 h" }, ["timeLimitMinutes"]],
    ["a field nobody knows", { tile: "A task" }, []],
    ["a direction that is none", { scoring: { command: ["x"], timeoutSeconds: 1, direction: "up" } }, ["scoring", "direction"]],
    ["an empty command", { scoring: { command: [], timeoutSeconds: 1, direction: "min" } }, ["scoring", "command"]],
    ["no profile", { profiles: {} }, ["profiles"]],
    ["a path out of the folder", { workspace: "../elsewhere" }, ["workspace"]],
    ["an absolute path", { instructions: "/etc/passwd" }, ["instructions"]],
    ["a start equal to the reference", { profiles: { cpu: { resources: { cpus: 1, memoryGB: 1 }, start: 2, reference: 2 } } }, ["profiles", "cpu", "reference"]],
  ])("with %s is refused with the place and the reason", (_name, change, path) => {
    const { task, problems } = checkTaskText(JSON.stringify(taskJson(change)));
    expect(task).toBeUndefined();
    expect(problems[0]?.path).toEqual(path);
    expect(problems[0]?.message).not.toBe("");
  });

  test("that is not JSON is refused with the position", () => {
    const text = '{"id": "sample",, }';
    expect(checkTaskText(text).problems[0]).toMatchObject({ kind: "syntax", offset: text.indexOf(",,") + 1 });
  });

  test("names files that are there, or says which is not", async () => {
    const folder = writeTask(temporaryFolder(), "");
    rmSync(join(folder, "instructions.md"));
    const error = await failure(folder);
    expect(error.reason).toBe("invalid");
    expect(error.problems).toEqual([expect.objectContaining({ path: ["instructions"], kind: "content" })]);
    expect(error.message).toContain("instructions.md");
  });

  test("that is missing is said in one sentence", async () => {
    const folder = temporaryFolder();
    const error = await failure(folder);
    expect(error.reason).toBe("missing");
    expect(error.message.split("\n")).toHaveLength(1);
  });

  test("tells every problem, not only the first", async () => {
    const folder = writeTask(temporaryFolder(), "");
    writeFileSync(join(folder, "task.json"), JSON.stringify(taskJson({ version: "one", title: "" })));
    expect((await failure(folder)).problems.map(({ path }) => path.join("."))).toEqual(["version", "title"]);
  });
});

describe("a profile", () => {
  test("that is not there is refused with the names of those that are, even where the name is one of JavaScript's", async () => {
    const loaded = await loadTask(writeTask(temporaryFolder(), ""));
    expect(() => profileOf(loaded, "constructor")).toThrow(/no profile constructor; it has cpu/);
  });
});
