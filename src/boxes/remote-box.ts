import type { Box } from "./box";
import type { BoxConnection } from "./box-connection";

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
   * Listens on a port of this computer (0: any that is free) and passes each connection on to a port that the box can
   * reach. While the connection to the box is lost, new ones wait for it. Ends when the connection to the box is closed.
   * @throws {BoxError} `port-taken`
   */
  forward(localPort: number, remoteHost: string, remotePort: number): Promise<Forwarding>;
}

/** Whether a box is another machine, with a connection and ports. */
export function isRemote(box: Box): box is RemoteBox {
  return "forward" in box;
}
