import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { formatBytes, singleLine } from "../base";
import {
  createTask,
  importFamily,
  type LoadedTask,
  loadTask,
  normalise,
  profileOf,
  referenceSolution,
  scoreSolution,
  solutionInFolder,
  type SolutionMaker,
  startingSolution,
} from "../tasks";
import { localBox, type Outcome, parse, printJson, UsageError } from "./command";
import { tellOverriddenVariables } from "./overridden-variables";

/** `baseliner task new FOLDER`. */
export async function newTaskCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { title: { type: "string" } });
  const [folder] = positionals;
  if (folder === undefined) {
    throw new UsageError("task new needs the folder to make, whose name becomes the id of the task");
  }
  const made = await createTask(join(__dirname, "..", "templates", "task"), folder, values.title);
  if (values.json) {
    printJson({ task: made });
  } else {
    process.stdout.write(`${made}\nRead its README.md, then: baseliner task check ${folder}\n`);
  }
  return "done";
}

/** `baseliner task import FAMILY --to FOLDER`. */
export async function importTaskCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {
    task: { type: "string" },
    to: { type: "string" },
    start: { type: "string" },
    reference: { type: "string" },
    direction: { type: "string" },
    timeout: { type: "string", default: "3600" },
    install: { type: "boolean", default: false },
  });
  const [family] = positionals;
  if (family === undefined || values.to === undefined) {
    throw new UsageError("task import needs the folder of a family, and --to the folder to make");
  }
  const { direction } = values;
  if (direction !== undefined && direction !== "min" && direction !== "max") {
    throw new UsageError("--direction is min or max");
  }
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new UsageError("stopped; nothing was left behind")));
  const { folder, remarks } = await importFamily(join(__dirname, "..", "templates", "task-standard"), localBox(), {
    family,
    task: values.task,
    to: values.to,
    start: optionalNumber(values.start, "--start"),
    reference: optionalNumber(values.reference, "--reference"),
    direction,
    timeoutSeconds: optionalNumber(values.timeout, "--timeout") ?? 3600,
    install: values.install,
    signal: stop.signal,
    onProgress: (step) => process.stderr.write(`${step}\n`),
  });
  if (values.json) {
    printJson({ task: folder, remarks });
  } else {
    process.stdout.write(`${[folder, ...remarks.map((remark) => `- ${singleLine(remark, 1000)}`)].join("\n")}\n`);
  }
  return "done";
}

function optionalNumber(text: string | undefined, option: string): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new UsageError(`${option} takes a number`);
  }
  return value;
}

/** `baseliner task score TASK --on start|reference|FOLDER`. */
export async function scoreTaskCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { on: { type: "string", default: "start" }, profile: { type: "string", default: "cpu" } });
  const [folder] = positionals;
  if (folder === undefined) {
    throw new UsageError("task score needs a task folder, and --on start, reference or a folder");
  }
  const loaded = await loadTask(resolve(folder));
  const profile = profileOf(loaded, values.profile);
  tellOverriddenVariables(loaded, values.profile);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new UsageError("stopped; nothing was kept")));
  // Where the result is to be read by a program, what the scoring prints does not get into it.
  const { scored, durationMs, peakMemoryBytes } = await scoreSolution(loaded, localBox(), await solutionNamed(loaded, values.on), {
    profile: values.profile,
    signal: stop.signal,
    onOutput: (stream, bytes) => {
      (stream === "stderr" || values.json ? process.stderr : process.stdout).write(bytes);
      return Promise.resolve();
    },
  });
  const normalised = scored.score === null ? null : normalise(scored.score, profile);
  if (values.json) {
    printJson({ score: scored.score, normalised, message: scored.message, invalid: scored.invalid?.text ?? null, durationMs, peakMemoryBytes: peakMemoryBytes ?? null });
  } else {
    const needed = [`${(durationMs / 1000).toFixed(1)} s`, ...(peakMemoryBytes === undefined ? [] : [formatBytes(peakMemoryBytes)])].join(", ");
    process.stdout.write(normalised === null ? `invalid: ${singleLine(scored.invalid?.text ?? "", 1000)} (${needed})\n` : `score ${scored.score ?? ""}, normalised ${normalised.toFixed(2)} (${needed})\n`);
  }
  return scored.score === null ? "failed" : "done";
}

async function solutionNamed(loaded: LoadedTask, on: string): Promise<SolutionMaker> {
  if (on === "start") {
    return startingSolution(loaded);
  }
  if (on === "reference") {
    const make = referenceSolution(loaded);
    if (make === undefined || !existsSync(join(loaded.folder, loaded.task.reference ?? ""))) {
      throw new UsageError("the reference solution of this task is not here: its author keeps it");
    }
    return make;
  }
  if (!(await stat(on).catch(() => undefined))?.isDirectory()) {
    throw new UsageError(`${singleLine(on)} is neither start nor reference nor a folder`);
  }
  return solutionInFolder(resolve(on));
}
