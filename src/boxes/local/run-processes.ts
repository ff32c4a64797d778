import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { linuxProcess } from "../../base";
import { processRecordSchema, runFiles } from "../run-record";

const run = promisify(execFile);

/** How often the processes of a run are looked at, in ms. */
const lookEvery = 200;
/** What was ended with the run may take this long to be gone, in ms. */
const endsWithin = 600;
/** Memory is counted in pages of this many bytes by /proc. Processors with larger pages tell too little, never too much. */
const pageBytes = 4096;

/** What the processes of a run needed, and what it left behind. */
export interface RunUse {
  /**
   * The most memory that was seen, in bytes: the larger of the sum of what all processes held at one time (shared pages count in
   * each) and of what a single one ever held. Undefined where this computer does not tell.
   */
  readonly peakMemoryBytes: number | undefined;
  /** How many processes were still there after the end of the run; they have been ended. */
  readonly left: number;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Differs from that of a later process with the same number. */
  readonly started: string;
  readonly residentBytes: number;
}

/** Watches the processes of one run on this computer from its start to its end, those included that leave its group. */
export class RunProcesses {
  private peak: number | undefined;
  private readonly seen = new Map<number, string>();
  private readonly stop = new AbortController();
  private readonly watching: Promise<void>;

  /**
   * @param folder the run's folder
   * @param workspace the folder it works in; processes that work there are the run's, whoever started them
   */
  constructor(
    private readonly folder: string,
    private readonly workspace: string,
  ) {
    this.watching = this.watch();
  }

  /** To be called when the run has ended. Ends what it left behind. */
  async end(): Promise<RunUse> {
    this.stop.abort();
    await this.watching;
    let left = await this.stillThere();
    for (const deadline = Date.now() + endsWithin; left.length > 0 && Date.now() < deadline; left = await this.stillThere()) {
      await delay(lookEvery / 4);
    }
    for (const pid of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended meanwhile, or belongs to somebody else.
      }
    }
    return { peakMemoryBytes: this.peak, left: left.length };
  }

  private async stillThere(): Promise<number[]> {
    const present = new Map((await processTable()).map((process) => [process.pid, process.started]));
    const seen = [...this.seen].filter(([pid, started]) => present.get(pid) === started).map(([pid]) => pid);
    return [...new Set([...seen, ...workingIn(this.workspace, present.keys())])];
  }

  private async watch(): Promise<void> {
    while (!this.stop.signal.aborted) {
      await this.look().catch(() => undefined);
      await delay(lookEvery, undefined, { signal: this.stop.signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const { pid } = processRecordSchema().parse(JSON.parse(await readFile(join(this.folder, runFiles.child), "utf8")));
    const table = await processTable();
    const own = below(pid, table);
    let sum = 0;
    for (const process of own) {
      this.seen.set(process.pid, process.started);
      sum += process.residentBytes;
      this.count(mostEverHeld(process.pid));
    }
    this.count(sum);
  }

  private count(bytes: number): void {
    if (bytes > 0) {
      this.peak = Math.max(this.peak ?? 0, bytes);
    }
  }
}

/** A process and all below it. */
function below(top: number, table: readonly Process[]): Process[] {
  const found = table.filter(({ pid }) => pid === top);
  const children = new Map<number, Process[]>();
  for (const process of table) {
    children.set(process.parent, [...(children.get(process.parent) ?? []), process]);
  }
  for (let index = 0; index < found.length; index += 1) {
    found.push(...(children.get(found[index]?.pid ?? -1) ?? []).filter((child) => !found.includes(child)));
  }
  return found;
}

/** All processes of this computer but those that have ended and were not fetched; none where it does not tell. */
async function processTable(): Promise<Process[]> {
  switch (process.platform) {
    case "linux":
      // /proc is no disk, and answers at once: to wait for each answer would take four times as long.
      return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? processOf(Number(name)) : []));
    case "win32":
      return [];
    default: {
      const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid=,rss=,lstart="], { env: { ...process.env, LC_ALL: "C" } });
      return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/gm)].map(([, pid, parent, kilobytes, started = ""]) => ({ pid: Number(pid), parent: Number(parent), residentBytes: Number(kilobytes) * 1024, started }));
    }
  }
}

function processOf(pid: number): Process[] {
  const found = toldOf(() => linuxProcess(pid));
  return found === undefined ? [] : [{ pid, parent: found.parent, started: found.started, residentBytes: found.residentPages * pageBytes }];
}

/** The most memory that a process has held so far, in bytes; 0 where the system does not tell. */
function mostEverHeld(pid: number): number {
  const status = process.platform === "linux" ? (toldOf(() => readFileSync(`/proc/${pid}/status`, "utf8")) ?? "") : "";
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Those of the processes that work in a folder. */
function workingIn(folder: string, pids: Iterable<number>): number[] {
  return [...pids].filter((pid) => {
    const place = toldOf(() => readlinkSync(`/proc/${pid}/cwd`));
    return place === folder || place?.startsWith(`${folder}${sep}`) === true;
  });
}

/** Nothing of a process that has ended meanwhile, or belongs to somebody else. */
function toldOf<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
