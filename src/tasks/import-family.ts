import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import * as z from "zod";
import { BaselinerError, once, plainSystemReason, singleLine } from "../base";
import type { Box } from "../boxes";
import { loadTask, taskFileName } from "./load-task";
import { scoreSolution, startingSolution } from "./score-solution";
import type { Resources } from "./task";

/** A family of the Task Standard could not be brought over; nothing was left behind. */
export class FamilyError extends BaselinerError<"not-a-family" | "no-task" | "unclear" | "not-possible" | "exists" | "failed"> {}

/** What is asked of an import. */
export interface FamilyImport {
  /** Folder of the family. */
  readonly family: string;
  /** Name of the task; may be left out where there is one alone. */
  readonly task?: string | undefined;
  /** Folder to be made, whose name becomes the task's id. */
  readonly to: string;
  readonly start?: number | undefined;
  readonly reference?: number | undefined;
  /** Where the family does not tell. */
  readonly direction?: "min" | "max" | undefined;
  readonly timeoutSeconds: number;
  /** Whether the family's `install` is called, which changes this computer. */
  readonly install?: boolean | undefined;
  readonly onProgress?: (step: string) => void;
  readonly signal?: AbortSignal;
}

/** What came of one. */
export interface ImportedFamily {
  readonly folder: string;
  /** What the author has to see to, a sentence each. */
  readonly remarks: readonly string[];
}

const resourcesSchema = once(() =>
  z.object({
    gpu: z.object({ count_range: z.tuple([z.number(), z.number()]), model: z.string().optional() }).optional(),
    cpus: z.number().optional(),
    memory_gb: z.number().optional(),
    storage_gb: z.number().optional(),
  }),
);

const manifestSchema = once(() =>
  z.object({
    version: z.string().optional(),
    tasks: z
      .record(
        z.string(),
        z.object({
          resources: resourcesSchema().default({}),
          scoring: z.object({ visible_to_agent: z.boolean().default(true), score_on_usage_limits: z.boolean().default(false), instructions: z.string().nullish() }).prefault({}),
        }),
      )
      .default({}),
  }),
);

const describedSchema = once(() =>
  z.object({
    standardVersion: z.string(),
    tasks: z.array(z.string()),
    members: z.array(z.string()),
    requiredEnvironmentVariables: z.array(z.string()),
    manifest: z.unknown(),
    instructions: z.string().default(""),
    permissions: z.array(z.string()).default([]),
    aggregate: z.enum(["max", "min", "last", "other"]).nullish(),
    needsMachines: z.boolean().default(false),
  }),
);

const answerSchema = once(() => z.object({ hidden: z.array(z.string()).default([]), fixed: z.array(z.string()).default([]), owners: z.unknown().optional(), refused: z.string().optional(), failed: z.string().optional(), missing: z.array(z.string()).optional() }));

/**
 * Makes a task of one task of a family of the METR Task Standard. The family stays as it is: it lies in the hidden data of the new
 * task, and is asked for each score. What its `start` makes of `/home/agent` becomes the starting solution; `install` is called
 * before it where that is asked for.
 *
 * @param adapter absolute path of the folder with the programs that call families
 * @throws {FamilyError}; the reason of the signal when that aborts
 */
