import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Box, BoxShell } from "../../src/boxes";
import { temporaryFolder } from "../support/temporary-folder";
import { isRunning } from "./box-contract";

export const terminalSize = { columns: 93, rows: 27 };

/** What a shell has printed so far. */
export class Screen {
  text = "";
  /** Resolves when it prints nothing more. */
  readonly whole: Promise<void>;
  private readonly decoder = new TextDecoder();
  private wake: (() => void) | undefined;

  constructor(readonly shell: BoxShell) {
    this.whole = this.read();
  }

  private async read(): Promise<void> {
    for await (const bytes of this.shell.output) {
      this.text += this.decoder.decode(bytes, { stream: true });
      this.wake?.();
    }
  }

  /** Types, and waits until the shell has printed something. */
  async type(keys: string, until: RegExp): Promise<RegExpExecArray> {
    this.shell.write(keys);
    for (;;) {
      const found = until.exec(this.text);
      if (found !== null) {
        return found;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

/** What the shells of every box must do; `newBox` makes a box that ends with the test. */
export function describeShells(newBox: () => Promise<Box>): void {
  describe("a shell", () => {
    test("is at a terminal of the given size, in the given folder, and ends with its status", async () => {
      const box = await newBox();
      const folder = join(realpathSync(temporaryFolder()), "with 'quotes' and $HOME ü");
      mkdirSync(folder);
      const screen = new Screen(await box.openShell({ ...terminalSize, folder }));
      // Arithmetic, so that what is typed is not taken for what is printed.
      await screen.type("stty size; echo size-$((40+2))\r", /27 93\r\n[^]*size-42/);
      await screen.type("pwd >where; echo $TERM-$((40+3))\r", /xterm-256color-43/);
      expect(readFileSync(join(folder, "where"), "utf8")).toBe(`${folder}\n`);
      screen.shell.resize({ columns: 41, rows: 12 });
      // A new size may be behind what is typed after it.
      await screen.type("until stty size | grep -x '12 41'; do :; done; echo resized-$((40+4))\r", /12 41\r\n[^]*resized-44/);
      screen.shell.write("exit 3\r");
      expect(await screen.shell.ended).toEqual({ kind: "exited", code: 3 });
    });

    test("takes and gives text beyond ASCII, in pieces of any size", async () => {
      const box = await newBox();
      const screen = new Screen(await box.openShell({ ...terminalSize, folder: temporaryFolder() }));
      await screen.type("printf '%s-%d\\n' 'größe 🎲 漢字' 45\r", /größe 🎲 漢字-45/);
      await screen.type("printf '\\303'; sleep 0.2; printf '\\274-%d\\n' 46\r", /ü-46/);
      screen.shell.close();
    });

    test("gives all that was printed before it ended, and is not held up by what goes on in the background", async () => {
      const box = await newBox();
      const screen = new Screen(await box.openShell({ ...terminalSize, folder: temporaryFolder() }));
      screen.shell.write("(trap '' HUP; sleep 30) & seq 200000; echo last-$((40+5)); exit\r");
      expect(await screen.shell.ended).toMatchObject({ kind: "exited", code: 0 });
      await screen.whole;
      expect(screen.text.split("\r\n").filter((line) => /^\d+$/.test(line))).toHaveLength(200_000);
      expect(screen.text).toContain("last-45");
    });

    test("takes what is typed while it floods its terminal", async () => {
      const box = await newBox();
      const screen = new Screen(await box.openShell({ ...terminalSize, folder: temporaryFolder() }));
      await screen.type("yes flood\r", /flood\r\nflood/);
      await screen.type("\u0003echo stopped-$((40+6))\r", /stopped-46/);
      screen.shell.close();
    });

    test("ends with what runs in its foreground when its terminal is closed", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      const screen = new Screen(await box.openShell({ ...terminalSize, folder }));
      await screen.type("sh -c 'echo $$ >pid; echo on-$((40+7)); sleep 300'\r", /on-47/);
      screen.shell.close();
      await screen.shell.ended;
      while (isRunning(Number(readFileSync(join(folder, "pid"), "utf8")))) {
        await delay(20);
      }
    });
  });
}
