// What *Debug Scorer* starts, driven through the adapter of the extension Python Debugger.
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { debugConfiguration } from "../../src/editor/tasks/debug-configuration";
import { loadTask, profileOf } from "../../src/tasks";
import { repository } from "../support/build";
import { DebugAdapter } from "../support/debug-adapter";
import { temporaryFolder } from "../support/temporary-folder";

const hasDebugger = spawnSync("python3", ["-c", "import debugpy"]).status === 0;

test.skipIf(!hasDebugger)("a scorer stops at a breakpoint, shows its variables, and scores when it goes on", async () => {
  const place = temporaryFolder();
  const loaded = await loadTask(join(repository, "templates", "task"));
  const workspace = join(place, "workspace");
  cpSync(join(loaded.folder, loaded.task.workspace), workspace, { recursive: true });
  const result = join(place, "result.json");
  const { python = "python3", ...configuration } = debugConfiguration({ title: "Scorer", command: loaded.task.scoring.command, folder: loaded.folder, workspace, result, env: profileOf(loaded, "cpu").env }) ?? { program: "", env: {} };
  const scorer = join(loaded.folder, "scoring", "score.py");
  const line = readFileSync(scorer, "utf8").split("\n").findIndex((text) => text.includes("answer = ask(")) + 1;

  const adapter = new DebugAdapter("python3");
  await adapter.request("initialize", { adapterID: "debugpy", clientID: "vscode", pathFormat: "path", linesStartAt1: true, columnsStartAt1: true, supportsRunInTerminalRequest: true });
  // The editor resolves which Python it is.
  const launched = adapter.request("launch", { ...configuration, python: [python] });
  await adapter.event("initialized");
  expect((await adapter.request("setBreakpoints", { source: { path: scorer }, breakpoints: [{ line }] }))["breakpoints"]).toMatchObject([{ verified: true, line }]);
  await adapter.request("configurationDone");
  await launched;
  expect(await adapter.event("stopped")).toMatchObject({ reason: "entry" });
  await adapter.request("continue", { threadId: 1 });

  const { threadId } = (await adapter.event("stopped")) as { threadId: number };
  const { stackFrames } = (await adapter.request("stackTrace", { threadId })) as { stackFrames: { id: number; name: string; line: number; source: { path: string } }[] };
  expect(stackFrames[0]).toMatchObject({ name: "measure", line, source: { path: scorer } });
  const { scopes } = (await adapter.request("scopes", { frameId: stackFrames[0]?.id })) as { scopes: { name: string; variablesReference: number }[] };
  const { variables } = (await adapter.request("variables", { variablesReference: scopes[0]?.variablesReference })) as { variables: { name: string; value: string }[] };
  expect(variables.find(({ name }) => name === "number")?.value).toBe("1");
  expect(variables.find(({ name }) => name === "instances")?.value).toBe(profileOf(loaded, "cpu").env["PACK_INSTANCES"]);

  await adapter.request("setBreakpoints", { source: { path: scorer }, breakpoints: [] });
  await adapter.request("continue", { threadId });
  await adapter.event("terminated");
  expect(JSON.parse(readFileSync(result, "utf8"))).toMatchObject({ score: expect.any(Number) as number, message: { lists: 60 } });
});
