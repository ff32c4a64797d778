import { spawn } from "node:child_process";
import { once } from "node:events";
import { BoxError } from "../box";
import { watchScript } from "../watch-script";
import { environmentOutsideTheEditor } from "./environment";
import { killProcessGroup } from "./process-group";

/** Runs a script on this computer until it ends or the signal aborts; see `Box.watch`. */
export async function watchLocally(script: string, take: (bytes: Uint8Array) => Promise<void>, signal: AbortSignal): Promise<number | null> {
  signal.throwIfAborted();
  // A process group of its own, so that all of it can be stopped.
  const child = spawn("/bin/sh", ["-s"], { detached: true, stdio: ["pipe", "pipe", "ignore"], env: environmentOutsideTheEditor(), windowsHide: true });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(new BoxError("failed", `A script could not be run on this computer (${error.message}).`, { cause: error })));
    child.once("exit", resolve);
  });
  ended.catch(() => undefined);
  const stop = (): void => {
    if (child.pid !== undefined) {
      killProcessGroup(child.pid, "SIGKILL");
    }
    child.stdout.destroy();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    child.stdin.on("error", () => undefined);
    // It stays open: its end tells the script that nobody watches any more.
    child.stdin.write(`main() {\n${watchScript(script)}\n}\nmain 3<&0 </dev/null\nexit $?\n`);
    for await (const bytes of child.stdout as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      await take(bytes);
    }
    signal.throwIfAborted();
    return await ended;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    child.stdin.destroy();
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      await once(child, "exit");
    }
  }
}
