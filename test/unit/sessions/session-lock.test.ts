import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LockError, SessionLock } from "../../../src/sessions";
import { temporaryFolder } from "../../support/temporary-folder";

function deadOwner(folder: string, number: number, changes: Record<string, unknown> = {}): void {
  mkdirSync(join(folder, "lock"), { recursive: true });
  // The identity of no process: a process of this number started at another time.
  const owner = { pid: process.pid, identity: "another boot/1", host: hostname(), holder: "a test", released: false, ...changes };
  writeFileSync(join(folder, "lock", String(number)), JSON.stringify(owner));
}

describe("the session lock", () => {
  test("is had by one of many that ask at once", async () => {
    const folder = temporaryFolder();
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => SessionLock.acquire(folder, "a test")));
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("passes to exactly one successor when its owner has died", async () => {
    for (let round = 0; round < 10; round += 1) {
      const folder = temporaryFolder();
      deadOwner(folder, 7);
      const asked = await Promise.allSettled(Array.from({ length: 8 }, () => SessionLock.acquire(folder, "a test")));
      expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    }
  });

  test("is held by a process of another computer for as long as it leaves signs, and no longer", async () => {
    const folder = temporaryFolder();
    deadOwner(folder, 3, { host: "elsewhere" });
    const beat = (at: number): void => writeFileSync(join(folder, "heartbeat.json"), JSON.stringify({ at, sinceBoot: 1, boot: null, entries: 1 }));
    beat(Date.now());
    await expect(SessionLock.acquire(folder, "a test")).rejects.toMatchObject({ reason: "held", message: expect.stringContaining("elsewhere") as string });
    beat(Date.now() - 5 * 60_000);
    await expect(SessionLock.acquire(folder, "a test")).resolves.toBeInstanceOf(SessionLock);
  });

  test("says who holds it", async () => {
    const folder = temporaryFolder();
    await SessionLock.acquire(folder, "VS Code");
    const refused = await SessionLock.acquire(folder, "the command line").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(LockError);
    expect(refused).toMatchObject({ reason: "held", message: expect.stringContaining("VS Code") as string });
  });

  test("is known to be held while it is, and not afterwards", async () => {
    const folder = temporaryFolder();
    const lock = await SessionLock.acquire(folder, "one");
    expect(await SessionLock.isHeld(folder)).toBe(true);
    await lock.release();
    expect(await SessionLock.isHeld(folder)).toBe(false);
  });

  test("can be had again after it was released", async () => {
    const folder = temporaryFolder();
    await (await SessionLock.acquire(folder, "one")).release();
    await expect(SessionLock.acquire(folder, "two")).resolves.toBeDefined();
  });

  test("of a folder that came from another computer can be had", async () => {
    const folder = temporaryFolder();
    deadOwner(folder, 1, { host: "elsewhere" });
    await expect(SessionLock.acquire(folder, "here")).resolves.toBeDefined();
  });

  test("that a crash left unreadable can be had", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "lock"));
    writeFileSync(join(folder, "lock", "3"), "");
    await expect(SessionLock.acquire(folder, "here")).resolves.toBeDefined();
  });
});
