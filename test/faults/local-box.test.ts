import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemTime } from "../../src/base";
import { type BoxShell, LocalBox } from "../../src/boxes";
import { supervisor } from "../support/build";
import { temporaryFolder } from "../support/temporary-folder";
import { describeBox, isRunning } from "./box-contract";

describe("this computer", () => {
  describeBox(() => Promise.resolve(new LocalBox(supervisor, systemTime)));
});

test("a run that writes the record of its own end and kills who watches it was killed, whatever it wrote", async () => {
  const box = new LocalBox(supervisor, systemTime);
  const runs = join(temporaryFolder(), "runs");
  const forged = { kind: "exited", code: 0, signal: null, problem: null, startedAt: 1, endedAt: 2, stdoutBytes: 0, stderrBytes: 0 };
  const end = async (then: string): Promise<unknown> => {
    const id = randomUUID();
    mkdirSync(join(runs, id), { recursive: true });
    const script = `echo '${JSON.stringify(forged)}' > ${join(runs, id, "exit.json")}; ${then}`;
    await box.startRun(runs, { id, command: ["sh", "-c", script], folder: runs, environment: {}, timeoutSeconds: 60, outputLimitBytes: 1000 });
    return await box.followRun(runs, id, { stdout: 0, stderr: 0 }, () => Promise.resolve());
  };
  expect(await end("kill -s KILL $PPID")).toMatchObject({ kind: "killed", signal: "SIGKILL" });
  // One that goes on is waited for: its real end counts.
  expect(await end("sleep 1; exit 3")).toMatchObject({ kind: "exited", code: 3 });
});

test("a run whose folder is removed ends, with the process that watches it", async () => {
  const box = new LocalBox(supervisor, systemTime);
  const runs = join(temporaryFolder(), "runs");
  const id = randomUUID();
  mkdirSync(runs);
  await box.startRun(runs, { id, command: ["sleep", "600"], folder: runs, environment: {}, timeoutSeconds: 600, outputLimitBytes: 1000 });
  const pidIn = (name: string): number => (JSON.parse(readFileSync(join(runs, id, name), "utf8")) as { pid: number }).pid;
  await vi.waitUntil(() => existsSync(join(runs, id, "child.json")), { timeout: 30_000 });
  const pids = [pidIn("claim.json"), pidIn("child.json")];
  expect(pids.map(isRunning)).toEqual([true, true]);
  rmSync(join(runs, id), { recursive: true });
  await vi.waitUntil(() => !pids.some(isRunning), { timeout: 30_000 });
});

describe("a terminal whose shell ends", () => {
  const open = async (): Promise<BoxShell> => {
    vi.stubEnv("SHELL", "/bin/sh");
    onTestFinished(() => void vi.unstubAllEnvs());
    return await new LocalBox(supervisor, systemTime).openShell({ folder: temporaryFolder(), columns: 80, rows: 24 });
  };
  const printed = async (shell: BoxShell): Promise<string> => {
    let text = "";
    for await (const bytes of shell.output) {
      text += Buffer.from(bytes).toString();
    }
    return text;
  };

  test("gives what it held back while nobody read, however much", async () => {
    // Some of these are just what fits between a shell and its reader, where the shell has ended before any of it is read.
    const lengths = Array.from({ length: 32 }, (_, index) => 64_000 + 4_000 * index);
    const shells = await Promise.all(lengths.map(async (length) => {
      const shell = await open();
      shell.write(`head -c ${length} /dev/zero | tr '\\0' '#'; exit\r`);
      return shell;
    }));
    await delay(1000);
    const texts = await Promise.all(shells.map(printed));
    expect(texts.map((text) => /#{2,}/.exec(text)?.[0].length)).toEqual(lengths);
  });

  test("is over, though what it left in the background prints for ever", async () => {
    const shell = await open();
    const text = printed(shell);
    shell.write("(trap '' HUP; yes flood) & exit 3\r");
    expect(await shell.ended).toEqual({ kind: "exited", code: 3 });
    expect(await text).toContain("exit 3");
  });
});
