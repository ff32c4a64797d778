import * as z from "zod";

/** Beside `task.json` on a box: what was put there. */
export const provisionFileName = "provision.json";

/** Folder of the starting solution in a task's folder on a box, whatever the author calls it. */
export const provisionedWorkspace = "workspace";

const hashes = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/));

/** `provision.json`. */
export const provisionSchema = z.object({
  format: z.literal(1),
  task: z.object({ id: z.string(), version: z.string() }),
  /** `accounts` where the scoring function runs under an account of its own. */
  protection: z.enum(["none", "accounts"]),
  /** SHA-256 of each file that decides the score, by its path in the task's folder. */
  files: hashes,
  /** SHA-256 of each file of the starting solution, by its path in the workspace. */
  startingSolution: hashes,
  /** Absolute path of the program through which the scoring function is run; null where it is run directly. */
  entry: z.string().nullable(),
  /** UTC, ISO 8601. */
  provisionedAt: z.string(),
});

/** What was put on a box. */
export type Provision = z.infer<typeof provisionSchema>;
