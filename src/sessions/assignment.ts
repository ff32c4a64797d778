import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import * as z from "zod";
import { BaselinerError, plainSystemReason } from "../base";

/** What an expert is given: which task, where, for how long, under which code. */
export const assignmentSchema = z.strictObject({
  $schema: z.string().optional(),
  /** Task folder, absolute or relative to the assignment file. */
  task: z.string().min(1),
  profile: z.string().default("cpu"),
  box: z.strictObject({ kind: z.literal("local") }).default({ kind: "local" }),
  timeLimitMinutes: z.number().positive().optional(),
  participant: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be up to 64 letters, digits, dots, hyphens or underscores"),
});

/** An assignment, with `task` as an absolute path. */
export type Assignment = z.infer<typeof assignmentSchema>;

/** An assignment could not be used. */
export class AssignmentError extends BaselinerError<"unreadable" | "invalid"> {}

/**
 * Reads an assignment file.
 * @throws {AssignmentError} with the place and the reason.
 */
export async function readAssignment(path: string): Promise<Assignment> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw error instanceof SyntaxError
      ? new AssignmentError("invalid", `The assignment ${path} is not JSON.`, { cause: error })
      : new AssignmentError("unreadable", `The assignment ${path} cannot be read: ${plainSystemReason(error)}.`, { cause: error });
  }
  const parsed = assignmentSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AssignmentError("invalid", `The assignment ${path} is not valid: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}.`);
  }
  const { task } = parsed.data;
  return { ...parsed.data, task: isAbsolute(task) ? task : join(dirname(path), task) };
}
