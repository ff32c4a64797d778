import { mkdir, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { singleLine, type Time } from "../base";
import type { Box } from "../boxes";
import { checkTaskText, describeProblem, hashesOf, type LoadedTask, readProvision, scoringFiles, taskFileName } from "../tasks";
import { Mirror } from "../workspace";
import { CreateSessionError, layOut } from "./create-session";
import type { AssignedBox, Conditions } from "./journal-entry";
import { remotePaths } from "./session-box";
import { sessionFolder } from "./session-folder";

/** What a session on a box that is another machine is made from. */
export interface NewSessionOnBox {
  /** Folder on this computer that sessions are kept in. */
  readonly sessionsFolder: string;
  readonly box: Extract<AssignedBox, { kind: "ssh" }>;
  readonly profile: string;
  /** Code of the participant: letters, digits, `.`, `_`, `-`. */
  readonly participant: string;
  /** In place of the task's own time limit. */
  readonly timeLimitMinutes?: number | undefined;
  readonly conditions?: Conditions;
}

/** Longest file of a task that is shown here, in bytes. */
const readableBytes = 4 * 1024 * 1024;

/**
 * Lays out the session of a task that was put on a box: the task is read there and the starting solution brought here.
 * @param box connected
 * @returns the absolute path of the session folder
 * @throws {CreateSessionError} `box-used` where what lies on the box is no longer what was put there; {BoxError}; {MirrorError}; the errors of `profileOf`
 */
export async function createSessionOnBox(session: NewSessionOnBox, box: Box, time: Time, signal?: AbortSignal): Promise<string> {
  const paths = remotePaths(session.box.root);
  const provision = await readProvision(box, paths.task);
  const { loaded, text } = await taskOn(box, paths.task);
  const { task } = loaded;
  return await layOut(session, loaded, time, async (draft) => {
    const folder = sessionFolder(draft);
    await mkdir(folder.workspace);
    await mkdir(folder.box, { recursive: true });
    await writeFile(join(folder.box, taskFileName), text);
    await mkdir(posix.dirname(posix.join(folder.box, task.instructions)), { recursive: true });
    await writeFile(join(folder.box, task.instructions), await box.readFile(posix.join(paths.task, task.instructions), readableBytes));
    const files = await scoringFiles(box, paths.task, provision.protection);
    expectSame(files, provision.files, "decides the score and", box.name);
    expectSame(await hashesOf(box, paths.workspace, []), provision.startingSolution, "belongs to the starting solution and", box.name);
    const mirror = new Mirror({
      root: folder.workspace,
      box,
      boxFolder: paths.workspace,
      scope: task.sync,
      baselineFile: join(draft, "mirror", "baseline.jsonl"),
      time,
    });
    try {
      await mirror.settle(signal);
    } finally {
      await mirror.dispose();
    }
    return {
      files,
      startingSolution: await hashesOf(box, paths.workspace, task.sync.ignore),
      box: { ...session.box, ...(provision.entry === null ? {} : { entry: provision.entry }) },
      protection: provision.protection,
    };
  });
}

async function taskOn(box: Box, root: string): Promise<{ loaded: LoadedTask; text: string }> {
  const path = posix.join(root, taskFileName);
  const text = (await box.readFile(path, readableBytes)).toString("utf8");
  const { task, problems } = checkTaskText(text);
  if (task === undefined) {
    const [first] = problems;
    const problem = first === undefined ? "unknown problem" : singleLine(describeProblem(first));
    throw new CreateSessionError("task", `${path} on ${box.name} is not a valid task (${problem}); nothing was created: ask who gave you the assignment.`);
  }
  return { loaded: { folder: root, task }, text };
}

/** @throws {CreateSessionError} `box-used` */
function expectSame(now: Record<string, string>, then: Record<string, string>, what: string, name: string): void {
  const path = [...new Set([...Object.keys(then), ...Object.keys(now)])].find((one) => now[one] !== then[one]);
  if (path !== undefined) {
    throw new CreateSessionError(
      "box-used",
      `${singleLine(path)} on ${name} ${what} is no longer as it was put there, so no session was created: have the task put on the box anew.`,
    );
  }
}
