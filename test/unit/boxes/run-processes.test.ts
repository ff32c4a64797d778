import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processIdentity } from "../../../src/base";
import { RunProcesses } from "../../../src/boxes/local/run-processes";
import { runFiles } from "../../../src/boxes/run-record";
import { startWithFirstThreadEnded } from "../../support/first-thread-ended";
import { temporaryFolder } from "../../support/temporary-folder";

test.skipIf(process.platform !== "linux")("what a run leaves behind is ended with it, also where its first thread has ended long before", async () => {
  const [folder, pid] = [temporaryFolder(), await startWithFirstThreadEnded()];
  writeFileSync(join(folder, runFiles.child), JSON.stringify({ pid, identity: await processIdentity(pid) }));
  expect(await new RunProcesses(folder, join(folder, "workspace")).end()).toMatchObject({ left: 1 });
  await expect.poll(() => processIdentity(pid)).toBeUndefined();
});