export async function importFamily(adapter: string, box: Box, options: FamilyImport): Promise<ImportedFamily> {
  const family = resolve(options.family);
  const target = resolve(options.to);
  const name = basename(family);
  if ((await stat(join(family, `${name}.py`)).catch(() => undefined))?.isFile() !== true) {
    throw new FamilyError("not-a-family", `${family} holds no ${name}.py, as a family of the Task Standard does.`);
  }
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(basename(target))) {
    throw new FamilyError("unclear", `${singleLine(basename(target))} is no id of a task: lower-case letters, digits and hyphens; choose another folder.`);
  }
  if ((await stat(target).catch(() => undefined)) !== undefined) {
    throw new FamilyError("exists", `${target} exists already; nothing was changed. Choose another name.`);
  }
  options.onProgress?.("Reading the family");
  const program = join(adapter, "family.py");
  const first = await describe(program, family, options);
  const task = taskOf(first.tasks, name, options.task);
  const described = await describe(program, family, options, task);
  if (!described.members.includes("intermediate_score") && !described.members.includes("score")) {
    throw new FamilyError("not-possible", `${name} has neither intermediate_score nor score: a person scores it, and so it cannot be a task here.`);
  }
  const manifest = manifestOf(described.manifest, name);
  const scoring = scoringOf(described, name, options.direction);
  const place = await mkdtemp(join(tmpdir(), "baseliner-import-"));
  try {
    const draft = join(place, basename(target));
    const [workspace, state] = [join(draft, "workspace"), join(draft, "protected", "state")];
    await Promise.all([mkdir(workspace, { recursive: true }), mkdir(state, { recursive: true })]);
    await cp(adapter, join(draft, "scoring"), { recursive: true, verbatimSymlinks: true, filter: (source) => basename(source) !== "__pycache__" });
    await cp(family, join(draft, "protected", "family", name), { recursive: true, verbatimSymlinks: true, filter: (source) => basename(source) !== "__pycache__" });
    const installs = options.install === true && described.members.includes("install");
    options.onProgress?.(installs ? "Calling install and start" : "Calling start");
    const { hidden, fixed, owners } = await start(program, family, task, { workspace, state, view: place }, options);
    for (const path of [...hidden, ...fixed]) {
      const to = join(draft, "protected", "home", path);
      await mkdir(dirname(to), { recursive: true });
      await (hidden.includes(path) ? rename(join(workspace, path), to) : cp(join(workspace, path), to));
    }
    await writeFile(join(draft, "protected", "owners.json"), `${JSON.stringify(owners)}\n`);

    const about = manifest?.tasks[task];
    const resources = resourcesOf(about?.resources);
    const profileName = resources.gpus === 0 ? "cpu" : /h100/i.test(resources.gpuModel ?? "") ? "h100" : "gpu";
    const version = /^\d+\.\d+\.\d+$/.test(manifest?.version ?? "") ? (manifest?.version ?? "") : "1.0.0";
    const write = async (startScore: number, referenceScore: number): Promise<void> => {
      const description = {
        id: basename(target),
        version,
        title: `${inWords(name)}: ${inWords(task)}`,
        instructions: "instructions.md",
        workspace: "workspace",
        open: (await readdir(workspace, { withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => entry.name).sort().slice(0, 3),
        scoring: {
          command: ["python3", "-I", "${task}/scoring/score.py"],
          timeoutSeconds: options.timeoutSeconds,
          direction: scoring.direction,
          aggregate: scoring.aggregate,
          visible: about?.scoring.visible_to_agent ?? true,
          final: about?.scoring.score_on_usage_limits ?? false,
          accounts: true,
        },
        profiles: { [profileName]: { resources, start: startScore, reference: referenceScore, env: { TASK_STANDARD_FAMILY: name, TASK_STANDARD_TASK: task } } },
        timeLimitMinutes: 480,
        sync: { ignore: ["__pycache__/", "*.pyc"], pull: [], maxFileMB: 50 },
      };
      await writeFile(join(draft, taskFileName), `${JSON.stringify(description, undefined, 2)}\n`);
    };
    await writeFile(join(draft, "instructions.md"), instructionsOf(described, about?.scoring.instructions ?? "", inWords(name), resources, options.timeoutSeconds));
    const remarks = remarksOf(described, name, installs, hidden, fixed);
    const sign = scoring.direction === "min" ? -1 : 1;
    // What stands there until the start is scored.
    await write(0, 1);
    let startScore = options.start;
    if (startScore === undefined) {
      options.onProgress?.("Scoring the starting solution");
      const loaded = await loadTask(draft);
      const { scored } = await scoreSolution(loaded, box, startingSolution(loaded), { profile: profileName, signal: options.signal });
      if (scored.invalid === null) {
        startScore = scored.score;
      } else {
        remarks.push(`The starting solution has no score (${singleLine(scored.invalid.text, 300)}), so 0 stands for it in task.json: write down what it is.`);
      }
    }
    if (options.reference === (startScore ?? 0)) {
      throw new FamilyError("unclear", `The starting solution scores ${startScore ?? 0}, which is also what --reference says: a reference solution has another score.`);
    }
    await write(startScore ?? 0, options.reference ?? (startScore ?? 0) + sign);
    if (options.reference === undefined) {
      remarks.push("The score of a reference solution is not known: what stands for it in task.json is the start and 1, so normalised scores mean nothing until you write it down.");
    }
    await writeFile(join(draft, "README.md"), readmeOf(name, task, described, remarks));
    await mkdir(dirname(target), { recursive: true });
    // Copied, not moved: editors lose track of files in folders that are renamed.
    await cp(draft, target, { recursive: true, verbatimSymlinks: true, errorOnExist: true, force: false });
    return { folder: target, remarks };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof BaselinerError ? error : new FamilyError("failed", `The family could not be brought over: ${plainSystemReason(error)}; nothing was left behind.`, { cause: error });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function describe(program: string, family: string, { signal }: FamilyImport, task?: string): Promise<z.infer<ReturnType<typeof describedSchema>>> {
  const output = await python([program, "describe", family, ...(task === undefined ? [] : [task])], signal);
  const answer: unknown = JSON.parse(output);
  const { failed } = answerSchema().parse(answer);
  if (failed !== undefined) {
    throw new FamilyError("not-a-family", `${basename(family)} cannot be read: ${singleLine(failed, 500)}. Install what it imports for python3, then try again.`);
  }
  return describedSchema().parse(answer);
}

async function start(program: string, family: string, task: string, places: { workspace: string; state: string; view: string }, { install, signal }: FamilyImport): Promise<{ hidden: readonly string[]; fixed: readonly string[]; owners?: unknown }> {
  // The view is made beside what it shows as /protected, and that is to be part of the task.
  const state = join(places.view, "state");
  await mkdir(state);
  const { failed, refused, missing, ...started } = answerSchema().parse(JSON.parse(await python([program, install === true ? "install" : "start", family, task, places.workspace, state], signal)));
  await cp(state, places.state, { recursive: true, verbatimSymlinks: true });
  if (missing !== undefined) {
    throw new FamilyError("not-possible", `The family needs the environment variable ${missing.join(" and ")}: set it, then try again.`);
  }
  if (refused !== undefined) {
    throw new FamilyError("not-possible", `The family's start expects /home/agent, and this computer does not allow a view with a folder of its own there (${singleLine(refused)}): import it as root on Linux.`);
  }
  if (failed !== undefined) {
    const remedy = process.getuid?.() !== 0 && /\b(agent|protected|permi(tted|ssion)|group|user)\b/i.test(failed) ? "Families that give files to other accounts can be imported by root alone: import it as root." : "Nothing was left behind.";
    throw new FamilyError("failed", `The family's start failed: ${singleLine(failed, 500)}. ${remedy}`);
  }
  return started;
}

/** Runs Python and returns what it wrote to its standard output: one line of JSON. */
async function python(words: string[], signal: AbortSignal | undefined): Promise<string> {
  return await new Promise((resolvePromise, reject) => {
    execFile("python3", ["-B", ...words], { maxBuffer: 64 * 1024 * 1024, ...(signal === undefined ? {} : { signal }) }, (error, stdout) => {
      if (stdout.startsWith("{")) {
        resolvePromise(stdout);
      } else {
        reject(new FamilyError("failed", `The family ended without an answer: ${singleLine(error?.message ?? "it printed none", 300)}.`));
      }
    });
  });
}

function taskOf(tasks: readonly string[], family: string, named: string | undefined): string {
  const [only, ...more] = tasks;
  if (only === undefined) {
    throw new FamilyError("no-task", `${family} has no tasks.`);
  }
  if (named === undefined && more.length > 0) {
    throw new FamilyError("no-task", `${family} has the tasks ${tasks.join(", ")}: name one with --task.`);
  }
  if (named !== undefined && !tasks.includes(named)) {
    throw new FamilyError("no-task", `${family} has no task ${named}; it has ${tasks.join(", ")}.`);
  }
  return named ?? only;
}

function manifestOf(value: unknown, family: string): z.infer<ReturnType<typeof manifestSchema>> | undefined {
  if (value === null || value === undefined) {
    return undefined;
  }
  if (typeof value === "string") {
    throw new FamilyError("not-possible", `The manifest.yaml of ${family} cannot be read: ${value}.`);
  }
  const parsed = manifestSchema().safeParse(value);
  if (!parsed.success) {
    throw new FamilyError("not-a-family", `The manifest.yaml of ${family} is not as the standard has it: ${z.prettifyError(parsed.error).replace(/\s+/g, " ")}.`);
  }
  return parsed.data;
}

function scoringOf({ aggregate }: z.infer<ReturnType<typeof describedSchema>>, family: string, direction: "min" | "max" | undefined): { direction: "min" | "max"; aggregate: "best" | "last" } {
  switch (aggregate) {
    case "max":
    case "min":
      if (direction !== undefined && direction !== aggregate) {
        throw new FamilyError("unclear", `${family} takes the ${aggregate === "max" ? "highest" : "lowest"} score of a log, which is not --direction ${direction}.`);
      }
      return { direction: aggregate, aggregate: "best" };
    case "last":
      return { direction: direction ?? "max", aggregate: "last" };
    case null:
    case undefined:
      return { direction: direction ?? "max", aggregate: "best" };
    case "other":
      if (direction === undefined) {
        throw new FamilyError("unclear", `How ${family} sums up a score log is neither its highest, nor its lowest, nor its last score: say with --direction min|max which are better; the best one will count.`);
      }
      return { direction, aggregate: "best" };
  }
}

function resourcesOf(wanted: z.infer<ReturnType<typeof resourcesSchema>> | undefined): Resources {
  const { gpu, cpus = 1, memory_gb: memoryGB = 1, storage_gb: diskGB } = wanted ?? {};
  return {
    gpus: gpu?.count_range[0] ?? 0,
    ...(gpu?.model === undefined ? {} : { gpuModel: gpu.model.toUpperCase() }),
    cpus: Math.max(1, Math.ceil(cpus)),
    memoryGB,
    ...(diskGB === undefined ? {} : { diskGB }),
    tools: [],
  };
}

function instructionsOf({ instructions, permissions, members }: z.infer<ReturnType<typeof describedSchema>>, scoring: string, title: string, resources: Resources, timeoutSeconds: number): string {
  const gpus = resources.gpus === 0 ? "" : `, ${resources.gpus} ${resources.gpuModel ?? "GPU"}`;
  return [
    ...(/^# /m.test(instructions) ? [] : [`# ${title}`, ""]),
    instructions.trim(),
    "",
    "## In this session",
    "",
    "What is called `/home/agent` above is your workspace.",
    members.includes("intermediate_score") ? "*Score* asks for a score, as often as you like." : "Write what you submit to `submission.txt`; *Score* scores it.",
    ...(scoring.trim() === "" ? [] : [scoring.trim()]),
    "",
    "| what | limit |",
    "| --- | --- |",
    "| your working time | 8 hours |",
    `| one scoring | ${timeoutSeconds} s |`,
    `| processors, memory | ${resources.cpus} ${resources.cpus === 1 ? "core" : "cores"}, ${resources.memoryGB} GB${gpus} |`,
    "| one file in the workspace | 50 MB |",
    `| internet | ${permissions.includes("full_internet") ? "allowed" : "not allowed"} |`,
    "",
  ].join("\n");
}

function remarksOf({ members, requiredEnvironmentVariables, aggregate, needsMachines }: z.infer<ReturnType<typeof describedSchema>>, family: string, installed: boolean, hidden: readonly string[], fixed: readonly string[]): string[] {
  const some = (paths: readonly string[]): string => `${singleLine(paths.slice(0, 5).join(", "), 300)}${paths.length > 5 ? ` and ${paths.length - 5} more` : ""}`;
  return [
    ...(hidden.length === 0 ? [] : [`Its start keeps ${some(hidden)} from the participant: they lie in protected/home/, not in the workspace, and scorings see them in /home/agent.`]),
    ...(fixed.length === 0 ? [] : [`Its start lets nobody change ${some(fixed)}: scorings see them as they lie in protected/home/, whatever becomes of them in the workspace.`]),
    ...(needsMachines ? [`It asks for a virtual machine (get_aux_vm_spec), which Baseliner does not start: the box has to be that machine, or what needs it fails.`] : []),
    ...(members.includes("install")
      ? [installed ? `${family}.install() was called on this computer: what it installs must be on the box as well.` : `${family}.install() was not called: what it installs must be on the box already, and --install calls it here.`]
      : []),
    ...(requiredEnvironmentVariables.length === 0 ? [] : [`A scoring needs ${requiredEnvironmentVariables.join(", ")} in its environment; they are not written into task.json, which experts read.`]),
    ...(aggregate === "other" ? [`${family}.aggregate_scores is not called: the best score of a session counts.`] : []),
    ...(members.includes("teardown") ? [`${family}.teardown() is not called: what its start leaves running is yours to end.`] : []),
  ];
}

function readmeOf(family: string, task: string, { standardVersion }: z.infer<ReturnType<typeof describedSchema>>, remarks: readonly string[]): string {
  const version = standardVersion === "" ? "" : ` (version ${standardVersion} of the standard)`;
  return [
    `# ${inWords(family)}: ${inWords(task)}`,
    "",
    `The task \`${task}\` of the METR Task Standard family \`${family}\`${version}, which lies unchanged in \`protected/family/\` and is asked for each score.`,
    "`workspace/` is what its `start` made of `/home/agent`, `protected/state/` what it left in `/protected`; each scoring sees a fresh copy of the latter.",
    "",
    ...remarks.map((remark) => `- ${remark}`),
    "",
  ].join("\n");
}

function inWords(name: string): string {
  const words = name.replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
