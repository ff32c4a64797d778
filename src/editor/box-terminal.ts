import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import { messageOf, singleLine } from "../base";
import { type BoxShell, isRemote, type RemoteBox } from "../boxes";
import type { ShownBox } from "./box-source";

/** So much is passed on at a time, in bytes, and then the terminal has a moment to draw it, in ms: about 16 MB/s. */
const burst = { bytes: 128 * 1024, pause: 8 } as const;

/** Opens the expert's own shell on the box, in the workspace folder. */
export function openBoxTerminal({ box, workspaceFolder }: ShownBox): void {
  const name = vscode.l10n.t("Box: {0}", singleLine(box.name, 40));
  const iconPath = new vscode.ThemeIcon("vm");
  const terminal = isRemote(box)
    ? vscode.window.createTerminal({ name, iconPath, isTransient: true, pty: new BoxPseudoterminal(box, workspaceFolder) })
    : vscode.window.createTerminal({ name, iconPath, cwd: workspaceFolder });
  terminal.show();
}

/** A terminal of VS Code over a shell on the box. What the shell prints reaches it as it is. */
class BoxPseudoterminal implements vscode.Pseudoterminal {
  private readonly output = new vscode.EventEmitter<string>();
  private readonly closing = new vscode.EventEmitter<number>();
  readonly onDidWrite = this.output.event;
  readonly onDidClose = this.closing.event;
  private size = { columns: 80, rows: 24 };
  private shell: BoxShell | undefined;
  private opening = false;
  private isClosed = false;

  constructor(
    private readonly box: RemoteBox,
    private readonly folder: string,
  ) {}

  open(size: vscode.TerminalDimensions | undefined): void {
    this.size = size ?? this.size;
    void this.begin();
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.size = size;
    this.shell?.resize(size);
  }

  handleInput(keys: string): void {
    if (this.shell !== undefined) {
      this.shell.write(keys);
    } else if (keys === "\r") {
      void this.begin();
    }
  }

  close(): void {
    this.isClosed = true;
    this.shell?.close();
  }

  private async begin(): Promise<void> {
    if (this.opening) {
      return;
    }
    this.opening = true;
    try {
      const shell = await this.box.openShell({ ...this.size, folder: this.folder });
      if (this.isClosed) {
        shell.close();
        return;
      }
      this.shell = shell;
      await this.show(shell);
      const end = await shell.ended;
      if (end.kind === "exited") {
        this.closing.fire(end.code ?? 1);
        return;
      }
      this.tell(end.reason);
    } catch (error) {
      this.tell(error);
    } finally {
      this.shell = undefined;
      this.opening = false;
    }
  }

  private async show(shell: BoxShell): Promise<void> {
    const decoder = new TextDecoder("utf-8");
    let bytes = 0;
    for await (const chunk of shell.output) {
      this.output.fire(decoder.decode(chunk, { stream: true }));
      bytes += chunk.length;
      if (bytes > burst.bytes) {
        bytes = 0;
        await delay(burst.pause);
      }
    }
  }

  private tell(error: unknown): void {
    // Whatever the lost shell had set, such as another screen or colours, is undone first.
    this.output.fire(`\u001b[?1049l\u001b[?25h\u001b[0m\r\n${singleLine(messageOf(error), 500)}\r\n${vscode.l10n.t("Press Enter for a new shell.")}\r\n`);
  }
}
