import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isSameProcess, processIdentity } from "../../../src/base";
import { startWithFirstThreadEnded } from "../../support/first-thread-ended";

test("a process has one identity until it has ended, and none afterwards", async () => {
  const child = spawn("sleep", ["600"]);
  const identity = await processIdentity(child.pid ?? -1);
  expect(identity).toBeTypeOf("string");
  expect(await isSameProcess(child.pid ?? -1, identity ?? "")).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await processIdentity(child.pid ?? -1)).toBeUndefined();
});

test.skipIf(process.platform !== "linux")("a process whose first thread has ended, and looks like a zombie, goes on as long as its others do", async () => {
  expect(await processIdentity(await startWithFirstThreadEnded())).toBeTypeOf("string");
});
