import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { loadTask } from "../tasks";
import type { KnownTask, RuleChoice } from "./known-tasks";
import { generalRuleSet, type RuleSet, taskRuleSet, taskRuleSetByProfile } from "./rule-set";
import { pathRoles } from "./rules";

/** Names under which tasks were published that tell nothing of their title. */
const alsoCalled: Readonly<Record<string, readonly string[]>> = { "optimize-kernel": ["triton cumsum"], "finetune-gpt2-qa": ["nanogpt chat rl"] };

/**
 * The rules of the task that each transcript names, where it is one of ours, else the general ones.
 * @param folder the folder of the tasks that come with Baseliner
 */
export async function rulesByTask(folder: string): Promise<RuleChoice> {
  const tasks: KnownTask[] = [];
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const loaded = await loadTask(join(folder, name)).catch(() => undefined);
    if (loaded?.task.rules !== undefined) {
      const { id, title } = loaded.task;
      tasks.push({ title, names: [id, title, ...(alsoCalled[id] ?? [])], own: await taskRuleSetByProfile(loaded), profiles: Object.keys(loaded.task.profiles), published: withGeneral(await taskRuleSet(loaded, "h100")) });
    }
  }
  return { otherwise: { rules: generalRuleSet(), task: "" }, tasks };
}

/** Rules of a task and all general ones: what a task's own scorer makes impossible may be possible elsewhere. */
function withGeneral(rules: RuleSet): RuleSet {
  const general = generalRuleSet();
  const known = new Set(general.rules.map(({ id }) => id));
  const sentences = new Map(rules.rules.map(({ id, sentence }) => [id, sentence]));
  return {
    ...rules,
    isOfTask: false,
    paths: Object.fromEntries(pathRoles.map((role) => [role, Array.from(new Set([...(general.paths[role] ?? []), ...(rules.paths[role] ?? [])]))])),
    rules: [...general.rules.map((rule) => ({ ...rule, ...(sentences.get(rule.id) === undefined ? {} : { sentence: sentences.get(rule.id) }) })), ...rules.rules.filter(({ id }) => !known.has(id))],
  };
}
