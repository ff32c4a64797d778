import * as z from "zod";
import { once } from "../base";

const relativePath = once(() =>
  z
    .string()
    .min(1)
    .refine((path) => !/^([/\\]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes(".."), {
      message: "must be a path inside the task folder",
    }),
);

const resourcesSchema = once(() =>
  z.strictObject({
    gpus: z.number().int().nonnegative().default(0).describe("How many GPUs the task needs."),
    gpuModel: z.string().optional().describe("The GPU model, such as H100: a part of the name that nvidia-smi gives."),
    gpuMemoryGB: z.number().positive().optional().describe("Memory of each GPU in GB."),
    cpus: z.number().int().positive().describe("How many processor cores the task needs."),
    memoryGB: z.number().positive().describe("Main memory in GB."),
    diskGB: z.number().positive().optional().describe("Free disk space in GB."),
    tools: z
      .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/))
      .default([])
      .describe("Programs on the PATH and Python packages that must be there, such as torch."),
  }),
);

const profileSchema = once(() =>
  z.strictObject({
    resources: resourcesSchema(),
    start: z.number().describe("Score of the starting solution; normalises to 0."),
    reference: z.number().describe("Score of the reference solution; normalises to 1."),
    env: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
      .default({})
      .describe("Environment variables of the scoring command in this profile."),
  }),
);

const scoringSchema = once(() =>
  z.strictObject({
    command: z
      .array(z.string())
      .min(1)
      .describe("The scoring command, run in the workspace folder. ${task} stands for the task's folder on the box."),
    timeoutSeconds: z.number().positive().max(2_000_000).describe("A scoring that takes longer is stopped and invalid."),
    direction: z.enum(["min", "max"]).describe("Whether lower or higher scores are better."),
    aggregate: z.enum(["best", "last"]).default("best").describe("Which valid score is the session's result."),
    visible: z.boolean().default(true).describe("Whether the expert sees scores."),
    final: z.boolean().default(false).describe("Whether submitting scores the workspace once more."),
    unit: z.string().default("").describe("Unit of the score, such as ln(ms)."),
    accounts: z.boolean().default(false).describe("Whether the scoring function runs programs as other accounts, as families of the Task Standard do."),
  }),
);

/** `task.json`. The JSON Schema that the editor validates with is generated from it. */
export const taskSchema = once(() =>
  z.strictObject({
    $schema: z.string().optional(),
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower-case letters, digits and hyphens")
      .max(64)
      .describe("Name of the task, the same as its folder's."),
    version: z.string().regex(/^\d+\.\d+\.\d+$/, "must be a version such as 1.0.0"),
    title: z.string().min(1),
    instructions: relativePath().describe("Markdown file with the instructions for the expert."),
    workspace: relativePath().describe("Folder with the starting solution."),
    open: z.array(relativePath()).default([]).describe("Files of the workspace that are shown to the expert at the start."),
    reference: relativePath().optional().describe("Folder with the reference solution; never reaches an expert."),
    scoring: scoringSchema(),
    profiles: z
      .record(z.string().regex(/^[a-z0-9-]+$/), profileSchema())
      .refine((profiles) => Object.keys(profiles).length > 0, { message: "must have at least one profile" })
      .describe("Sizes of the task by name: h100 is the real one, cpu runs on any computer."),
    timeLimitMinutes: z.number().positive().default(480),
    rules: relativePath().optional().describe("File with the rules that an audit checks."),
    sync: z
      .strictObject({
        ignore: z.array(z.string()).default([]).describe("Patterns of files that are neither mirrored nor kept in snapshots."),
        pull: z.array(z.string()).default([]).describe("Patterns of files that are brought from the box only."),
        maxFileMB: z.number().positive().default(50).describe("Larger files are left out and listed."),
      })
      .default({ ignore: [], pull: [], maxFileMB: 50 }),
  }),
);

/** A task as its `task.json` says, defaults filled in. */
export type Task = z.infer<ReturnType<typeof taskSchema>>;

/** One size of a task. */
export type Profile = z.infer<ReturnType<typeof profileSchema>>;

/** What a task asks of a box. 1 GB is 10⁹ bytes. */
export type Resources = z.infer<ReturnType<typeof resourcesSchema>>;
