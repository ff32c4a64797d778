import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type AuditedTranscript, auditMany, findTargets, htmlReport, isAtLeast, loadRules, markdownReport, type RuleChoice, rulesByTask, ruleSetOf, sameRules, sarifReport, type Severity, severities, taskRuleSet, textReport } from "../audit";
import { plainSystemReason, singleLine } from "../base";
import { loadTask } from "../tasks";
import { type Outcome, parse, printJson, UsageError } from "./command";

const formats = ["text", "json", "sarif", "markdown", "html"] as const;

/** `baseliner audit PATH…`. */
export async function auditCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, {
    task: { type: "string" },
    profile: { type: "string" },
    rules: { type: "string" },
    format: { type: "string", default: "text" },
    "fail-on": { type: "string" },
    results: { type: "string" },
    jobs: { type: "string" },
  });
  const format = values.json ? "json" : formats.find((known) => known === values.format);
  const failOn = severities.find((known) => known === values["fail-on"]);
  const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
  if (positionals.length === 0) {
    throw new UsageError("audit needs a transcript, or several, or folders of them");
  }
  if (format === undefined || (values["fail-on"] !== undefined && failOn === undefined) || (jobs !== undefined && !(Number.isInteger(jobs) && jobs > 0))) {
    throw new UsageError(`audit takes --format ${formats.join("|")}, --fail-on ${severities.join("|")} and --jobs with a whole number from 1`);
  }
  const rules = await rulesFor(values.task, values.profile, values.rules);
  const results = values.results === undefined ? undefined : await resultsFolder(values.results);
  const targets = await findTargets(positionals);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const audited: AuditedTranscript[] = [];
  const counts = { skipped: 0, known: 0 };
  const isReached = (limit: Severity, { findings }: AuditedTranscript): boolean => findings.some(({ severity }) => isAtLeast(severity, limit));
  const notKept = new Set<string>();
  const progress = progressOf(targets.length);
  try {
    await auditMany(targets, rules, { worker: join(__dirname, "audit-worker.js"), jobs, results, signal: stop.signal, onProgress: progress }, (_target, outcome) => {
      counts.known += outcome.isKnown ? 1 : 0;
      if (outcome.notKept !== undefined) {
        notKept.add(outcome.notKept);
      }
      if (outcome.audited === undefined) {
        counts.skipped++;
        return;
      }
      audited.push(outcome.audited);
      if (format === "text") {
        process.stdout.write(textReport(outcome.audited));
      }
    });
  } catch (error) {
    if (!stop.signal.aborted) {
      throw error;
    }
    const kept = results === undefined ? "nothing was kept; --results FOLDER keeps what is done" : `what was done is kept in ${values.results ?? ""}; the same command goes on there`;
    process.stderr.write(`\nStopped: ${kept}.\n`);
    return "failed";
  }
  print(format, audited);
  const unreadable = audited.filter(({ problem }) => problem !== undefined);
  if (targets.length > 1) {
    const known = counts.known > 0 ? `, ${counts.known} of them before` : "";
    const skipped = counts.skipped > 0 ? `; ${counts.skipped} files are no transcripts and were left out` : "";
    process.stderr.write(`${audited.length} transcripts audited${known}: ${audited.reduce((sum, { findings }) => sum + findings.length, 0)} findings in ${audited.filter(({ findings }) => findings.length > 0).length} of them${unreadable.length > 0 ? `; ${unreadable.length} could not be read to their end` : ""}${skipped}.\n`);
  }
  notKept.forEach((reason) => process.stderr.write(`Results could not be kept: ${singleLine(reason)}.\n`));
  return unreadable.length > 0 || (failOn !== undefined && audited.some((one) => isReached(failOn, one))) ? "failed" : "done";
}

function print(format: Exclude<(typeof formats)[number], undefined>, audited: readonly AuditedTranscript[]): void {
  if (format === "json") {
    printJson({ transcripts: audited });
  } else if (format === "sarif") {
    printJson(sarifReport(audited, (file) => resolve(file)));
  } else if (format === "markdown") {
    process.stdout.write(markdownReport(audited));
  } else if (format === "html") {
    process.stdout.write(htmlReport(audited));
  }
}

/** Says on stderr how far an audit of several files is: a line that is written over on a terminal, else now and then a line. */
function progressOf(of: number): (done: number, of: number, name: string) => void {
  const isTerminal = process.stderr.isTTY;
  const every = isTerminal ? 1 : Math.max(1, Math.ceil(of / 20));
  return (done, total, name) => {
    if (of > 1 && (done % every === 0 || done === total)) {
      const line = `${done} of ${total}: ${singleLine(name, 80)}`;
      process.stderr.write(isTerminal ? `\r\u001b[K${line}${done === total ? "\n" : ""}` : `${line}\n`);
    }
  };
}

async function resultsFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new UsageError(`results cannot be kept in ${path}: ${plainSystemReason(error)}`);
  }
  return resolve(path);
}

async function rulesFor(task: string | undefined, profile: string | undefined, rules: string | undefined): Promise<RuleChoice> {
  if (task !== undefined) {
    const loaded = await loadTask(resolve(task));
    return sameRules(await taskRuleSet(loaded, profile), loaded.task.title);
  }
  return rules === undefined ? await rulesByTask(join(__dirname, "..", "tasks")) : sameRules(ruleSetOf(await loadRules(resolve(rules)), [], undefined, true), rules);
}
