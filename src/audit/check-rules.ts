import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CheckLine, LoadedTask, Place } from "../tasks";
import { generalRules } from "./general-rules";
import { activeRules, loadRules, RulesError, ruleSetOf } from "./rule-set";
import type { Rule, RulesFile } from "./rules";

const subject = "rules";

/**
 * What an audit can make of a task's `rules.json`: each rule enforces a sentence, each sentence under *Rules* is enforced or is left to
 * readers, and what rules name of the workspace's modules is there. That files and sentences exist, the check of the task sees to.
 */
export async function checkRules({ folder, task }: LoadedTask): Promise<CheckLine[]> {
  if (task.rules === undefined) {
    return [];
  }
  let file: RulesFile;
  try {
    file = await loadRules(join(folder, task.rules));
  } catch (error) {
    if (error instanceof RulesError) {
      return [{ section: "files", level: "failed", subject, text: error.message, place: { file: task.rules, line: 1 } }];
    }
    throw error;
  }
  const source = await readFile(join(folder, task.rules), "utf8");
  const place = (quoted: string): Place => ({ file: task.rules ?? "", line: Math.max(1, source.slice(0, Math.max(0, source.indexOf(JSON.stringify(quoted)))).split("\n").length) });
  const failed = (text: string, at: string): CheckLine => ({ section: "files", level: "failed", subject, text, place: place(at) });
  const instructions = await readFile(join(folder, task.instructions), "utf8");
  const files = await filesOf(folder);
  const lines: CheckLine[] = [
    // What no instructions say, such as which scores are plausible, needs no sentence.
    ...file.rules.filter(({ sentence, when, detector }) => sentence === undefined && when === undefined && detector !== "score-anomalies").map(({ id }) => failed(`${id} enforces no sentence of the instructions`, id)),
    ...file.disable.filter((id) => !(generalRules.rules ?? []).some((rule) => rule.id === id)).map((id) => failed(`${id} is disabled, and no general rule has that id`, id)),
    ...(await membersMissing(file.rules, join(folder, task.workspace), files)).map((name) => failed(`${name} is not in the workspace`, name)),
  ];
  const enforced = activeRules(ruleSetOf(file).rules, instructions).flatMap(({ enforces }) => (enforces === undefined ? [] : [plain(enforces)]));
  const left = rulesIn(instructions).filter((rule) => !enforced.some((sentence) => plain(rule).includes(sentence) || sentence.includes(plain(rule))));
  return [...lines, ...(lines.length > 0 ? [] : [{ section: "files" as const, level: "ok" as const, subject, text: `enforce ${rulesIn(instructions).length - left.length} of ${rulesIn(instructions).length} rules of the instructions${left.length === 0 ? "" : `; readers have to see to: ${left.join(" ")}`}` }])];
}

const plain = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The list items under *Rules*. */
function rulesIn(instructions: string): string[] {
  const heading = /^#+ Rules\s*$/im.exec(instructions);
  const section = heading === null ? "" : (instructions.slice(heading.index + heading[0].length).split(/^#+ /m)[0] ?? "");
  return section.split(/^[^\S\n]*[-*] /m).slice(1).map((item) => plain(item.split(/\n\s*\n/)[0] ?? ""));
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile() && !entry.parentPath.includes("__pycache__")).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

/** Members of modules of the workspace that rules name and that these do not define. */
async function membersMissing(rules: readonly Rule[], workspace: string, files: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const name of rules.flatMap((rule) => (rule.detector === "forbidden-access" ? [...rule.names, ...rule.calls] : rule.detector === "tampering" ? rule.call : []))) {
    const [module = "", member = ""] = name.split(".");
    if (files.some((file) => file.endsWith(`/${module}.py`)) && /^\w+$/.test(member)) {
      const text = await readFile(join(workspace, `${module}.py`), "utf8").catch(() => "");
      if (!new RegExp(`^(def|class|async def) ${member}\\b|^(?=[^#\\n=]*=)[^#\\n=]*\\b${member}\\b`, "m").test(text)) {
        missing.push(name);
      }
    }
  }
  return missing;
}
