import type { ClientChannel, PseudoTtyOptions } from "ssh2";
import { setTimeout as delay } from "node:timers/promises";
import { singleLine } from "../../base";
import { BoxError } from "../box";
import { Interrupted, type Link } from "./link";
import { Sftp } from "./sftp";

/** How many commands run at a time. OpenSSH allows 10 sessions a connection by default, terminals included. */
const commandsAtATime = 4;
/** How many terminals are open at a time. */
const terminalsAtATime = 4;
/** How long the box may take to open a channel, in ms. */
const openWithin = 30_000;
/** How often a session is asked for that the box refuses although none but terminals is open: it may still be closing one. */
const refusedTimes = 40;

/**
 * The sessions that one connection may have open: some for commands and one for files.
 * How many a box allows is found out by being refused; where it is one, files and
 * commands take turns.
 */
export class Channels {
  private limit = commandsAtATime + terminalsAtATime + 1;
  private commands = 0;
  private terminals = 0;
  private sftp: Promise<Sftp> | undefined;
  private current: Sftp | undefined;
  private sftpUsers = 0;
  private refused = 0;
  private readonly waiting: (() => void)[] = [];
  /** What can be begun again at any time, and is stopped when somebody waits. */
  private readonly dispensable = new Set<AbortController>();
  /** End what nobody uses now and keeps a session. */
  private readonly idle = new Set<() => void>();

  constructor(private readonly link: Link) {}

  /** Whether the box allows so few sessions that none may be held for long. */
  get scarce(): boolean {
    return this.limit - this.terminals < 3;
  }

  private get open(): number {
    return this.commands + this.terminals + (this.sftp === undefined ? 0 : 1);
  }

  /** Starts a command. The channel counts until it closes. */
  async exec(command: string): Promise<ClientChannel> {
    for (;;) {
      await this.takeRoomForCommand();
      try {
        const channel = await this.link.answer<ClientChannel>("opening a channel", openWithin, (settle) => this.link.client.exec(command, settle));
        this.refused = 0;
        channel.once("close", () => {
          this.commands -= 1;
          this.wake();
        });
        return channel;
      } catch (error) {
        this.commands -= 1;
        await this.learnFrom(error);
      }
    }
  }

  /** From now on `stop` is aborted as soon as something waits for a session, until the returned function is called. */
  giveWay(stop: AbortController): () => void {
    this.dispensable.add(stop);
    if (this.waiting.length > 0) {
      this.stopDispensable();
    }
    return () => this.dispensable.delete(stop);
  }

  private stopDispensable(): void {
    for (const stop of this.dispensable) {
      stop.abort(new Interrupted("channel", `The session on ${this.link.name} was needed for something else.`));
    }
  }

  /**
   * Starts a command at a terminal. The channel counts until it closes.
   * @throws {BoxError} `failed` where nothing else could be done beside it
   */
  async terminal(command: string, pty: PseudoTtyOptions): Promise<ClientChannel> {
    // The session for files stays open meanwhile: a box that has room for one session alone refuses the terminal,
    // and not what comes after it.
    return await this.files(async () => {
      for (;;) {
        if (this.limit - this.terminals < 2 || this.terminals >= terminalsAtATime) {
          throw new BoxError("failed", `${this.link.name} has no room for ${this.terminals === 0 ? "a" : "another"} terminal beside everything else (MaxSessions in its sshd_config): use ssh in a terminal of this computer.`);
        }
        if (this.open >= this.limit) {
          await this.turn();
          continue;
        }
        this.terminals += 1;
        try {
          const channel = await this.link.answer<ClientChannel>("opening a terminal", openWithin, (settle) => this.link.client.exec(command, { pty }, settle));
          channel.once("close", () => {
            this.terminals -= 1;
            this.wake();
          });
          return channel;
        } catch (error) {
          this.terminals -= 1;
          await this.learnFrom(error);
        }
      }
    });
  }

  /**
   * Says that a session is kept for later use only: `end` is called as soon as another is in want of one.
   * Returns what takes that back when it is used again.
   */
  keepIdle(end: () => void): () => void {
    this.idle.add(end);
    if (this.waiting.length > 0 || this.scarce) {
      this.endIdle();
    }
    return () => this.idle.delete(end);
  }

  private endIdle(): void {
    for (const end of this.idle) {
      this.idle.delete(end);
      end();
    }
  }

  /** Works on files. The session for it stays open for the next one. */
  async files<T>(work: (sftp: Sftp) => Promise<T>): Promise<T> {
    const { sftp, release } = await this.holdFiles();
    try {
      return await work(sftp);
    } finally {
      release();
    }
  }

  /** As `files`, until `release` is called. */
  async holdFiles(): Promise<{ sftp: Sftp; release: () => void }> {
    this.sftpUsers += 1;
    const release = (): void => {
      this.sftpUsers -= 1;
      this.wake();
    };
    try {
      return { sftp: await this.openSftp(), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  private async openSftp(): Promise<Sftp> {
    for (;;) {
      if (this.current?.closed === true) {
        this.sftp = this.current = undefined;
      }
      while (this.sftp === undefined && this.open >= this.limit) {
        await this.turn();
      }
      // Another may have opened it meanwhile.
      const opening = (this.sftp ??= Sftp.open(this.link, openWithin));
      try {
        const sftp = (this.current = await opening);
        this.refused = 0;
        return sftp;
      } catch (error) {
        if (this.sftp === opening) {
          this.sftp = undefined;
        }
        await this.learnFrom(error);
      }
    }
  }

  private async takeRoomForCommand(): Promise<void> {
    for (;;) {
      if (this.commands < commandsAtATime && this.open < this.limit) {
        this.commands += 1;
        return;
      }
      if (this.sftp !== undefined && this.sftpUsers === 0 && this.open <= this.limit && this.commands < commandsAtATime) {
        const idle = this.current;
        this.sftp = this.current = undefined;
        await idle?.close();
        continue;
      }
      await this.turn();
    }
  }

  /** A refusal says how many sessions the box allows. @throws anything else */
  private async learnFrom(error: unknown): Promise<void> {
    if (!(error instanceof Error) || !("reason" in error) || error instanceof BoxError) {
      throw error;
    }
    // Terminals alone say nothing: the box may still be closing what was open beside them.
    if (this.open > this.terminals) {
      this.limit = Math.min(this.limit, this.open);
      return;
    }
    this.refused += 1;
    if (this.refused > refusedTimes) {
      throw new BoxError("failed", `${this.link.name} refuses to open a session (${singleLine(error.message)}): look at MaxSessions in its sshd_config.`, { cause: error });
    }
    this.limit = this.terminals + 1;
    await delay(50);
  }

  private async turn(): Promise<void> {
    this.endIdle();
    await new Promise<void>((resolve, reject) => {
      if (this.link.over.aborted) {
        reject(this.link.over.reason as Interrupted);
        return;
      }
      const gone = (): void => reject(this.link.over.reason as Interrupted);
      this.link.over.addEventListener("abort", gone, { once: true });
      this.stopDispensable();
      this.waiting.push(() => {
        this.link.over.removeEventListener("abort", gone);
        resolve();
      });
    });
  }

  /** All look again, in the order in which they came. */
  private wake(): void {
    this.waiting.splice(0).forEach((resume) => resume());
  }
}
