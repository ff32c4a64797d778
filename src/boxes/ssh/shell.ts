import type { ClientChannel } from "ssh2";
import { singleLine } from "../../base";
import { BoxError } from "../box";
import type { BoxShell, ShellEnd, TerminalSize } from "../shell";
import type { Link } from "./link";
import { shellQuote } from "../shell-quote";

/** What a terminal of VS Code understands. */
const term = "xterm-256color";

/**
 * Begins a login shell in a folder. One line, because the account's own shell reads it. Where the
 * box would take no text for UTF-8, it is told to, if it can: the terminal sends nothing else.
 */
const program = [
  `cd -- "$1" 2>/dev/null || echo "There is no folder $1; this is your home folder."`,
  `case "\${LC_ALL:-\${LC_CTYPE:-$LANG}}" in *[Uu][Tt][Ff]*) ;; *) locale -a 2>/dev/null | grep -qix "C.utf-*8" && export LC_CTYPE=C.UTF-8 ;; esac`,
  `exec "\${SHELL:-/bin/sh}" -l`,
].join("; ");

/** A login shell over one channel of a link. */
export class SshShell implements BoxShell {
  readonly output: AsyncIterable<Uint8Array>;
  readonly ended: Promise<ShellEnd>;

  private constructor(
    link: Link,
    private readonly channel: ClientChannel,
  ) {
    this.output = channel as AsyncIterable<Buffer>;
    channel.stderr.resume();
    this.ended = new Promise((resolve) => {
      let end: ShellEnd | undefined;
      const settle = (): void => {
        link.over.removeEventListener("abort", onOver);
        resolve(end ?? { kind: "lost", reason: new BoxError("unreachable", `${link.name} ended the terminal without saying how.`) });
      };
      const onOver = (): void => {
        end ??= { kind: "lost", reason: link.over.reason as BoxError };
        settle();
        // A box that is gone would never end it.
        if (channel.readable) {
          channel.push(null);
        }
        channel.destroy();
      };
      channel.once("exit", (code: number | null) => (end ??= { kind: "exited", code }));
      channel.once("close", settle);
      channel.on("error", (error: Error) => (end ??= { kind: "lost", reason: new BoxError("unreachable", `The terminal on ${link.name} broke (${singleLine(error.message)}).`) }));
      link.over.addEventListener("abort", onOver, { once: true });
      if (link.over.aborted) {
        onOver();
      }
    });
  }

  /** @throws {BoxError} see `Box.openShell` */
  static async open(link: Link, folder: string, { columns, rows }: TerminalSize): Promise<SshShell> {
    const command = `exec /bin/sh -c ${shellQuote(program)} sh ${shellQuote(folder)}`;
    return new SshShell(link, await link.channels.terminal(command, { term, cols: columns, rows, width: 0, height: 0, modes: {} }));
  }

  write(keys: string): void {
    if (this.channel.writable) {
      this.channel.write(keys);
    }
  }

  resize({ columns, rows }: TerminalSize): void {
    if (this.channel.writable) {
      this.channel.setWindow(rows, columns, 0, 0);
    }
  }

  close(): void {
    // Without an end of input before: a shell that reads one leaves its background jobs running.
    this.channel.close();
  }
}
