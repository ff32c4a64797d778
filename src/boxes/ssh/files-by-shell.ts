import { randomUUID } from "node:crypto";
import { posix } from "node:path";
import { errorOf } from "../../base";
import { BoxError, type ChangeOutcome, type FileChange } from "../box";
import { expectInside, foldersBetween } from "../relative-path";
import { Interrupted, type Link } from "./link";
import { type PreparedChange, placeScript } from "./place-script";
import { askScript, plainReason, reasonIn } from "./remote-shell";
import { draftPrefix } from "./scan";
import { type Sftp, sftpStatus } from "./sftp";
import { boxErrorOf, closeQuietly, statusOf } from "./sftp-error";

/** How many changes are made by one script. */
const changesAtATime = 32;
/** What a script says of them at most, in bytes. */
const longestAnswer = 256 * 1024;
/** How long they may take, in ms: large files that are expected to be there are hashed. */
const longestWait = 600_000;

/** Changes files on boxes without Python: drafts go there by SFTP, many at a time, and a shell moves them into place. */
export async function* changeFilesByShell(
  link: Link,
  folder: string,
  changes: Iterable<FileChange> | AsyncIterable<FileChange>,
  leftover: (path: string) => void,
  signal?: AbortSignal,
): AsyncGenerator<ChangeOutcome, void> {
  let group: Preparing[] = [];
  const drafts = new Set<string>();
  const place = async (): Promise<ChangeOutcome[]> => {
    const prepared = group;
    group = [];
    const outcomes: ChangeOutcome[] = [];
    const ready: PreparedChange[] = [];
    for (const { change, draft, done } of prepared) {
      const failure = await done;
      if (failure === undefined) {
        ready.push({ change, draft });
      } else if (failure.error instanceof Interrupted) {
        throw failure.error;
      } else {
        outcomes.push({ path: change.path, failure: failure.error });
      }
    }
    signal?.throwIfAborted();
    outcomes.push(...(await makeChanges(link, folder, ready)));
    prepared.forEach(({ change, draft }) => drafts.delete(draftPath(folder, change, draft)));
    return outcomes;
  };
  try {
    for await (const change of changes) {
      signal?.throwIfAborted();
      const draft = `${draftPrefix}${randomUUID()}`;
      drafts.add(draftPath(folder, change, draft));
      const done = prepare(link, folder, change, draft).then(
        () => undefined,
        (error: unknown) => ({ error: errorOf(error) }),
      );
      group.push({ change, draft, done });
      // Content is held by whoever writes it: one that streams is written alone.
      if (change.make === "file" && !(change.content instanceof Uint8Array)) {
        await done;
      }
      if (group.length >= changesAtATime) {
        yield* await place();
      }
    }
    yield* await place();
  } finally {
    await Promise.all(group.map(({ done }) => done));
    drafts.forEach(leftover);
  }
}

interface Preparing {
  readonly change: FileChange;
  readonly draft: string;
  readonly done: Promise<{ readonly error: Error } | undefined>;
}

function draftPath(folder: string, { path }: FileChange, draft: string): string {
  return posix.join(folder, posix.dirname(path), draft);
}

/** Writes the draft of a change, where it needs one. What fails leaves none. */
async function prepare(link: Link, folder: string, change: FileChange, name: string): Promise<void> {
  expectInside(change.path);
  if (change.make !== "file" && change.make !== "link") {
    return;
  }
  const draft = draftPath(folder, change, name);
  await link.channels.files(async (sftp) => {
    try {
      await makeRealFolders(sftp, folder, change.path);
      if (change.make === "link") {
        await sftp.symlink(change.target, draft);
      } else {
        await writeDraft(sftp, draft, change);
      }
    } catch (error) {
      const told = await boxErrorOf(error, `${change.path} could not be written`, posix.dirname(draft), sftp);
      await sftp.unlink(draft).catch(() => undefined);
      throw told;
    }
  });
}

async function writeDraft(sftp: Sftp, draft: string, change: FileChange & { make: "file" }): Promise<void> {
  const handle = await sftp.open(draft, "wx", change.executable ? 0o755 : 0o644);
  let written: number;
  let length: number;
  try {
    written = await sftp.write(handle, change.content instanceof Uint8Array ? [change.content] : change.content);
    // The box answers in order: one wait for both.
    [length] = await Promise.all([sftp.lengthOf(handle), sftp.flush(handle)]);
  } finally {
    await closeQuietly(sftp, handle);
  }
  if (length !== written) {
    throw new BoxError("failed", `${change.path} arrived with ${length} of ${written} bytes; the old content was kept: try again.`);
  }
}

/** Makes what is missing of the folders above a path. @throws {BoxError} `changed` */
async function makeRealFolders(sftp: Sftp, root: string, path: string): Promise<void> {
  const between = foldersBetween(root, path);
  if (!(await areRealFolders(sftp, between, path)) || between.length === 0) {
    await makeFolders(sftp, between.at(-1) ?? root);
  }
}

/**
 * Whether all these folders above a path are there.
 * @throws {BoxError} `changed` where a link or a file takes the place of one
 */
export async function areRealFolders(sftp: Sftp, folders: readonly string[], path: string): Promise<boolean> {
  const statuses = await Promise.all(folders.map((folder) => sftp.lstat(folder).catch(unlessMissing)));
  if (statuses.some((status) => status !== undefined && !status.isDirectory())) {
    throw new BoxError("changed", `A folder above ${path} is a link or a file on the box; nothing was done to it.`);
  }
  return !statuses.includes(undefined);
}

async function makeFolders(sftp: Sftp, folder: string): Promise<void> {
  try {
    await sftp.makeFolder(folder);
  } catch (error) {
    if (statusOf(error) === sftpStatus.noSuchFile && posix.dirname(folder) !== folder) {
      await makeFolders(sftp, posix.dirname(folder));
      await makeFolders(sftp, folder);
      return;
    }
    // It may be there, or have been made by another meanwhile; whether it is a folder is seen by writing into it.
    if ((await sftp.lstat(folder).catch(unlessMissing)) === undefined) {
      throw error;
    }
  }
}

async function makeChanges(link: Link, folder: string, ready: readonly PreparedChange[]): Promise<ChangeOutcome[]> {
  if (ready.length === 0) {
    return [];
  }
  const { stdout } = await askScript(link, placeScript(folder, ready), longestAnswer, longestWait);
  const lines = stdout.toString("utf8").split("\n");
  return ready.map(({ change: { path, make } }, index) => {
    const line = lines[index] ?? "";
    if (line === "ok") {
      return { path };
    }
    if (line === "changed") {
      return { path, failure: new BoxError("changed", `${path} is not what it was expected to be; nothing was done to it.`) };
    }
    const reason = reasonIn(line);
    return { path, failure: new BoxError(reason, `${path} could not be ${make === "nothing" ? "removed" : "written"}: ${plainReason(reason, line.replace(/^no /, ""))}.`) };
  });
}

function unlessMissing(error: unknown): undefined {
  if (statusOf(error) !== sftpStatus.noSuchFile) {
    throw error;
  }
  return undefined;
}
