import { Socket } from "node:net";

/**
 * A socket that sends all that is written to it in one turn together: ssh2 writes each packet in three pieces, and
 * each would be a system call and a segment of its own.
 */
export class GatheringSocket extends Socket {
  private isGathering = false;

  override write(chunk: unknown, ...others: unknown[]): boolean {
    if (!this.isGathering) {
      this.isGathering = true;
      this.cork();
      process.nextTick(() => {
        this.isGathering = false;
        this.uncork();
      });
    }
    return (super.write as (...all: unknown[]) => boolean).call(this, chunk, ...others);
  }
}
