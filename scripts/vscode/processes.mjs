// The processes of this machine as a tree: who descends from whom, and ending
// a whole branch of it.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/**
 * @typedef {object} ProcessEntry
 * @property {number} pid
 * @property {number} parent
 * @property {string} command The command line.
 */

/** @returns {ProcessEntry[]} Every process that this user can see. */
function processes() {
  return process.platform === "linux" ? processesOfProc() : processesOfPs();
}

/** A small Debian has no `ps`, so that Linux is asked directly. */
function processesOfProc() {
  /** @type {ProcessEntry[]} */
  const found = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) {
      continue;
    }
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The name in brackets may hold spaces and brackets itself: read from behind it.
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state !== "Z") {
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        found.push({ pid: Number(name), parent: Number(parent), command });
      }
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

function processesOfPs() {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,command="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line);
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? "" }] : [];
  });
}

/**
 * The processes below a process, children before grandchildren.
 * @param {number} pid
 * @returns {ProcessEntry[]}
 */
export function descendants(pid) {
  const all = processes();
  const children = all.filter((entry) => entry.parent === pid);
  for (const child of children) {
    children.push(...all.filter((entry) => entry.parent === child.pid));
  }
  return children;
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals | 0} signal
 * @returns {boolean} Whether the process was there.
 */
export function signalProcess(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/**
 * Ends a process and all below it at once. Its terminals and runs have sessions
 * of their own, so that ending its process group alone would leave them.
 * @param {number} pid
 */
export function killTreeNow(pid) {
  if (process.platform === "win32") {
    try {
      execFileSync("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore" });
    } catch {
      // Nothing left to end.
    }
    return;
  }
  for (const target of [...descendants(pid).map((entry) => entry.pid), pid]) {
    signalProcess(target, "SIGKILL");
  }
}

/**
 * Asks a process to end, and ends it and all below it when it has not within two seconds.
 * @param {number} pid
 */
export async function killTree(pid) {
  const tree = [...descendants(pid).map((entry) => entry.pid), pid];
  signalProcess(pid, "SIGTERM");
  for (let waited = 0; waited < 2000 && tree.some((target) => signalProcess(target, 0)); waited += 50) {
    await delay(50);
  }
  killTreeNow(pid);
  for (const target of tree) {
    signalProcess(target, "SIGKILL");
  }
}
