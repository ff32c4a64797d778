import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { BaselinerError, createFileOnceSync, isSameProcess, once, ownIdentity, plainSystemReason, systemErrorCode, systemTime } from "../base";
import { beatEvery, heartbeatOf } from "./attendance";

const ownerSchema = once(() =>
  z.object({
    pid: z.number().int(),
    identity: z.string(),
    host: z.string(),
    /** What holds it, for people: `VS Code`, `the command line`. */
    holder: z.string(),
    released: z.boolean(),
  }),
);
type Owner = z.infer<ReturnType<typeof ownerSchema>>;

/** The session is held elsewhere, or the lock could not be written. */
export class LockError extends BaselinerError<"held" | "not-written"> {}

/**
 * Makes one process at a time the writer of a session. The folder `lock/` holds
 * numbered files, each made once and whole (by a link); the owner is who made
 * the highest number. An owner that has ended is succeeded by making the next
 * number, which only one successor can do, so two that find a dead owner at
 * once cannot both win. The highest file is never removed: numbers only grow.
 *
 * Its few small files are read and made at one go, without waiting: in an editor that starts, the code of all other extensions
 * runs between one wait and the next, which took longer than everything else about opening a session.
 */
export class SessionLock {
  private constructor(
    private readonly file: string,
    private readonly owner: Owner,
  ) {}

  /**
   * @param holder what holds the session, for the message that others get
   * @throws {LockError} `held` while another process has it; `not-written` where the disk refuses.
   */
  static async acquire(sessionFolder: string, holder: string): Promise<SessionLock> {
    const folder = join(sessionFolder, "lock");
    try {
      const identity = await ownIdentity();
      makeFolder(folder);
      const owner: Owner = { pid: process.pid, identity, host: hostname(), holder, released: false };
      for (;;) {
        const highest = Math.max(0, ...numbersIn(folder));
        const present = highest === 0 ? undefined : readOwner(join(folder, String(highest)));
        if (present !== undefined && (await isHeld(present, sessionFolder))) {
          throw new LockError("held", `The session is open in ${present.holder} (process ${present.pid} on ${present.host}).`);
        }
        const file = join(folder, String(highest + 1));
        // Where a power cut takes it, it has taken this process too.
        if (createFileOnceSync(file, textOf(owner)) && isHighest(folder, highest + 1)) {
          return new SessionLock(file, owner);
        }
      }
    } catch (error) {
      if (error instanceof LockError) {
        throw error;
      }
      throw new LockError("not-written", `The session in ${sessionFolder} cannot be opened for writing: ${plainSystemReason(error)}.`, {
        cause: error,
      });
    }
  }

  /** Whether a process has the session now. */
  static async isHeld(sessionFolder: string): Promise<boolean> {
    const folder = join(sessionFolder, "lock");
    const highest = Math.max(0, ...numbersIn(folder));
    const owner = highest === 0 ? undefined : readOwner(join(folder, String(highest)));
    return owner !== undefined && (await isHeld(owner, sessionFolder));
  }

  /** Lets another process have the session. Overwrites in place, so that it also works where the disk is full. */
  async release(): Promise<void> {
    const file = await open(this.file, "r+");
    try {
      await file.write(textOf({ ...this.owner, released: true }), 0);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** An owner as text that has the same length whether or not it is released. */
function textOf(owner: Owner): string {
  const text = JSON.stringify(owner);
  return owner.released ? `${text} ` : text;
}

/** `mkdir` with `recursive` reports a read-only disk as a missing folder, so the one folder is made plainly. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") {
      throw error;
    }
  }
}

async function isHeld(owner: Owner, sessionFolder: string): Promise<boolean> {
  if (owner.released) {
    return false;
  }
  // Not by the host's name, which changes with the network; a folder that came from another computer has no such process here.
  return (await isSameProcess(owner.pid, owner.identity)) || isAliveElsewhere(owner, sessionFolder);
}

/**
 * Whether a process that is not to be seen from here left a sign of itself just now: another computer has the same folder open over the
 * network, and its clock runs. Where it does not run there are no signs; of two that then write, the one whose journal has grown meanwhile is told.
 */
function isAliveElsewhere(owner: Owner, sessionFolder: string): boolean {
  if (owner.host === hostname() || isOfThisBoot(owner.identity)) {
    return false;
  }
  const heartbeat = heartbeatOf(sessionFolder).read();
  return heartbeat !== undefined && Math.abs(Date.now() - heartbeat.at) < 4 * beatEvery;
}

/** On Linux an identity begins with that of the computer's start. */
function isOfThisBoot(identity: string): boolean {
  const boot = systemTime.boot();
  return boot !== null && identity.startsWith(`${boot}/`);
}

function readOwner(file: string): Owner | undefined {
  try {
    return ownerSchema().parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || error instanceof SyntaxError || error instanceof z.ZodError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Whether the file of this number, which was just made, is the highest; all below it are then removed. Numbers may have come and gone
 * between looking and making; who then made one that is not the highest removes it and tries again.
 */
function isHighest(folder: string, number: number): boolean {
  const numbers = numbersIn(folder);
  const isIt = Math.max(...numbers) === number;
  for (const over of isIt ? numbers.filter((one) => one < number) : [number]) {
    rmSync(join(folder, String(over)), { force: true });
  }
  return isIt;
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
}
