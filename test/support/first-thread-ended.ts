import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** Linux: starts a process of two threads of which the first one has ended, and returns its number. */
export async function startWithFirstThreadEnded(): Promise<number> {
  const program = `
import ctypes, os, threading, time
def last():
    while open("/proc/self/stat").read().rpartition(")")[2].split()[0] != "Z": time.sleep(0.01)
    print("ended", flush=True)
    time.sleep(600)
threading.Thread(target=last).start()
# The system call exit, which ends one thread.
ctypes.CDLL(None).syscall({"x86_64": 60}.get(os.uname().machine, 93), 0)`;
  const child = spawn("python3", ["-c", program], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  if (child.pid === undefined) {
    throw new Error("python3 did not start");
  }
  return child.pid;
}
