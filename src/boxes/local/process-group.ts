import { spawnSync } from "node:child_process";

/** Sends a signal to a command and all that it started. Does nothing where they have ended. */
export function killProcessGroup(leader: number, signal: "SIGTERM" | "SIGKILL"): void {
  if (process.platform === "win32") {
    const force = signal === "SIGKILL" ? ["/F"] : [];
    spawnSync("taskkill", ["/PID", String(leader), "/T", ...force], { windowsHide: true });
    return;
  }
  try {
    process.kill(-leader, signal);
  } catch {
    // ESRCH: nothing of the group is left.
  }
}

/** Whether any process of the group still exists. */
export function processGroupLives(leader: number): boolean {
  try {
    process.kill(process.platform === "win32" ? leader : -leader, 0);
    return true;
  } catch {
    return false;
  }
}
