import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { BaselinerError, plainSystemReason, systemErrorCode } from "../base";
import { type Profile, type Task, taskSchema } from "./task";

/** Name of the file that makes a folder a task. */
export const taskFileName = "task.json";

/** Folder of a task with all that scoring needs; it is what lies on the box. */
export const scoringFolder = "scoring";

/** One thing that is wrong with a `task.json`. */
export interface TaskProblem {
  /** Where in the JSON value: property names and array indices from the root. */
  readonly path: readonly (string | number)[];
  /** What is wrong there, without the path. */
  readonly message: string;
  /** `schema` for what the JSON Schema also finds, `content` for what only the task's folder tells. */
  readonly kind: "syntax" | "schema" | "content";
  /** Position of a syntax error in UTF-16 units from the start of the file. */
  readonly offset?: number;
}

/** A task could not be loaded. */
export class TaskError extends BaselinerError<"missing" | "unreadable" | "invalid" | "no-profile"> {
  /** The file that was read. */
  readonly file: string;
  readonly problems: readonly TaskProblem[];

  constructor(
    reason: "missing" | "unreadable" | "invalid" | "no-profile",
    message: string,
    file: string,
    problems: readonly TaskProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(reason, message, options);
    this.file = file;
    this.problems = problems;
  }
}

/** A task and the folder it was read from. */
export interface LoadedTask {
  /** Absolute path. */
  readonly folder: string;
  readonly task: Task;
}

/**
 * Reads and checks the task in a folder.
 * @throws {TaskError} `missing`, `unreadable`, or `invalid` with every problem found.
 */
export async function loadTask(folder: string): Promise<LoadedTask> {
  const file = join(resolve(folder), taskFileName);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const reason = systemErrorCode(error) === "ENOENT" ? "missing" : "unreadable";
    throw new TaskError(reason, `The task in ${resolve(folder)} cannot be read: ${taskFileName}: ${plainSystemReason(error)}.`, file, [], {
      cause: error,
    });
  }
  const checked = checkTaskText(text);
  const problems = checked.task === undefined ? checked.problems : await missingParts(resolve(folder), checked.task);
  if (checked.task === undefined || problems.length > 0) {
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    throw new TaskError(
      "invalid",
      `${file} is not a valid task: ${first === undefined ? "unknown problem" : describeProblem(first)}${more}.`,
      file,
      problems,
    );
  }
  return { folder: resolve(folder), task: checked.task };
}

/** Checks the text of a `task.json` without looking at the folder around it. */
export function checkTaskText(text: string): { task?: Task; problems: TaskProblem[] } {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { disallowComments: true });
  if (errors.length > 0) {
    return {
      problems: errors.map((error) => ({
        path: [],
        message: `is not JSON: ${printParseErrorCode(error.error)}`,
        kind: "syntax",
        offset: error.offset,
      })),
    };
  }
  const result = taskSchema().safeParse(value);
  if (!result.success) {
    return {
      problems: result.error.issues.map((issue) => ({
        path: issue.path.map((part) => (typeof part === "number" ? part : String(part))),
        message: lowerFirst(issue.message),
        kind: "schema",
      })),
    };
  }
  const same = Object.entries(result.data.profiles).filter(([, profile]) => profile.start === profile.reference);
  if (same.length > 0) {
    return {
      problems: same.map(([name]) => ({
        path: ["profiles", name, "reference"],
        message: "must differ from the score of the starting solution",
        kind: "content",
      })),
    };
  }
  return { task: result.data, problems: [] };
}

/** The reference solution stays with the author, so a task without it is whole for everyone else. */
async function missingParts(folder: string, task: Task): Promise<TaskProblem[]> {
  const parts = [
    { part: "instructions", kind: "file" },
    { part: "workspace", kind: "folder" },
    { part: "rules", kind: "file" },
  ] as const;
  const problems: TaskProblem[] = [];
  if (!(await stat(join(folder, scoringFolder)).catch(() => undefined))?.isDirectory()) {
    problems.push({ path: ["scoring", "command"], message: `has no folder ${scoringFolder} beside it`, kind: "content" });
  }
  for (const { part, kind } of parts) {
    const path = task[part];
    const status = path === undefined ? undefined : await stat(join(folder, path)).catch(() => undefined);
    if (path !== undefined && !(kind === "file" ? status?.isFile() : status?.isDirectory())) {
      problems.push({ path: [part], message: `names a ${kind} that is not there: ${path}`, kind: "content" });
    }
  }
  return problems;
}

/** A problem in one clause with its place: `scoring.timeoutSeconds: expected number`. */
export function describeProblem(problem: TaskProblem): string {
  return problem.path.length === 0 ? problem.message : `${problem.path.join(".")}: ${problem.message}`;
}

/**
 * The profile of this name.
 * @throws {TaskError} `no-profile`, naming those there are.
 */
export function profileOf({ task, folder }: LoadedTask, name: string): Profile {
  const profile = Object.hasOwn(task.profiles, name) ? task.profiles[name] : undefined;
  if (profile === undefined) {
    throw new TaskError(
      "no-profile",
      `Task ${task.id} has no profile ${name}; it has ${Object.keys(task.profiles).join(", ")}.`,
      join(folder, taskFileName),
    );
  }
  return profile;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
