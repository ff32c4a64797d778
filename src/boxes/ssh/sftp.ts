import { setMaxListeners } from "node:events";
import type { Attributes, FileEntryWithStats, SFTPWrapper } from "ssh2";
import { Interrupted, type Link } from "./link";

/** How long the box may take for one request, in ms. */
const answerWithin = 60_000;
/** How much of a file one request reads or writes, in bytes. */
const blockBytes = 128 * 1024;
/** How many requests of one transfer are under way at a time: at 200 ms there and back this is about 20 MB/s. */
const requestsUnderWay = 32;

/** Status codes of SFTP (draft-ietf-secsh-filexfer-02). */
export const sftpStatus = { endOfFile: 1, noSuchFile: 2, permissionDenied: 3, failure: 4, unsupported: 8 } as const;

/** Free room and flags of a file system. */
export interface FileSystemStatus {
  readonly freeBytes: number;
  readonly readOnly: boolean;
}

/** The files of a box over one SFTP session, every request raced against the end of the session. */
export class Sftp {
  closed = false;
  private readonly over = new AbortController();

  private constructor(
    private readonly link: Link,
    private readonly wrapper: SFTPWrapper,
  ) {
    setMaxListeners(0, this.over.signal);
    const ended = (): void => {
      this.closed = true;
      this.over.abort(new Interrupted("channel", `The file transfer of ${link.name} ended.`));
    };
    wrapper.on("close", ended);
    wrapper.on("end", ended);
    wrapper.on("error", ended);
    link.over.addEventListener("abort", ended, { once: true });
  }

  static async open(link: Link, withinMs: number): Promise<Sftp> {
    return new Sftp(link, await link.answer<SFTPWrapper>("opening the file transfer", withinMs, (settle) => link.client.sftp(settle)));
  }

  /** Ends the session; resolves when the box has ended it too. */
  async close(): Promise<void> {
    if (!this.closed) {
      await new Promise<void>((resolve) => {
        this.over.signal.addEventListener("abort", () => resolve(), { once: true });
        this.wrapper.end();
      });
    }
  }

  async lstat(path: string): Promise<Attributes & { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }> {
    return await this.ask("lstat", (settle) => this.wrapper.lstat(path, settle));
  }

  /** As lstat, of what a link leads to in the end. */
  async stat(path: string): Promise<Attributes & { isFile(): boolean; isDirectory(): boolean }> {
    return await this.ask("stat", (settle) => this.wrapper.stat(path, settle));
  }

  /** The absolute path without links. */
  async realPath(path: string): Promise<string> {
    return await this.ask("realpath", (settle) => this.wrapper.realpath(path, settle));
  }

