import { messageOf, singleLine } from "../../base";
import { BoxError } from "../box";
import { type Sftp, sftpStatus } from "./sftp";

/** The status that the box answered with; undefined for errors of another kind. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : undefined;
}

export async function closeQuietly(sftp: Sftp, handle: Buffer): Promise<void> {
  await sftp.closeFile(handle).catch(() => undefined);
}

/** SFTP says "failure" of almost everything; the file system tells which it was. Other errors are passed on. */
export async function boxErrorOf(error: unknown, what: string, path: string, sftp: Sftp): Promise<unknown> {
  const status = statusOf(error);
  if (error instanceof BoxError || status === undefined) {
    return error;
  }
  const refused = (reason: BoxError["reason"], why: string): BoxError => new BoxError(reason, `${what}: ${why}.`, { cause: error });
  switch (status) {
    case sftpStatus.noSuchFile:
      return refused("path-missing", "it does not exist");
    case sftpStatus.permissionDenied:
      return refused("permission-denied", "permission was denied");
    default: {
      const fileSystem = await sftp.fileSystem(path).catch(() => undefined);
      if (fileSystem?.readOnly === true) {
        return refused("read-only", "the disk is read-only");
      }
      return fileSystem?.freeBytes === 0 ? refused("disk-full", "the disk is full") : refused("failed", singleLine(messageOf(error)));
    }
  }
}
