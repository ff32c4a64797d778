import type { Box, BoxError } from "./box";
import type { BoxConnection } from "./box-connection";

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a shell ended: by itself, or because the way to it was lost. */
export type ShellEnd = { readonly kind: "exited"; /** Null where a signal ended it. */ readonly code: number | null } | { readonly kind: "lost"; readonly reason: BoxError };

/** A login shell on a box, at a terminal. It ends with the connection. */
export interface BoxShell {
  /** All that it prints, in order, with every escape sequence: for a terminal only. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<ShellEnd>;
  /** What is typed. */
  write(keys: string): void;
  resize(size: TerminalSize): void;
  /** Ends it as closing a terminal does. */
  close(): void;
}

/** A port of this computer that leads to a port which the box can reach. Only this computer can use it. */
export interface Forwarding {
  /** On 127.0.0.1. */
  readonly localPort: number;
  readonly remoteHost: string;
  readonly remotePort: number;
  /** Why the last connection could not be made, in one sentence; undefined where it could. */
  readonly problem: string | undefined;
  /** Tells when the problem has changed, and when it has closed, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  readonly closed: boolean;
  /** Ends it with its connections. */
  close(): void;
}

/** A box that is another machine. */
export interface RemoteBox extends Box {
  readonly connection: BoxConnection;

  /**
   * Opens a login shell in a folder, or in the home folder where that is missing.
   * @throws {BoxError} `unreachable`; `failed` where the box allows too few sessions for a terminal
   */
  openShell(options: TerminalSize & { readonly folder: string }): Promise<BoxShell>;

  /**
   * Listens on a port of this computer (0: any that is free) and passes each connection on to a port that the box can
   * reach. While the connection to the box is lost, new ones wait for it. Ends when the connection to the box is closed.
   * @throws {BoxError} `port-taken`
   */
  forward(localPort: number, remoteHost: string, remotePort: number): Promise<Forwarding>;
}

/** Whether a box is another machine, with a connection, shells and ports. */
export function isRemote(box: Box): box is RemoteBox {
  return "openShell" in box;
}
