import { randomUUID } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { chmod, link, lstat, mkdir, open, readlink, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorOf, sha256OfFile, syncFolder, systemErrorCode } from "../../base";
import { BoxError, type ChangeOutcome, type Expectation, type FileChange, type FileRead } from "../box";
import { expectInside } from "../relative-path";
import { boxError } from "../system-error";

/** How much is read at a time, in bytes. */
const chunkBytes = 256 * 1024;
/** How many changes are made at a time. */
const changesAtATime = 8;

/** The bytes of a regular file. @throws {BoxError} */
export async function* readRegularFile(path: string): AsyncGenerator<Uint8Array, void> {
  try {
    // Opening a pipe would wait for ever, and a link may lead anywhere.
    if (!(await lstat(path)).isFile()) {
      throw new BoxError("not-a-file", `${path} is not a regular file.`);
    }
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>) {
      yield chunk;
    }
  } catch (error) {
    throw boxError(error, `${path} could not be read`);
  }
}

export async function* readFilesOf(folder: string, paths: Iterable<string>, signal?: AbortSignal): AsyncGenerator<FileRead, void> {
  for (const path of paths) {
    signal?.throwIfAborted();
    try {
      const place = await placeOf(folder, path);
      if (!(await lstat(place)).isFile()) {
        throw new BoxError("not-a-file", `${path} is not a regular file.`);
      }
    } catch (error) {
      yield { path, failure: boxError(error, `${path} could not be read`) as BoxError };
      continue;
    }
    yield { path, content: readRegularFile(join(folder, path)) };
  }
}

/** Makes changes a few at a time; the outcomes come as the changes end. */
export async function* changeFilesIn(folder: string, changes: Iterable<FileChange> | AsyncIterable<FileChange>, signal?: AbortSignal): AsyncGenerator<ChangeOutcome, void> {
  const underWay = new Map<FileChange, Promise<{ change: FileChange; outcome: ChangeOutcome }>>();
  const one = async (change: FileChange): Promise<{ change: FileChange; outcome: ChangeOutcome }> => {
    try {
      await changeFile(folder, change);
      return { change, outcome: { path: change.path } };
    } catch (error) {
      return { change, outcome: { path: change.path, failure: errorOf(error) } };
    }
  };
  const next = async (): Promise<ChangeOutcome> => {
    const { change, outcome } = await Promise.race(underWay.values());
    underWay.delete(change);
    return outcome;
  };
  try {
    for await (const change of changes) {
      signal?.throwIfAborted();
      underWay.set(change, one(change));
      if (underWay.size >= changesAtATime) {
        yield await next();
      }
    }
    while (underWay.size > 0) {
      signal?.throwIfAborted();
      yield await next();
    }
  } finally {
    await Promise.all(underWay.values());
  }
}

/** @throws {BoxError}; what the content throws, as it is */
export async function changeFile(folder: string, change: FileChange): Promise<void> {
  const { path, expect } = change;
  let contentFailure: { readonly error: unknown } | undefined;
  try {
    const place = await placeOf(folder, path);
    switch (change.make) {
      case "file":
      case "link":
        await mkdir(dirname(place), { recursive: true });
        await moveIntoPlace(place, expect, async (draft) => {
          if (change.make === "link") {
            await symlink(change.target, draft);
          } else {
            const content = change.content instanceof Uint8Array ? change.content : heard(change.content, (error) => (contentFailure = { error }));
            await writeDraft(draft, content, change.executable ? 0o755 : 0o644);
          }
        });
        return;
      case "nothing":
        if ((await expectAt(place, expect)) !== undefined) {
          await unlink(place);
        }
        return;
      case "executable": {
        const status = await expectAt(place, expect);
        if (status?.isFile() !== true) {
          throw changed(path);
        }
        await chmod(place, change.executable ? status.mode | 0o111 : status.mode & ~0o111);
        return;
      }
      case "no-change":
        await expectAt(place, expect);
    }
  } catch (error) {
    throw contentFailure === undefined ? boxError(error, `${path} could not be ${change.make === "nothing" ? "removed" : "written"}`) : contentFailure.error;
  }
}

/** The absolute path below a folder. @throws {BoxError} `changed` where a link or a file takes the place of a folder on the way */
async function placeOf(folder: string, path: string): Promise<string> {
  expectInside(path);
  let place = folder;
  for (const name of path.split("/").slice(0, -1)) {
    place = join(place, name);
    const status = await statusAt(place);
    if (status === undefined) {
      break;
    }
    if (!status.isDirectory()) {
      throw changed(path);
    }
  }
  return join(folder, path);
}

/** Makes something under another name beside its place and moves it there in one step, where what is expected lies there. */
async function moveIntoPlace(place: string, expect: Expectation | undefined, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${place}.${randomUUID()}.tmp`;
  try {
    await make(draft);
    await expectAt(place, expect);
    if (expect?.kind !== "nothing" || !(await linkInto(draft, place))) {
      await rename(draft, place);
    }
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(place));
}

/** Gives a file the name as well, where nothing has it. False where the file system has no such links. */
async function linkInto(draft: string, place: string): Promise<boolean> {
  try {
    await link(draft, place);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") {
      throw changed(place);
    }
    await expectAt(place, { kind: "nothing" });
    return false;
  }
}

async function writeDraft(draft: string, content: Uint8Array | AsyncIterable<Uint8Array>, mode: number): Promise<void> {
  const file = await open(draft, "wx", mode);
  try {
    await writeFile(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What is there, which is as expected. @throws {BoxError} `changed` */
async function expectAt(place: string, expect: Expectation | undefined): Promise<Stats | undefined> {
  const status = await statusAt(place);
  if (expect !== undefined && !(await isAsExpected(place, status, expect))) {
    throw changed(place);
  }
  return status;
}

async function isAsExpected(place: string, status: Stats | undefined, expect: Expectation): Promise<boolean> {
  switch (expect.kind) {
    case "nothing":
      return status === undefined;
    case "link":
      return status?.isSymbolicLink() === true && (await readlink(place)) === expect.target;
    case "file": {
      if (status?.isFile() !== true || (expect.bytes !== undefined && status.size !== expect.bytes)) {
        return false;
      }
      if (process.platform !== "win32" && expect.executable !== undefined && expect.executable !== ((status.mode & 0o100) !== 0)) {
        return false;
      }
      const { sha256 } = await sha256OfFile(place);
      const after = await statusAt(place);
      return sha256 === expect.sha256 && after?.ino === status.ino && after.mtimeMs === status.mtimeMs && after.size === status.size;
    }
  }
}

async function statusAt(place: string): Promise<Stats | undefined> {
  try {
    return await lstat(place);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ENOTDIR") {
      return undefined;
    }
    throw error;
  }
}

/** Passes content on and tells when it is the content that fails, not the one who writes it. */
async function* heard(content: AsyncIterable<Uint8Array>, failed: (error: unknown) => void): AsyncIterable<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    failed(error);
    throw error;
  }
}

function changed(path: string): BoxError {
  return new BoxError("changed", `${path} is not what it was expected to be; nothing was done to it.`);
}
