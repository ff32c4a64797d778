import type { BoxError } from "./box";

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a shell ended: by itself, or because the way to it was lost. */
export type ShellEnd = { readonly kind: "exited"; /** Null where a signal ended it. */ readonly code: number | null } | { readonly kind: "lost"; readonly reason: BoxError };

/** A person's own shell on a box, at a terminal. It ends with the connection, or with the process that opened it. */
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