  /** What lies in a folder, as the box tells it, `.` and `..` aside. */
  async *readFolder(path: string): AsyncGenerator<FileEntryWithStats, void> {
    const handle = await this.ask<Buffer>("opendir", (settle) => this.wrapper.opendir(path, settle));
    try {
      for (;;) {
        yield* await this.ask<FileEntryWithStats[]>("readdir", (settle) => this.wrapper.readdir(handle, settle));
      }
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === sftpStatus.endOfFile)) {
        throw error;
      }
    } finally {
      await this.closeFile(handle).catch(() => undefined);
    }
  }

  async open(path: string, flags: "r" | "w" | "wx", mode?: number): Promise<Buffer> {
    return await this.ask("open", (settle) => this.wrapper.open(path, flags, mode === undefined ? {} : { mode }, settle));
  }

  async closeFile(handle: Buffer): Promise<void> {
    await this.ask<undefined>("close", (settle) => this.wrapper.close(handle, (error) => settle(error, undefined)));
  }

  /** The bytes of an open file in order, to its present end. */
  async *read(handle: Buffer): AsyncGenerator<Buffer, void> {
    const read = async (position: number, length: number): Promise<Buffer> =>
      await this.ask("read", (settle) =>
        this.wrapper.read(handle, Buffer.allocUnsafe(length), 0, length, position, (error, count, data) => settle(error, error ? data : data.subarray(0, count))),
      );
    const underWay: { position: number; block: Promise<Buffer> }[] = [];
    let next = 0;
    const request = (): void => {
      const block = read(next, blockBytes);
      // Those behind a failed one are not waited for.
      block.catch(() => undefined);
      underWay.push({ position: next, block });
      next += blockBytes;
    };
    // One at first: most files are small.
    request();
    for (let wanted = 2; ; wanted = Math.min(wanted * 2, requestsUnderWay)) {
      const first = underWay.shift();
      if (first === undefined) {
        return;
      }
      let block = await first.block;
      if (block.length === 0) {
        return;
      }
      yield block;
      // A box may give less than was asked for before the end of the file.
      for (let got = block.length; got < blockBytes; got += block.length) {
        block = await read(first.position + got, blockBytes - got);
        if (block.length === 0) {
          return;
        }
        yield block;
      }
      while (underWay.length < wanted) {
        request();
      }
    }
  }

  /** Writes into an open file from its beginning on; returns the number of bytes. */
  async write(handle: Buffer, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    const underWay = new Set<Promise<void>>();
    const failed = new AbortController();
    let position = 0;
    for await (const chunk of content) {
      for (let at = 0; at < chunk.length; at += blockBytes) {
        failed.signal.throwIfAborted();
        const block = Buffer.from(chunk.buffer, chunk.byteOffset + at, Math.min(blockBytes, chunk.length - at));
        const offset = position;
        const written = this.ask<undefined>("write", (settle) => this.wrapper.write(handle, block, 0, block.length, offset, (error) => settle(error, undefined))).then(
          () => undefined,
          (error: unknown) => failed.abort(error),
        );
        underWay.add(written);
        void written.then(() => underWay.delete(written));
        position += block.length;
        if (underWay.size >= requestsUnderWay) {
          await Promise.race(underWay);
        }
      }
    }
    await Promise.all(underWay);
    failed.signal.throwIfAborted();
    return position;
  }

  /** Length of an open file in bytes. */
  async lengthOf(handle: Buffer): Promise<number> {
    return (await this.ask<Attributes>("fstat", (settle) => this.wrapper.fstat(handle, settle))).size;
  }

  /** Flushes an open file to the box's disk, where the box can. */
  async flush(handle: Buffer): Promise<void> {
    if (this.offers("fsync@openssh.com")) {
      await this.ask<undefined>("fsync", (settle) => this.wrapper.ext_openssh_fsync(handle, (error) => settle(error, undefined)));
    }
  }

  async unlink(path: string): Promise<void> {
    await this.ask<undefined>("unlink", (settle) => this.wrapper.unlink(path, (error) => settle(error, undefined)));
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.ask<undefined>("symlink", (settle) => this.wrapper.symlink(target, path, (error) => settle(error, undefined)));
  }

  async makeFolder(path: string): Promise<void> {
    await this.ask<undefined>("mkdir", (settle) => this.wrapper.mkdir(path, (error) => settle(error, undefined)));
  }

  /** Undefined where the box does not tell. */
  async fileSystem(path: string): Promise<FileSystemStatus | undefined> {
    if (!this.offers("statvfs@openssh.com")) {
      return undefined;
    }
    const told = await this.ask<unknown>("statvfs", (settle) => this.wrapper.ext_openssh_statvfs(path, settle));
    if (typeof told !== "object" || told === null || !("f_bavail" in told) || !("f_frsize" in told) || !("f_flag" in told)) {
      return undefined;
    }
    return { freeBytes: Number(told.f_bavail) * Number(told.f_frsize), readOnly: (Number(told.f_flag) & 1) !== 0 };
  }

  private offers(extension: string): boolean {
    // ssh2 keeps what the box offers to itself, and throws where it lacks something.
    const extensions = (this.wrapper as unknown as { _extensions?: Record<string, string> })._extensions;
    return extensions?.[extension] !== undefined;
  }

  private async ask<T>(what: string, request: (settle: (error: Error | null | undefined, value: T) => void) => void): Promise<T> {
    this.over.signal.throwIfAborted();
    return await new Promise<T>((resolve, reject) => {
      const ended = (): void => reject(this.over.signal.reason as Error);
      this.over.signal.addEventListener("abort", ended, { once: true });
      this.link
        .answer(what, answerWithin, request)
        .finally(() => this.over.signal.removeEventListener("abort", ended))
        .then(resolve, reject);
    });
  }
}
