import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import * as z from "zod";
import { BaselinerError, plainSystemReason, singleLine } from "../base";

/** A study cannot be read or computed. */
export class AnalysisError extends BaselinerError<"unreadable" | "invalid" | "nothing" | "cancelled"> {}

/** How a source's files are to be read. */
export const sourceFormats = ["session", "transcript", "score-log", "runs"] as const;
export type SourceFormat = (typeof sourceFormats)[number];

const kindSchema = z.enum(["expert", "agent"]);
const positiveList = z.array(z.number().positive()).min(1).max(32);

const sourceSchema = z.strictObject({
  path: z.string().min(1).describe("A file, or a folder in which all files and sessions are taken; relative to study.json."),
  format: z.enum(sourceFormats).optional().describe("How it is read; else told by its content."),
  task: z.string().min(1).optional().describe("Which task all its runs are of."),
  group: z.string().min(1).optional().describe("Which group all its runs belong to."),
  kind: kindSchema.optional().describe("Who solved, where no group says so."),
  timeLimitMinutes: z.number().positive().optional().describe("Time budget of its runs."),
  startedAt: z.iso.datetime({ offset: true, local: true }).optional().describe("When the clock of its run was started. Else the first row of a score log is at time 0."),
  scores: z.enum(["raw", "normalised"]).optional().describe("Whether its scores are the task's own or normalised already."),
  scorer: z.string().optional().describe("Which scorer counts, where its transcripts have scores of several."),
});

/** `study.json`: which runs are compared, and by what. */
export const studySchema = z.strictObject({
  $schema: z.string().optional(),
  format: z.literal(1),
  title: z.string().default(""),
  sources: z.array(sourceSchema).default([]).describe("Where the runs are, beside the files that a command names."),
  tasks: z
    .record(
      z.string().min(1),
      z
        .strictObject({
          title: z.string().optional(),
          names: z.array(z.string()).default([]).describe("Other names that sources have for this task."),
          start: z.number().optional().describe("Score of the starting solution; normalises to 0."),
          reference: z.number().optional().describe("Score of the reference solution; normalises to 1."),
          direction: z.enum(["min", "max"]).optional().describe("Whether lower or higher scores are better; must agree with start and reference."),
          aggregate: z.enum(["best", "last"]).optional().describe("Which valid score is a run's result. With last, several runs count by their mean."),
          timeLimitMinutes: z.number().positive().optional().describe("Time budget of runs that tell none."),
          exclude: z.boolean().default(false),
        })
        .refine((task) => (task.start === undefined) === (task.reference === undefined), { message: "must have both start and reference, or neither" })
        .refine(({ direction, start, reference }) => direction === undefined || start === undefined || reference === undefined || start === reference || (direction === "max") === reference > start, {
          message: "has a direction that start and reference contradict",
        }),
    )
    .default({}),
  groups: z
    .record(
      z.string().min(1),
      z.strictObject({
        kind: kindSchema.optional(),
        names: z.array(z.string()).default([]).describe("Other names that sources have for this group."),
        exclude: z.boolean().default(false),
      }),
    )
    .default({}),
  exclude: z.array(z.strictObject({ run: z.string().min(1), reason: z.string().min(1) })).default([]).describe("Runs that count in no figure, by their id."),
  violations: z.enum(["zero", "leave-out", "count"]).default("zero").describe("What becomes of runs whose review says violation: they count as 0, not at all, or as they are."),
  budgetsHours: positiveList.default([0.5, 1, 2, 4, 8, 16, 32]).describe("Total times for which the best of several runs is computed."),
  k: z.array(z.number().int().positive()).max(64).default([]).describe("Numbers of runs for which the best of so many is computed, beside those that the budgets come to."),
  runLengthsMinutes: z.array(z.number().positive()).max(16).default([]).describe("Cuts runs with a score log off at these times too, as runs of that length."),
  resamples: z.number().int().min(100).max(100_000).default(1000),
  seed: z.number().int().nonnegative().max(0xffffffff).default(1),
});

/** A study as its file says, defaults filled in. */
export type StudyFile = z.infer<typeof studySchema>;
export type StudySource = StudyFile["sources"][number];

const studyFileName = "study.json";

/** What holds without a `study.json`. */
export const usualStudy: StudyFile = studySchema.parse({ format: 1 });

/**
 * Reads `study.json`. Paths of its sources come back absolute.
 * @throws {AnalysisError} `unreadable`, `invalid`
 */
export async function readStudyFile(path: string): Promise<StudyFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new AnalysisError("unreadable", `The study ${path} cannot be read: ${plainSystemReason(error)}.`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new AnalysisError("invalid", `The study ${path} is not JSON.`, { cause: error });
  }
  const parsed = studySchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AnalysisError("invalid", `The study ${path} is not valid: ${issue === undefined ? "" : singleLine(`${issue.path.join(".")}: ${issue.message}`)}.`);
  }
  const folder = dirname(resolve(path));
  return { ...parsed.data, sources: parsed.data.sources.map((source) => ({ ...source, path: resolve(folder, source.path) })) };
}

/**
 * What is compared where a person names one path: the study of a `study.json`, also where its folder is named, and the folder itself
 * where the study names no sources; else what lies at the path.
 * @returns the study, and files and folders to be read besides its sources; absolute paths
 * @throws {AnalysisError} `unreadable`, `invalid`
 */
export async function studyAt(path: string): Promise<{ file: StudyFile; paths: readonly string[] }> {
  const found = basename(path) === studyFileName ? resolve(path) : join(resolve(path), studyFileName);
  if (basename(path) !== studyFileName && !existsSync(found)) {
    return { file: usualStudy, paths: [resolve(path)] };
  }
  const file = await readStudyFile(found);
  return { file, paths: file.sources.length === 0 ? [dirname(found)] : [] };
}
