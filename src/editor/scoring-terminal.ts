import * as vscode from "vscode";
import { messageOf, TerminalText } from "../base";
import type { OutputStream } from "../boxes";
import { describeAttempt, type Session } from "../sessions";
import type { WindowSession } from "./window-session";

/** Also tells terminals of this extension that outlived an extension host. */
const terminalName = "Baseliner Score";
/** As much of one stream is shown live, in UTF-16 units; the rest is in the attempt's files. */
const shownLive = 512 * 1024;
/** As much is shown of the end of a longer output, in UTF-16 units. */
const shownOfEnd = 8 * 1024;
/** Two presses of Escape within this time cancel the scoring, in ms. */
const doublePress = 1200;

/** One terminal that shows the live output of scorings. Output is cleaned of everything but text and colours. */
export class ScoringTerminal implements vscode.Disposable {
  private readonly output = new vscode.EventEmitter<string>();
  private terminal: vscode.Terminal | undefined;
  private ready = false;
  /** What was written before the terminal was drawn. */
  private waiting = "";
  private streams: Record<OutputStream, StreamView> = { stdout: new StreamView(), stderr: new StreamView() };
  private shown: number | undefined;
  private lastEscape = 0;
  private readonly parts: vscode.Disposable[];

  constructor(private readonly current: WindowSession) {
    // A terminal that a crashed extension host left shows nothing any more.
    for (const left of vscode.window.terminals.filter(({ name }) => name === terminalName)) {
      left.dispose();
    }
    this.parts = [
      this.output,
      vscode.window.onDidCloseTerminal((closed) => {
        if (closed === this.terminal) {
          this.terminal = undefined;
          this.ready = false;
          this.waiting = "";
        }
      }),
      current.onDidOpen((session) => this.show(session)),
    ];
  }

  private show(session: Session): void {
    session.on("output", (attempt, stream, bytes) => {
      this.begin(session, attempt);
      this.write(this.streams[stream].next(bytes));
    });
    session.on("changed", () => {
      if (session.scoring !== null) {
        this.begin(session, session.scoring);
      } else if (this.shown !== undefined) {
        this.end(session, this.shown);
      }
    });
  }

  private begin(session: Session, attempt: number): void {
    if (this.shown === attempt) {
      return;
    }
    this.shown = attempt;
    this.streams = { stdout: new StreamView(), stderr: new StreamView() };
    this.reveal();
    const startedAt = session.state.attempts[attempt]?.startedAt ?? Date.now();
    const title = [vscode.l10n.t("Attempt {0}", attempt), new Date(startedAt).toLocaleTimeString(), vscode.l10n.t("Esc twice cancels")];
    this.write(`\u001b[1m${title[0] ?? ""}\u001b[0m  ${title.slice(1).join("  ")}\r\n`);
  }

  private end(session: Session, number: number): void {
    this.shown = undefined;
    this.write(this.streams.stdout.end() + this.streams.stderr.end());
    const attempt = session.state.attempts[number];
    if (attempt !== undefined && attempt.outcome.kind !== "running") {
      const { scoreWithUnit, normalised, note } = describeAttempt(attempt, session.state);
      const result = normalised === "" ? note : vscode.l10n.t("{0}, normalised {1}", scoreWithUnit, normalised);
      this.write(`\u001b[0;1m${vscode.l10n.t("Attempt {0}", number)}: ${result}\u001b[0m\r\n\r\n`);
    }
  }

  private write(text: string): void {
    if (this.ready) {
      this.output.fire(text);
    } else {
      this.waiting += text;
    }
  }

  /** Brings the terminal up without taking the keyboard from the editor. */
  reveal(): void {
    this.terminal ??= vscode.window.createTerminal({
      name: terminalName,
      iconPath: new vscode.ThemeIcon("beaker"),
      isTransient: true,
      pty: {
        onDidWrite: this.output.event,
        open: () => {
          this.ready = true;
          this.output.fire(this.waiting);
          this.waiting = "";
        },
        close: () => undefined,
        handleInput: (keys: string) => this.handleKeys(keys),
      },
    });
    this.terminal.show(true);
  }

  private handleKeys(keys: string): void {
    const now = Date.now();
    const twice = keys === "\u001b" && now - this.lastEscape < doublePress;
    this.lastEscape = keys === "\u001b" ? now : 0;
    const { session } = this.current;
    if ((twice || keys === "\u0003") && session?.isScoring === true) {
      session.cancelScoring().catch((error: unknown) => this.write(`${messageOf(error)}\r\n`));
    }
  }

  dispose(): void {
    this.terminal?.dispose();
    vscode.Disposable.from(...this.parts).dispose();
  }
}

/** The showable part of one output stream: its beginning live, of a long one then its end. */
class StreamView {
  private readonly text = new TerminalText();
  private shown = 0;
  private tail = "";
  private skipped = false;

  next(bytes: Uint8Array): string {
    return this.limit(this.text.write(bytes));
  }

  end(): string {
    const rest = this.limit(this.text.end());
    return this.skipped ? `${rest}\r\n… ${this.tail}\r\n` : rest;
  }

  private limit(text: string): string {
    const live = text.slice(0, Math.max(0, shownLive - this.shown));
    const more = text.slice(live.length);
    this.shown += live.length;
    if (more === "") {
      return live;
    }
    this.tail = (this.tail + more).slice(-shownOfEnd);
    if (this.skipped) {
      return live;
    }
    this.skipped = true;
    return `${live}\r\n${vscode.l10n.t("… more output follows; it is kept whole with the attempt, its end is shown here when it is over.")}\r\n`;
  }
}
