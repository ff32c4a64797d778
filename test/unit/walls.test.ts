import { join } from "node:path";
import { ESLint } from "eslint";
import { describe, expect, test } from "vitest";
import { repository } from "../support/build";

const eslint = new ESLint({ cwd: repository });

async function complaints(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: join(repository, file) });
  return (result?.messages ?? []).map(({ message }) => message);
}

describe("the walls between the rooms of src/", () => {
  test.each([
    ["src/sessions/session.ts", 'import * as vscode from "vscode";'],
    ["src/boxes/local/local-box.ts", 'import { loadTask } from "../../tasks";'],
    ["src/tasks/task.ts", 'import { Session } from "../sessions";'],
    ["src/workspace/snapshots.ts", 'import { Session } from "../sessions/session";'],
    ["src/transcripts/reader.ts", 'import { LocalBox } from "../boxes";'],
    ["src/sessions/session.ts", 'import { Log } from "../editor/log";'],
    ["src/editor/log.ts", 'import { JournalWriter } from "../sessions/journal";'],
    ["src/cli/main.ts", 'import { commands } from "../editor";'],
    ["src/protocol/scores.ts", 'import * as vscode from "vscode";'],
  ])("forbid in %s: %s", async (file, code) => {
    expect(await complaints(file, code)).not.toEqual([]);
  });

  test.each([
    ["src/sessions/session.ts", 'import { loadTask } from "../tasks";'],
    ["src/editor/log.ts", 'import * as vscode from "vscode";'],
    ["src/boxes/local/local-box.ts", 'import { BoxError } from "../box";'],
  ])("allow in %s: %s", async (file, code) => {
    expect(await complaints(file, code)).toEqual([]);
  });
});
