import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import { messageOf, singleLine } from "../base";
import { loadSsh, type SshBox } from "../boxes";
import { checkRules, parseRules } from "../audit";
import { checkSections, checkTask, type CheckLine, type CheckSection, describeProblem, loadTask, placeOfProblem, type TaskCheck, TaskError, TaskOnBox } from "../tasks";
import { localBox, type Outcome, parse, printJson, printTable, sshOptions, UsageError } from "./command";
import { tellOverriddenVariables } from "./overridden-variables";

/** So many scorings that are not timed run beside each other, unless told: each is a program or two. */
const mostJobs = 4;

/** What came of one task among several. */
interface CheckedTask extends Pick<TaskCheck, "task" | "profile" | "lines"> {
  /** Wall time in ms. */
  readonly durationMs: number;
}

interface CheckRequest {
  readonly profile: string;
  readonly repeats: number;
  readonly only: readonly CheckSection[] | undefined;
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Where scorings run, if not here. */
  readonly box: SshBox | undefined;
  /** Stands before each step. */
  readonly prefix: string;
  readonly onLine: (line: CheckLine) => void;
}

/** `baseliner task check TASK…`. */
export async function checkTaskCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {
    profile: { type: "string", default: "cpu" },
    repeats: { type: "string", default: "1" },
    jobs: { type: "string", default: String(Math.min(mostJobs, availableParallelism())) },
    only: { type: "string" },
    box: { type: "string" },
    "host-key": { type: "string" },
  });
  const only = values.only?.split(",").map((name) => {
    const section = checkSections.find((known) => known === name);
    if (section === undefined) {
      throw new UsageError(`--only takes parts of a check: ${checkSections.join(", ")}`);
    }
    return section;
  });
  if (positionals.length === 0) {
    throw new UsageError("task check needs the folder of a task, or several");
  }
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new UsageError("stopped; nothing was left behind")));
  const request = { profile: values.profile, repeats: wholeNumber(values.repeats, "--repeats"), only, jobs: wholeNumber(values.jobs, "--jobs"), signal: stop.signal };
  const checked: CheckedTask[] = [];
  const connection = values.box === undefined ? undefined : await connect(values.box, values["host-key"]);
  const checkAll = async (): Promise<void> => {
    for (const [index, folder] of positionals.entries()) {
      const began = Date.now();
      const several = positionals.length > 1;
      if (several && !values.json) {
        process.stdout.write(`${index === 0 ? "" : "\n"}── ${singleLine(basename(resolve(folder)), 200)} ──\n`);
      }
      const found = await checkOne(folder, {
        ...request,
        box: connection?.box,
        prefix: several ? `${index + 1} of ${positionals.length} tasks, ` : "",
        onLine: (line) => (values.json ? undefined : printLine(line)),
      });
      checked.push({ ...found, durationMs: Date.now() - began });
    }
  };
  try {
    await checkAll();
  } finally {
    connection?.close();
  }
  if (values.json) {
    printJson(positionals.length === 1 ? checked[0] : { tasks: checked });
  } else if (checked.length > 1) {
    printSummary(checked);
  }
  return checked.some(({ lines }) => count(lines, "failed") > 0) ? "failed" : "done";
}

/** A task that cannot be loaded is a finding too: others are checked all the same. */
async function checkOne(folder: string, { profile, repeats, only, jobs, signal, box, prefix, onLine }: CheckRequest): Promise<TaskCheck> {
  const nothing = { task: basename(resolve(folder)), profile, scorings: { start: [], reference: [] } };
  const all = (lines: CheckLine[]): CheckLine[] => {
    lines.forEach(onLine);
    return lines;
  };
  let there: TaskOnBox | undefined;
  try {
    const task = await loadTask(resolve(folder));
    if (box === undefined) {
      tellOverriddenVariables(task, profile);
    }
    there = box === undefined ? undefined : await TaskOnBox.send(task, box, signal);
    const check = await checkTask(task, localBox(), {
      profile,
      ...(there === undefined ? {} : { there }),
      repeats,
      only,
      sideBySide: jobs,
      signal,
      onProgress: (step, done, steps) => process.stderr.write(`${prefix}${done + 1}/${steps} ${singleLine(step)}\n`),
      onLine,
      rulesProblem,
    });
    const enforced = only === undefined || only.includes("files") ? all([...(await checkRules(task))]) : [];
    return { ...check, lines: [...check.lines, ...enforced] };
  } catch (error) {
    // One among several that is not there at all is told with the rest.
    if (!(error instanceof TaskError) || (error.problems.length === 0 && prefix === "")) {
      throw error;
    }
    if (error.problems.length === 0) {
      return { ...nothing, lines: all([{ section: "files", level: "failed", subject: "task.json", text: messageOf(error) }]) };
    }
    const text = readFileSync(error.file, "utf8");
    return {
      ...nothing,
      lines: all(error.problems.map((problem) => ({ section: "files", level: "failed", subject: "task.json", text: describeProblem(problem), place: placeOfProblem(text, problem) }))),
    };
  } finally {
    await there?.remove();
  }
}

async function connect(target: string, hostKey: string | undefined): Promise<{ box: SshBox; close: () => void }> {
  const ssh = await loadSsh();
  const options = sshOptions(hostKey === undefined ? undefined : [hostKey]);
  const connection = new ssh.SshConnection(await ssh.resolveTarget(target, options), options);
  await connection.connect();
  return { box: new ssh.SshBox(connection), close: () => connection.close() };
}

function wholeNumber(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new UsageError(`${option} takes a whole number from 1`);
  }
  return value;
}

function rulesProblem(text: string): string | undefined {
  try {
    parseRules(text, "rules.json");
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** `failed   task.json:12: subject: text`. */
function printLine({ level, subject, text, mend, place }: CheckLine): void {
  const where = place === undefined ? "" : `${singleLine(place.file, 200)}:${place.line}: `;
  process.stdout.write(`${level.padEnd(7)}  ${where}${singleLine(subject, 200)}: ${singleLine(text, 1000)}${mend === undefined ? "" : ` (${singleLine(mend)})`}\n`);
}

function printSummary(checked: readonly CheckedTask[]): void {
  const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
  process.stdout.write("\n");
  printTable([
    ["task", "outcome", "ok", "warnings", "failed", "time"],
    ...checked.map(({ task, lines, durationMs }) => [task, count(lines, "failed") > 0 ? "FAILED" : "passed", ...(["ok", "warning", "failed"] as const).map((level) => String(count(lines, level))), seconds(durationMs)]),
  ]);
  const failed = checked.filter(({ lines }) => count(lines, "failed") > 0).length;
  const time = seconds(checked.reduce((sum, { durationMs }) => sum + durationMs, 0));
  process.stdout.write(`${failed === 0 ? `All ${checked.length} tasks passed` : `${failed} of ${checked.length} tasks failed`} (${time})\n`);
}

function count(lines: readonly CheckLine[], wanted: CheckLine["level"]): number {
  return lines.filter(({ level }) => level === wanted).length;
}
