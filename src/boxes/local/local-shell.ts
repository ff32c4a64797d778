import { type ChildProcess, spawn } from "node:child_process";
import { userInfo } from "node:os";
import type { Readable, Writable } from "node:stream";
import { plainSystemReason } from "../../base";
import { BoxError } from "../box";
import type { BoxShell, ShellEnd, TerminalSize } from "../shell";
import { environmentOutsideTheEditor } from "./environment";
import { terminalProgram } from "./terminal-program";

/** A shell of this computer at a terminal that Python holds. */
export class LocalShell implements BoxShell {
  readonly output: AsyncIterable<Uint8Array>;
  readonly ended: Promise<ShellEnd>;
  private readonly keys: Writable;
  private readonly sizes: Writable;

  private constructor(child: ChildProcess) {
    const [keys, output, , sizes] = child.stdio as [Writable, Readable, null, Writable, undefined];
    this.keys = keys;
    this.sizes = sizes;
    // Node throws away what nobody is reading yet when a process ends; what somebody waits for, it keeps.
    output.on("readable", () => undefined);
    this.output = output;
    for (const pipe of [keys, sizes]) {
      // A shell that has just ended reads nothing more; its end is told by `ended`.
      pipe.on("error", () => undefined);
    }
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => resolve({ kind: "lost", reason: new BoxError("failed", `The terminal broke (${plainSystemReason(error)}).`) }));
      // Not "close": what the shell has left in the background may hold the output open.
      child.once("exit", (code) => resolve({ kind: "exited", code }));
    });
  }

  /** @throws {BoxError} see `Box.openShell` */
  static async open(folder: string, { columns, rows }: TerminalSize): Promise<LocalShell> {
    if (process.platform === "win32") {
      throw new BoxError("failed", "Windows has no terminals that can be recorded.");
    }
    const shell = process.env["SHELL"] || userInfo().shell || "/bin/sh";
    const { ELECTRON_RUN_AS_NODE: _, ...environment } = environmentOutsideTheEditor();
    const child = spawn("python3", ["-I", "-S", "-c", terminalProgram, `${columns}`, `${rows}`, shell, ...(process.platform === "darwin" ? ["-l"] : [])], {
      cwd: folder,
      env: { ...environment, TERM: "xterm-256color", COLORTERM: "truecolor" },
      stdio: ["pipe", "pipe", "ignore", "pipe"],
    });
    return await new Promise((resolve, reject) => {
      child.once("error", (error) => reject(new BoxError("failed", `No terminal could be opened: python3, which holds it, could not be started in ${folder} (${plainSystemReason(error)}).`)));
      child.once("spawn", () => resolve(new LocalShell(child)));
    });
  }

  write(keys: string): void {
    if (this.keys.writable) {
      this.keys.write(keys);
    }
  }

  resize({ columns, rows }: TerminalSize): void {
    if (this.sizes.writable) {
      this.sizes.write(`${columns} ${rows}\n`);
    }
  }

  close(): void {
    this.keys.end();
    this.sizes.end();
  }
}
