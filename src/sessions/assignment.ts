import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import * as z from "zod";
import { BaselinerError, once, plainSystemReason } from "../base";
import { type AssignedBox, assignedBoxSchema, conditionsSchema, participantCode } from "./journal-entry";

/** What an expert is given: which task, where, for how long, under which code. */
export const assignmentSchema = once(() =>
  z
    .strictObject({
      $schema: z.string().optional(),
      /** Task folder, absolute or relative to the assignment file. Of a box over SSH the task lies on the box. */
      task: z.string().min(1).optional(),
      profile: z.string().default("cpu"),
      box: assignedBoxSchema().default({ kind: "local" }),
      timeLimitMinutes: z.number().positive().optional(),
      participant: participantCode(),
      conditions: conditionsSchema().prefault({}),
    })
    .refine(({ task, box }) => (task === undefined) === (box.kind === "ssh"), {
      path: ["task"],
      message: "is needed for a session on this computer, and only there: a box over SSH holds its task itself",
    }),
);

/** An assignment, with `task` as an absolute path. */
export type Assignment = Omit<z.infer<ReturnType<typeof assignmentSchema>>, "task" | "box"> &
  ({ readonly task: string; readonly box: Extract<AssignedBox, { kind: "local" }> } | { readonly box: Extract<AssignedBox, { kind: "ssh" }> });

/** An assignment could not be used. */
export class AssignmentError extends BaselinerError<"unreadable" | "invalid"> {}

/**
 * Reads an assignment file.
 * @throws {AssignmentError} with the place and the reason.
 */
export async function readAssignment(path: string): Promise<Assignment> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new AssignmentError("unreadable", `The assignment ${path} cannot be read: ${plainSystemReason(error)}.`, { cause: error });
  }
  return parseAssignment(text, `The assignment ${path}`, dirname(path));
}

/**
 * Reads the text of an assignment.
 * @param what what to call it, at the beginning of a sentence
 * @param folder what a task's path is relative to; without it only a box over SSH can be meant
 * @throws {AssignmentError} `invalid`
 */
export function parseAssignment(text: string, what: string, folder?: string): Assignment {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AssignmentError("invalid", `${what} is not JSON.`, { cause: error });
  }
  const parsed = assignmentSchema().safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AssignmentError("invalid", `${what} is not valid: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}.`);
  }
  const { task, box, ...rest } = parsed.data;
  if (box.kind === "ssh") {
    return { ...rest, box };
  }
  if (task === undefined || folder === undefined) {
    throw new AssignmentError("invalid", `${what} is not valid: it names no box over SSH.`);
  }
  return { ...rest, box, task: isAbsolute(task) ? task : join(folder, task) };
}
