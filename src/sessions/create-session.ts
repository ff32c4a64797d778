import { randomUUID } from "node:crypto";
import { chmod, cp, lstat, mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { BaselinerError, plainSystemReason, systemErrorCode, type Time } from "../base";
import { hashesOf, type LoadedTask, profileOf, scoringFiles, scoringFolder, taskFileName } from "../tasks";
import type { Box } from "../boxes";
import { JournalWriter } from "./journal";
import { type BoxDescription, type Conditions, usualConditions } from "./journal-entry";
import { sessionFolder } from "./session-folder";

/** What a new session is made from. */
export interface NewSession {
  /** Folder that sessions are kept in. */
  readonly sessionsFolder: string;
  readonly task: LoadedTask;
  readonly profile: string;
  /** Code of the participant: letters, digits, `.`, `_`, `-`. */
  readonly participant: string;
  /** In place of the task's own time limit. */
  readonly timeLimitMinutes?: number | undefined;
  readonly conditions?: Conditions;
}

/** A session could not be created; nothing of it is left behind. */
export class CreateSessionError extends BaselinerError<"disk" | "participant" | "task" | "box-used"> {}

/**
 * Lays out a session folder with the starting solution and the first journal
 * entry, to be worked on on this computer. It appears whole under its name, or not at all.
 *
 * @returns the absolute path of the session folder
 * @throws {CreateSessionError} and the errors of `profileOf`
 */
export async function createSession(session: NewSession, box: Box, time: Time): Promise<string> {
  const { task } = session;
  return await layOut(session, task, time, async (draft) => {
    const folder = sessionFolder(draft);
    await copyInside(task.folder, task.task.workspace, folder.workspace);
    await makeWritable(folder.workspace);
    await mkdir(folder.runs, { recursive: true });
    for (const part of partsForTheBox(task)) {
      await copyInside(task.folder, part, join(folder.box, part));
    }
    return {
      files: await scoringFiles(box, folder.box),
      startingSolution: await hashesOf(box, folder.workspace, task.task.sync.ignore),
      box: { kind: "local" },
      protection: "none",
    };
  });
}

/** What only the laying out tells of a new session. */
export interface LaidOut {
  readonly files: Record<string, string>;
  readonly startingSolution: Record<string, string>;
  readonly box: BoxDescription;
  readonly protection: "none" | "accounts";
}

/**
 * Makes a session folder: `fill` puts the files of the task into a draft of it, the journal is begun, and the draft gets its name.
 * @throws {CreateSessionError}, and what `fill` throws; nothing is left behind then
 */
export async function layOut(
  { sessionsFolder, participant, profile: profileName, timeLimitMinutes, conditions = usualConditions }: Omit<NewSession, "task">,
  loaded: LoadedTask,
  time: Time,
  fill: (draft: string) => Promise<LaidOut>,
): Promise<string> {
  const { task } = loaded;
  const profile = profileOf(loaded, profileName);
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(participant)) {
    throw new CreateSessionError("participant", "A participant code has up to 64 letters, digits, dots, hyphens or underscores; choose another one.");
  }
  const draft = join(sessionsFolder, `.creating-${randomUUID()}`);
  try {
    await mkdir(sessionsFolder, { recursive: true });
    await mkdir(draft);
    const { files, startingSolution, box, protection } = await fill(draft);
    const journal = await JournalWriter.create(draft, time);
    try {
      await journal.append("session.created", {
        format: 1,
        id: randomUUID(),
        participant,
        task: {
          id: task.id,
          version: task.version,
          title: task.title,
          profile: profileName,
          instructions: task.instructions,
          open: task.open,
          files,
          startingSolution,
        },
        scoring: {
          command: task.scoring.command,
          environment: profile.env,
          timeoutSeconds: task.scoring.timeoutSeconds,
          start: profile.start,
          reference: profile.reference,
          direction: task.scoring.direction,
          aggregate: task.scoring.aggregate,
          unit: task.scoring.unit,
          visible: task.scoring.visible,
          final: task.scoring.final,
        },
        sync: task.sync,
        timeLimitMinutes: timeLimitMinutes ?? task.timeLimitMinutes,
        conditions,
        box,
        protection,
      });
    } finally {
      await journal.close();
    }
    const day = new Date(time.now()).toISOString().slice(0, 10);
    return await renameToFreeName(draft, join(sessionsFolder, `${day}-${task.id}-${participant}`));
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof BaselinerError && systemErrorCode(error.cause) === undefined) {
      throw error;
    }
    const cause = error instanceof BaselinerError ? error.cause : error;
    throw new CreateSessionError(
      "disk",
      `No session could be created in ${sessionsFolder}: ${plainSystemReason(cause)}. Nothing was left behind; choose another sessions folder or mend this one.`,
      { cause: error },
    );
  }
}

/** Copies a part of a task. A part that is a link is followed, but not out of the task's folder: that would hand out what it leads to. */
async function copyInside(taskFolder: string, part: string, target: string): Promise<void> {
  const root = await realpath(taskFolder);
  const source = await realpath(join(taskFolder, part));
  if (relative(root, source).split(sep)[0] === "..") {
    throw new CreateSessionError("task", `${part} of the task leads out of its folder; nothing was created.`);
  }
  await cp(source, target, {
    recursive: true,
    verbatimSymlinks: true,
    // A task that was tried out has compiled leftovers; they are no part of it.
    filter: (path) => basename(path) !== "__pycache__",
  });
}

/** What of a task lies on the box. The reference solution and the author's notes are not among it. */
function partsForTheBox({ task }: LoadedTask): string[] {
  return [taskFileName, task.instructions, scoringFolder];
}

/** Files copied out of an installed extension may be read-only; the expert edits these. */
async function makeWritable(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!entry.isSymbolicLink()) {
      await chmod(path, (await lstat(path)).mode | 0o600);
    }
    if (entry.isDirectory()) {
      await makeWritable(path);
    }
  }
}

/** Renames to `wanted`, or to `wanted-2`, `wanted-3`, … where that exists. */
async function renameToFreeName(draft: string, wanted: string): Promise<string> {
  const taken = new Set(await readdir(dirname(wanted)));
  for (let copy = 1; ; copy += 1) {
    const name = copy === 1 ? wanted : `${wanted}-${copy}`;
    if (taken.has(basename(name))) {
      continue;
    }
    try {
      await rename(draft, name);
      return name;
    } catch (error) {
      // Made by another process since the folder was listed.
      if (!["EEXIST", "ENOTEMPTY"].includes(systemErrorCode(error) ?? "")) {
        throw error;
      }
    }
  }
}
