import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { createSession, readJournal, verifySession } from "../../src/sessions";
import { loadTask } from "../../src/tasks";
import { supervisor } from "../support/build";
import { fill, mountMemory, whyNoDisks } from "../support/memory-disk";
import { openSession, plainScorer } from "../support/session";
import { writeTask } from "../support/task-folder";
import { temporaryFolder } from "../support/temporary-folder";

async function create(sessionsFolder: string, scorer = plainScorer): Promise<string> {
  const task = await loadTask(writeTask(join(temporaryFolder(), "task"), scorer));
  return await createSession({ sessionsFolder, task, profile: "cpu", participant: "tester" }, new LocalBox(supervisor, systemTime), systemTime);
}

describe.skipIf(whyNoDisks !== undefined)(`a full disk${whyNoDisks === undefined ? "" : ` (${whyNoDisks})`}`, () => {
  test("is said at once when a session is created, and leaves nothing half-written", async () => {
    const folder = join(temporaryFolder(), "disk");
    mountMemory(folder, "8k");
    const failure = await create(folder).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: "disk", message: expect.stringContaining("the disk is full") as string });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("refuses a journal entry whole, keeps all before it, and the next one fits in once there is room", async () => {
    const folder = join(temporaryFolder(), "disk");
    mountMemory(folder, "2m");
    const root = await create(folder);
    const session = await openSession(root);
    const free = fill(folder);
    const before = readFileSync(join(root, "session.jsonl"));
    // Longer than any room that is left in the journal's last block.
    const failure = await session.startClock().then(
      () => session.pauseClock("x".repeat(20_000)),
      (error: unknown) => error,
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: "not-written", message: expect.stringContaining("the disk is full") as string });
    const after = readFileSync(join(root, "session.jsonl"));
    expect(after.subarray(0, before.length)).toEqual(before);
    expect(after.at(-1)).toBe(0x0a);
    expect((await verifySession(root)).problems).toEqual([]);
    free();
    if (session.state.clock.state === "not-started") {
      await session.startClock();
    }
    await session.pauseClock("lunch");
    expect((await verifySession(root)).problems).toEqual([]);
  });

  test("in the middle of a scoring loses no attempt: it is finished once there is room", async () => {
    const folder = join(temporaryFolder(), "disk");
    mountMemory(folder, "4m");
    const root = await create(folder, "print('on', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.05)\nprint('y' * 200_000)\nresult(3)");
    const session = await openSession(root);
    let free = (): void => undefined;
    session.once("output", () => {
      writeFileSync(join(root, "workspace", "go"), "");
      free = fill(folder);
    });
    const failure = await session.score().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).toMatch(/the disk is full/i);
    expect((await verifySession(root)).problems).toEqual([]);
    free();
    await session.recoverAttempts();
    expect(session.state.attempts).toHaveLength(1);
    expect(session.state.attempts[0]?.outcome.kind).not.toBe("running");
    expect((await verifySession(root)).problems).toEqual([]);
  });
});

describe.skipIf(whyNoDisks !== undefined)(`a read-only disk${whyNoDisks === undefined ? "" : ` (${whyNoDisks})`}`, () => {
  test("is said at once when a session is created", async () => {
    const folder = join(temporaryFolder(), "disk");
    mountMemory(folder, "4m");
    execFileSync("mount", ["-o", "remount,ro", folder]);
    await expect(create(folder)).rejects.toMatchObject({ reason: "disk", message: expect.stringContaining("the disk is read-only") as string });
  });

  test("lets a session be read, says why it cannot be written, and changes nothing", async () => {
    const folder = join(temporaryFolder(), "disk");
    mountMemory(folder, "4m");
    const root = await create(folder);
    execFileSync("mount", ["-o", "remount,ro", folder]);
    const session = await openSession(root);
    expect(session.access).toMatchObject({ kind: "reader", reason: "disk", text: expect.stringContaining("the disk is read-only") as string });
    await expect(session.score()).rejects.toMatchObject({ reason: "read-only" });
    expect((await readJournal(root)).entries).toHaveLength(1);
    expect(existsSync(join(root, "attempts"))).toBe(false);
  });
});
