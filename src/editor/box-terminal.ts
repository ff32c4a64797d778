import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import { messageOf, singleLine } from "../base";
import { type Box, type BoxShell, isRemote, type RemoteBox } from "../boxes";
import type { Session, TerminalRecorder } from "../sessions";
import type { ShownBox } from "./box-source";

/** So much is passed on at a time, in bytes, and then the terminal has a moment to draw it, in ms: about 16 MB/s. */
const burst = { bytes: 128 * 1024, pause: 8 } as const;

/** Opens the expert's own shell on the box, in the workspace folder. All that it shows is recorded where the expert consents. */
export function openBoxTerminal({ box, workspaceFolder }: ShownBox, session: Session | undefined): void {
  const name = vscode.l10n.t("Box: {0}", singleLine(box.name, 40));
  const iconPath = new vscode.ThemeIcon("vm");
  if (isRemote(box) || (session !== undefined && process.platform !== "win32")) {
    const pty = new BoxPseudoterminal(box, workspaceFolder, name, session);
    vscode.window.createTerminal({ name, iconPath, isTransient: true, pty }).show();
  } else {
    // Nothing is recorded of it: of its own terminals VS Code tells extensions too little, and that not reliably.
    vscode.window.createTerminal({ name, iconPath, cwd: workspaceFolder }).show();
  }
}

/** Opens a shell on another machine, for an author: nothing is recorded. The connection is closed with the terminal. */
export function openBoxShell(box: RemoteBox, folder: string, { name, firstLine }: { readonly name: string; /** Typed into each shell. */ readonly firstLine: string | undefined }): void {
  const terminal = vscode.window.createTerminal({ name, iconPath: new vscode.ThemeIcon("vm"), isTransient: true, pty: new BoxPseudoterminal(box, folder, name, undefined, firstLine) });
  const closing = vscode.window.onDidCloseTerminal((closed) => {
    if (closed === terminal) {
      closing.dispose();
      box.connection.close();
    }
  });
  terminal.show();
}

/** The name of a terminal, from which it can be seen whether it is being recorded. */
export function terminalName(name: string, isRecording: boolean): string {
  return isRecording ? vscode.l10n.t("● {0} (recorded)", name) : name;
}

/** A terminal of VS Code over a shell on the box. What the shell prints reaches it as it is. */
export class BoxPseudoterminal implements vscode.Pseudoterminal {
  private readonly output = new vscode.EventEmitter<string>();
  private readonly closing = new vscode.EventEmitter<number>();
  readonly onDidWrite = this.output.event;
  readonly onDidClose = this.closing.event;
  private readonly naming = new vscode.EventEmitter<string>();
  readonly onDidChangeName = this.naming.event;
  private recorder: TerminalRecorder | undefined;
  private size = { columns: 80, rows: 24 };
  private shell: BoxShell | undefined;
  private opening = false;
  /** What is typed before the shell is there. */
  private typedAhead = "";
  private isClosed = false;

  constructor(
    private readonly box: Box,
    private readonly folder: string,
    private readonly name: string,
    private readonly session: Pick<Session, "recordings"> | undefined,
    private readonly firstLine?: string,
  ) {}

  open(size: vscode.TerminalDimensions | undefined): void {
    this.size = size ?? this.size;
    this.record();
    void this.begin();
  }

  setDimensions(size: vscode.TerminalDimensions): void {
    this.size = size;
    this.shell?.resize(size);
    void this.recorder?.resize(size);
  }

  /** Shows in the terminal's name whether it is being recorded. */
  private record(): void {
    const recorder = this.session?.recordings.terminal(this.name, this.size);
    recorder?.on("changed", (isRecording) => this.naming.fire(terminalName(this.name, isRecording)));
    this.recorder = recorder;
  }

  handleInput(keys: string): void {
    if (this.shell !== undefined) {
      this.shell.write(keys);
    } else if (this.opening) {
      this.typedAhead += keys;
    } else if (keys === "\r") {
      void this.begin();
    }
  }

  close(): void {
    this.isClosed = true;
    this.shell?.close();
    void this.recorder?.close();
  }

  private async begin(): Promise<void> {
    if (this.opening) {
      return;
    }
    this.opening = true;
    try {
      const { size } = this;
      const shell = await this.box.openShell({ ...size, folder: this.folder });
      if (this.isClosed) {
        shell.close();
        return;
      }
      this.shell = shell;
      if (this.size !== size) {
        shell.resize(this.size);
      }
      if (this.firstLine !== undefined) {
        shell.write(`${this.firstLine}\r`);
      }
      shell.write(this.typedAhead);
      await this.show(shell);
      const end = await shell.ended;
      if (end.kind === "exited") {
        await this.recorder?.close();
        this.closing.fire(end.code ?? 1);
        return;
      }
      this.tell(end.reason);
    } catch (error) {
      this.tell(error);
    } finally {
      this.shell = undefined;
      this.typedAhead = "";
      this.opening = false;
    }
  }

  private async show(shell: BoxShell): Promise<void> {
    const decoder = new TextDecoder("utf-8");
    let bytes = 0;
    for await (const chunk of shell.output) {
      const text = decoder.decode(chunk, { stream: true });
      this.output.fire(text);
      // What is not on its way to the disk yet would be lost with the editor: a flood of output waits for it.
      await this.recorder?.output(text);
      bytes += chunk.length;
      if (bytes > burst.bytes) {
        bytes = 0;
        await delay(burst.pause);
      }
    }
  }

  private tell(error: unknown): void {
    // Whatever the lost shell had set, such as another screen or colours, is undone first.
    const text = `\u001b[?1049l\u001b[?25h\u001b[0m\r\n${singleLine(messageOf(error), 500)}\r\n${vscode.l10n.t("Press Enter for a new shell.")}\r\n`;
    this.output.fire(text);
    void this.recorder?.output(text);
  }
}
