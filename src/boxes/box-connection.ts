import type { BoxError } from "./box";

/**
 * - `connecting`: for the first time
 * - `lost`: it broke; it is tried again at `retryAt`
 * - `reconnecting`: being tried again
 * - `closed`: nobody tries any more, for `reason` where there is one
 */
export type ConnectionStatus =
  | { readonly state: "connecting" | "connected" }
  | { readonly state: "lost"; readonly reason: BoxError; /** Milliseconds since the epoch, UTC. */ readonly retryAt: number }
  | { readonly state: "reconnecting"; readonly reason: BoxError }
  | { readonly state: "closed"; readonly reason?: BoxError };

/** The way to a box that may break: made once, and made again whenever it breaks, until it is closed. */
export interface BoxConnection {
  readonly status: ConnectionStatus;

  /** Tells of every change of the status until the returned function is called. */
  subscribe(listener: (status: ConnectionStatus) => void): () => void;

  /**
   * Connects where there is no connection. Resolves when it stands.
   * @throws {BoxError} why it could not be made; the connection is closed then
   */
  connect(): Promise<void>;

  /** Ends the connection for good, until `connect` is called. Runs on the box go on. */
  close(): void;

  /** Tries at once where the next attempt lies ahead; makes sure of a connection that may have gone unnoticed. Call it after a sleep or a change of network. */
  checkNow(): void;
}
