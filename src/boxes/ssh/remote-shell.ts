import { randomUUID } from "node:crypto";
import type { ClientChannel } from "ssh2";
import { singleLine } from "../../base";
import { BoxError, type BoxErrorReason } from "../box";
import { Interrupted, type Link } from "./link";

/** What a script may say on stderr, in bytes. */
const errorLimit = 64 * 1024;
/** What shells may say before a script begins (`.bashrc`, `.cshrc`), in bytes. */
const noiseLimit = 256 * 1024;

export interface ScriptAnswer {
  /** Exit status; null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Takes one piece of output; the next comes when the promise is fulfilled. */
export type TakeOutput = (bytes: Buffer) => Promise<void>;

/** What every script is started with: the account's shell may be any, and this line means the same to all of them. */
export const scriptCommand = "exec /bin/sh -s";

/**
 * A script as `sh -s` reads it: it says `mark` before anything of its own, and has what comes behind it as its file 3.
 * The script comes through stdin, so no shell but sh ever reads it, and `ps` does not show it.
 */
export function scriptText(script: string, mark: string): string {
  return `unset TMOUT\nmain() {\necho ${mark}; echo ${mark} >&2\n${script}\n}\nmain 3<&0 </dev/null\nexit $?\n`;
}

/**
 * Runs a POSIX shell script on the box and collects what it prints.
 * @throws {BoxError} `invalid-answer` when it prints more than `limitBytes`; `unreachable`
 */
export async function askScript(link: Link, script: string, limitBytes: number, withinMs: number): Promise<ScriptAnswer> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const collect = (into: Buffer[], limit: number): TakeOutput => {
    let bytes = 0;
    return (chunk) => {
      bytes += chunk.length;
      if (bytes > limit) {
        throw new BoxError("invalid-answer", `${link.name} answered more than the ${limit} bytes that are taken.`);
      }
      into.push(chunk);
      return Promise.resolve();
    };
  };
  const timeout = AbortSignal.timeout(withinMs);
  const code = await streamScript(link, script, { stdout: collect(stdout, limitBytes), stderr: collect(stderr, errorLimit) }, timeout).catch((error: unknown) => {
    throw error === timeout.reason ? new Interrupted("channel", `${link.name} did not answer within ${withinMs / 1000} s.`) : error;
  });
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("utf8") };
}

/**
 * Runs a POSIX shell script on the box and hands over what it prints as it comes; resolves
 * with its exit status when all is handed over. The script can tell from the end of its file 3
 * that nobody listens any more.
 */
export async function streamScript(link: Link, script: string, take: { begun?: () => void; stdout: TakeOutput; stderr: TakeOutput }, signal?: AbortSignal): Promise<number | null> {
  const channel = await link.channels.exec(scriptCommand);
  const ended = new AbortController();
  const stop = (reason: unknown): void => {
    if (!ended.signal.aborted) {
      ended.abort(reason);
      // Whoever reads on is let go at once; a box that is gone would never end the channel.
      for (const stream of [channel, channel.stderr]) {
        if (stream.readable) {
          stream.push(null);
        }
      }
      channel.destroy();
    }
  };
  const onAbort = (): void => stop(signal?.reason);
  const onOver = (): void => stop(link.over.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  link.over.addEventListener("abort", onOver, { once: true });
  try {
    signal?.throwIfAborted();
    take.begun?.();
    const mark = randomUUID();
    const exit = exitOf(channel, ended.signal);
    exit.catch(() => undefined);
    channel.on("error", stop);
    channel.stderr.on("error", stop);
    // It stays open: its end tells the script that nobody listens.
    channel.write(scriptText(script, mark));
    const pass = async (stream: AsyncIterable<Buffer>, to: TakeOutput): Promise<void> => {
      try {
        for await (const chunk of behindMark(stream, mark, link.name)) {
          ended.signal.throwIfAborted();
          await to(chunk);
        }
      } catch (error) {
        stop(error);
        throw ended.signal.reason;
      }
    };
    const passed = await Promise.allSettled([pass(channel as AsyncIterable<Buffer>, take.stdout), pass(channel.stderr as AsyncIterable<Buffer>, take.stderr)]);
    ended.signal.throwIfAborted();
    for (const outcome of passed) {
      if (outcome.status === "rejected") {
        throw outcome.reason;
      }
    }
    const code = await exit;
    if (code === "none") {
      throw new Interrupted("channel", `${link.name} ended a command without saying how.`);
    }
    return code;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    link.over.removeEventListener("abort", onOver);
    channel.end();
    channel.destroy();
  }
}

/** The exit status of a channel; null for a signal, `none` where it closed without one. */
async function exitOf(channel: ClientChannel, ended: AbortSignal): Promise<number | null | "none"> {
  return await new Promise((resolve, reject) => {
    ended.addEventListener("abort", () => reject(ended.reason as Error), { once: true });
    channel.once("exit", (code: number | null) => resolve(code));
    channel.once("close", () => resolve("none"));
  });
}

/** What comes behind the line with the mark; what shells print of their own accord comes before it. */
export async function* behindMark(stream: AsyncIterable<Buffer>, mark: string, name: string): AsyncGenerator<Buffer, void> {
  const line = Buffer.from(`${mark}\n`);
  let before: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of stream) {
    if (before === undefined) {
      yield chunk;
      continue;
    }
    before = Buffer.concat([before, chunk]);
    const at = before.indexOf(line);
    if (at >= 0) {
      const rest = before.subarray(at + line.length);
      before = undefined;
      if (rest.length > 0) {
        yield rest;
      }
    } else if (before.length > noiseLimit) {
      throw new BoxError("invalid-answer", `${name} does not get to run a command: its shell prints without end.`);
    }
  }
  if (before !== undefined) {
    throw new BoxError("failed", `${name} did not run /bin/sh for a command${before.length === 0 ? "" : ` and said: ${singleLine(before.toString("utf8"))}`}.`);
  }
}

/** The reason that a program of the box (with LC_ALL=C) gave for a refusal. */
export function reasonIn(text: string): BoxErrorReason {
  const reasons: [RegExp, BoxErrorReason][] = [
    [/No space left on device|Disk quota exceeded/i, "disk-full"],
    [/Read-only file system/i, "read-only"],
    [/Permission denied|Operation not permitted/i, "permission-denied"],
    [/No such file or directory|Not a directory/i, "path-missing"],
  ];
  return reasons.find(([pattern]) => pattern.test(text))?.[1] ?? "failed";
}

/** One clause in plain words for such a refusal. */
export function plainReason(reason: BoxErrorReason, text: string): string {
  switch (reason) {
    case "disk-full":
      return "the disk is full";
    case "read-only":
      return "the disk is read-only";
    case "permission-denied":
      return "permission was denied";
    case "path-missing":
      return "it does not exist";
    default:
      return singleLine(text) || "the box did not say why";
  }
}
