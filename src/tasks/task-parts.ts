import { lstat, readdir, readlink, realpath } from "node:fs/promises";
import { join, posix, relative, sep } from "node:path";
import { ProvisionError, provisioned } from "./provision";
import { type LoadedTask, scoringFolder, taskFileName } from "./load-task";

/** One file or link of a task, and where it goes below the task's folder on the box. */
export type TaskPart =
  | { readonly path: string; readonly kind: "file"; /** Absolute path here. */ readonly source: string; readonly executable: boolean }
  | { readonly path: string; readonly kind: "link"; readonly target: string };

/**
 * All of a task that lies on a box. The reference solution, the rules and the author's notes are not among it.
 * @throws {ProvisionError} `unsuitable` where a part leads out of the task's folder or is neither file, folder nor link
 */
export async function partsOnBox({ folder, task }: LoadedTask): Promise<TaskPart[]> {
  const root = await realpath(folder);
  const [top = ""] = task.instructions.split(/[/\\]/);
  if ([provisioned.workspace, provisioned.protectedFolder, provisioned.runs, provisioned.privateFolder, provisioned.entry, provisioned.accounts, provisioned.record, "."].includes(top)) {
    throw new ProvisionError("unsuitable", `${task.instructions} cannot lie there on a box, where ${top} has a meaning of its own: move the instructions of the task.`);
  }
  const parts: TaskPart[] = [];
  const add = async (from: string, to: string): Promise<void> => {
    const source = await realpath(join(root, from));
    if (relative(root, source).split(sep)[0] === "..") {
      throw new ProvisionError("unsuitable", `${from} of the task leads out of its folder; nothing was put on the box.`);
    }
    parts.push(...(await partsBelow(source, to, to)));
  };
  await add(taskFileName, taskFileName);
  await add(task.instructions, task.instructions.replaceAll("\\", "/"));
  await add(scoringFolder, scoringFolder);
  await add(task.workspace, provisioned.workspace);
  const hidden = await lstat(join(root, provisioned.protectedFolder)).catch(() => undefined);
  if (hidden !== undefined) {
    await add(provisioned.protectedFolder, provisioned.protectedFolder);
  }
  return parts;
}

/** @param top what links may not lead out of: the part that is being looked at, by its path on the box */
async function partsBelow(source: string, path: string, top: string): Promise<TaskPart[]> {
  const status = await lstat(source);
  if (status.isSymbolicLink()) {
    const target = await readlink(source);
    const resolved = posix.join(posix.dirname(path), target);
    if (target.startsWith("/") || (resolved !== top && !resolved.startsWith(`${top}/`))) {
      throw new ProvisionError("unsuitable", `The link ${path} of the task leads out of ${top}; nothing was put on the box.`);
    }
    return [{ path, kind: "link", target }];
  }
  if (status.isDirectory()) {
    // A task that was tried out has compiled leftovers; they are no part of it.
    const names = (await readdir(source)).filter((name) => name !== "__pycache__").sort();
    const parts = [];
    for (const name of names) {
      parts.push(...(await partsBelow(join(source, name), `${path}/${name}`, top)));
    }
    return parts;
  }
  if (!status.isFile()) {
    throw new ProvisionError("unsuitable", `${path} of the task is neither a file nor a folder nor a link; nothing was put on the box.`);
  }
  return [{ path, kind: "file", source, executable: (status.mode & 0o100) !== 0 }];
}
