import { readFileSync } from "node:fs";

/** What `/proc` says of a process. */
export interface LinuxProcess {
  readonly parent: number;
  /** Ticks since the boot: differs from that of a later process with the same number. */
  readonly started: string;
  readonly residentPages: number;
}

/**
 * A process of this computer, which is Linux; undefined where it has ended, also where nobody has fetched its end yet.
 * `/proc` is no disk: it answers at once.
 *
 * @throws the system's error where there is no such process
 */
export function linuxProcess(pid: number): LinuxProcess | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold anything. Fields behind it start at number 3 (proc(5)): state, parent; 20 is the number of threads, 22 the
  // start time, 24 the resident pages.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent, threads, started, pages] = [fields[0], fields[1], fields[17], fields[19], fields[21]];
  // What has ended its first thread looks like a zombie while its others go on.
  const hasEnded = (state === "Z" || state === "X") && Number(threads) <= 1;
  return started === undefined || hasEnded ? undefined : { parent: Number(parent), started, residentPages: Number(pages) };
}
