import { resolve } from "node:path";
import { singleLine } from "../base";
import { checkTask, describeProblem, loadTask, TaskError } from "../tasks";
import { localBox, type Outcome, parse, printJson, UsageError } from "./command";

/** `baseliner task check TASK`. */
export async function checkTaskCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {
    profile: { type: "string", default: "cpu" },
    repeats: { type: "string", default: "1" },
  });
  const [folder] = positionals;
  const repeats = Number(values.repeats);
  if (folder === undefined || !Number.isInteger(repeats) || repeats < 1) {
    throw new UsageError("task check needs a task folder, and --repeats a whole number from 1");
  }
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  try {
    const check = await checkTask(await loadTask(resolve(folder)), localBox(), {
      profile: values.profile,
      repeats,
      signal: stop.signal,
      onProgress: (step) => process.stderr.write(`${step}\n`),
    });
    if (values.json) {
      printJson(check);
    } else {
      for (const line of check.lines) {
        process.stdout.write(`${line.level.padEnd(7)}  ${line.subject}: ${singleLine(line.text, 1000)}\n`);
      }
    }
    return check.lines.some((line) => line.level === "failed") ? "failed" : "done";
  } catch (error) {
    if (error instanceof TaskError && error.problems.length > 0) {
      const problems = error.problems.map((problem) => ({ level: "failed", subject: "task.json", text: describeProblem(problem) }));
      if (values.json) {
        printJson({ task: folder, profile: values.profile, lines: problems });
      } else {
        for (const problem of problems) {
          process.stdout.write(`${problem.level.padEnd(7)}  ${problem.subject}: ${singleLine(problem.text, 1000)}\n`);
        }
      }
      return "failed";
    }
    throw error;
  }
}
