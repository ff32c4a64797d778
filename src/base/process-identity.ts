import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { linuxProcess } from "./linux-process";

const run = promisify(execFile);

/**
 * A text that tells one process from every other that ever has the same number:
 * its start time, and on Linux the boot it belongs to. Undefined when there is
 * no such process now.
 *
 * @throws the system's error where it cannot be found out (too many open files, no `ps`)
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  try {
    switch (process.platform) {
      case "linux":
        return linuxIdentity(pid);
      case "win32": {
        const script = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.Ticks`;
        const { stdout } = await run("powershell.exe", ["-NoProfile", "-Command", script]);
        return stdout.trim() || undefined;
      }
      default: {
        const { stdout } = await run("ps", ["-o", "lstart=", "-p", String(pid)], {
          // The text depends on both, and must not change when its owner travels.
          env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
        });
        return stdout.trim() || undefined;
      }
    }
  } catch (error) {
    // No such entry in /proc, no such process, or `ps` and PowerShell saying so by their exit status; anything else is no answer.
    const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH" || code === 1) {
      return undefined;
    }
    throw error;
  }
}

/** The identity of this very process. */
export async function ownIdentity(): Promise<string> {
  const identity = await processIdentity(process.pid);
  if (identity === undefined) {
    throw new Error("this process cannot be told from others on this system");
  }
  return identity;
}

function linuxIdentity(pid: number): string | undefined {
  const process = linuxProcess(pid);
  if (process === undefined) {
    return undefined;
  }
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
  return `${boot.trim()}/${process.started}`;
}

/** Whether the process with this number is still the one that had this identity. */
export async function isSameProcess(pid: number, identity: string): Promise<boolean> {
  return (await processIdentity(pid)) === identity;
}
