import { randomUUID } from "node:crypto";
import { linkSync, rmSync, writeFileSync } from "node:fs";
import { link, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { systemErrorCode } from "./errors";

/**
 * Writes a file so that after a crash at any moment either the old or the new
 * content is there, whole: a sibling is written, flushed to the disk and renamed.
 *
 * @throws the system's error (ENOSPC, EROFS, …); the sibling is then removed and the old content kept.
 */
export async function writeFileDurably(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>, mode = 0o644): Promise<void> {
  const sibling = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(sibling, "wx", mode);
    try {
      await writeFile(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(sibling, path);
  } catch (error) {
    await rm(sibling, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Creates a file whole, as the one process that does so: of several that try at
 * once one succeeds, and none ever sees half of it.
 *
 * @returns false where the file is there already
 * @throws the system's error
 */
export async function createFileOnce(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(draft, "wx");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") {
      return false;
    }
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** `createFileOnce` at one go, without waiting, and without flushing to the disk: a power cut may take the file. */
export function createFileOnceSync(path: string, content: string): boolean {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(draft, content, { flag: "wx" });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") {
      return false;
    }
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Makes renames and new names in a folder survive a power cut, where the system can (Windows cannot open folders). */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") {
    return;
  }
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
