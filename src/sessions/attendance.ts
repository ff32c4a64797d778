import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { once } from "../base";
import type { Time } from "../base";
import { type Absence, absenceBetween, type Sign } from "./gaps";

/** So often the editor leaves a sign of itself while the clock runs, in ms. */
export const beatEvery = 15_000;

/** Name of the file in a session folder that tells when the editor was there last. */
export const heartbeatFileName = "heartbeat.json";

const heartbeatSchema = once(() =>
  z.object({
    at: z.number(),
    sinceBoot: z.number(),
    boot: z.string().nullable(),
    /** How many entries the journal had: where it has more, they are a later sign. */
    entries: z.number().int().nonnegative(),
  }),
);

/** The last sign of the editor, as it lies on the disk. */
export type Heartbeat = z.infer<ReturnType<typeof heartbeatSchema>>;

/** Where the last sign is kept. A test keeps it in memory. */
export interface HeartbeatFile {
  /** Undefined where there is none, or none that can be read. */
  read(): Heartbeat | undefined;
  write(heartbeat: Heartbeat): Promise<void>;
}

/** The heartbeat of a session folder. It is replaced whole; after a power cut it may be an older one. */
export function heartbeatOf(sessionFolder: string): HeartbeatFile {
  const path = join(sessionFolder, heartbeatFileName);
  return {
    read: () => {
      try {
        return heartbeatSchema().safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
      } catch {
        return undefined;
      }
    },
    write: async (heartbeat) => {
      await writeFile(`${path}.tmp`, JSON.stringify(heartbeat));
      await rename(`${path}.tmp`, path);
    },
  };
}

const nothing: Absence = { gaps: [], corrections: [] };

/**
 * Keeps a sign of life while a session's clock runs, and finds where there was none. Its callers call one after the other.
 */
export class Attendance {
  private last: Sign | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: HeartbeatFile,
    private readonly time: Time,
    /** Whether this process is there for as long as the expert works. One that is not leaves no signs: its journal entries are signs enough. */
    private readonly attends: boolean,
  ) {}

  /**
   * What lies between the last sign that there was and now, when the session is opened and its clock runs.
   * @param entries number of entries in the journal
   * @param lastEntryAt when the last of them was written; UTC, ms
   */
  sinceLastSign(entries: number, lastEntryAt: number): Absence {
    const heartbeat = this.file.read();
    const isLast = heartbeat !== undefined && heartbeat.entries >= entries;
    // What journals without attending, such as the command line, is not missed.
    if (!isLast && !this.attends) {
      return nothing;
    }
    const sign = isLast ? heartbeat : { at: lastEntryAt, sinceBoot: 0, boot: null };
    return absenceBetween(sign, this.sign(), "closed", false);
  }

  /** What lies between the last look and now. */
  look(): Absence {
    const { last } = this;
    const now = this.sign();
    if (last === undefined) {
      return nothing;
    }
    const absence = absenceBetween(last, now, "slept", true);
    const hasJumped = absence.corrections.length > 0 || absence.gaps.some(({ cause }) => cause === "clock-jumped");
    // Small steps of the wall clock are kept in mind until together they are a jump.
    this.last = hasJumped ? now : { ...now, at: last.at + (now.sinceBoot - last.sinceBoot) };
    return absence;
  }

  /** The clock begins to run here, or its running is known up to here. */
  begin(): void {
    if (this.attends) {
      this.last = this.sign();
    }
  }

  /** The clock does not run any more: nothing can be missed. */
  end(): void {
    this.last = undefined;
  }

  /** Leaves a sign on the disk. Where the disk refuses, the next gap is longer than it was, and the expert is asked about it. */
  async beat(entries: number): Promise<void> {
    const { last } = this;
    if (last !== undefined) {
      this.writing = this.writing.then(() => this.file.write({ ...last, entries }).catch(() => undefined));
      await this.writing;
    }
  }

  private sign(): Sign {
    return { at: this.time.now(), sinceBoot: this.time.sinceBoot(), boot: this.time.boot() };
  }
}
