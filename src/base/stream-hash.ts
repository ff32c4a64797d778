import { createHash, type Hash } from "node:crypto";
import { Worker } from "node:worker_threads";

/** Content from this size on is hashed by a thread of its own, in bytes: less is done before that has started. */
const hashedAside = 16 * 1024 * 1024;
/** Memory that is shared with the thread: so many pieces of so many bytes. */
const [pieces, pieceBytes] = [16, 256 * 1024];

const program = `
const { parentPort, workerData: { shared, pieceBytes } } = require("node:worker_threads");
const hash = require("node:crypto").createHash("sha256");
parentPort.on("message", ({ piece, length }) => {
  if (piece === undefined) {
    parentPort.postMessage({ sha256: hash.digest("hex") });
  } else {
    hash.update(new Uint8Array(shared, piece * pieceBytes, length));
    parentPort.postMessage({ piece });
  }
});
`;

/** SHA-256 of content that comes piece by piece, on this thread or, where there is much of it, beside it. */
export class StreamHash {
  private readonly here: Hash | undefined;
  private readonly aside: HashingThread | undefined;

  /** @param likelyBytes how long the content probably is */
  constructor(likelyBytes: number) {
    if (likelyBytes < hashedAside) {
      this.here = createHash("sha256");
    } else {
      this.aside = new HashingThread();
    }
  }

  /** Takes the bytes as they are now. The next ones may come when the promise is fulfilled. */
  async update(bytes: Uint8Array): Promise<void> {
    this.here?.update(bytes);
    await this.aside?.update(bytes);
  }

  /** In lower-case hexadecimal. Once. */
  async digest(): Promise<string> {
    return this.here?.digest("hex") ?? (await this.aside?.digest()) ?? "";
  }

  /** To be called at the end, whether or not the hash was taken. */
  close(): void {
    this.aside?.close();
  }
}

class HashingThread {
  private readonly shared = new Uint8Array(new SharedArrayBuffer(pieces * pieceBytes));
  private readonly free = Array.from({ length: pieces }, (_, piece) => piece);
  private readonly worker = new Worker(program, { eval: true, execArgv: [], workerData: { shared: this.shared.buffer, pieceBytes } });
  private failure: Error | undefined;
  private sha256: string | undefined;
  private told = (): void => undefined;

  constructor() {
    this.worker.on("message", ({ piece, sha256 }: { piece?: number; sha256?: string }) => {
      if (piece !== undefined) {
        this.free.push(piece);
      }
      this.sha256 = sha256;
      this.told();
    });
    this.worker.on("error", (error: Error) => this.end(error));
    this.worker.on("exit", () => this.end(new Error("The thread that hashes ended.")));
  }

  async update(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const part = bytes.subarray(at, at + pieceBytes);
      const piece = await this.until(() => this.free.pop());
      this.shared.set(part, piece * pieceBytes);
      this.worker.postMessage({ piece, length: part.length });
    }
  }

  async digest(): Promise<string> {
    this.worker.postMessage({});
    return await this.until(() => this.sha256);
  }

  close(): void {
    void this.worker.terminate();
  }

  /** What `look` finds, now or after something was told. */
  private async until<Found>(look: () => Found | undefined): Promise<Found> {
    for (;;) {
      if (this.failure !== undefined) {
        throw this.failure;
      }
      const found = look();
      if (found !== undefined) {
        return found;
      }
      await new Promise<void>((resolve) => (this.told = resolve));
    }
  }

  private end(failure: Error): void {
    this.failure ??= failure;
    this.told();
  }
}
