/** A deadline that stands still while a person is being asked. */
export class Deadline {
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private pauses = 0;
  private over = false;

  /** @param left time until `expire` is called, in ms, pauses aside */
  constructor(
    private left: number,
    private readonly expire: () => void,
  ) {
    this.start();
  }

  /** The deadline stands still until the promise is settled. */
  async pausedWhile<T>(asking: Promise<T>): Promise<T> {
    this.pauses += 1;
    if (this.pauses === 1) {
      clearTimeout(this.timer);
      this.left -= performance.now() - this.startedAt;
    }
    try {
      return await asking;
    } finally {
      this.pauses -= 1;
      if (this.pauses === 0 && !this.over) {
        this.start();
      }
    }
  }

  /** It does not expire any more. */
  met(): void {
    this.over = true;
    clearTimeout(this.timer);
  }

  private start(): void {
    this.startedAt = performance.now();
    this.timer = setTimeout(this.expire, Math.max(0, this.left));
  }
}
