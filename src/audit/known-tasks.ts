import { sessionFormat, type TranscriptFacts } from "../transcripts";
import { type RuleSet, withCeilings } from "./rule-set";

/** The rules that a transcript is audited by, and whose they are: the title of a task, or nothing for the general ones. */
export interface ChosenRules {
  readonly rules: RuleSet;
  readonly task: string;
}

/** What transcripts may be audited by, by the task that they name. */
export interface RuleChoice {
  readonly otherwise: ChosenRules;
  readonly tasks: readonly KnownTask[];
}

/** A task that transcripts may name. */
export interface KnownTask {
  readonly title: string;
  readonly names: readonly string[];
  /** For sessions, which ran the task as it lies here, in the profile that they name; a session that names none is held to what is implausible in every profile. */
  readonly own: RuleSet;
  /** Names of its profiles. */
  readonly profiles: readonly string[];
  /** For the task under its published name, whose files, machines and scores are others. */
  readonly published: RuleSet;
}

/** The same rules for every transcript. */
export const sameRules = (rules: RuleSet, task = ""): RuleChoice => ({ otherwise: { rules, task }, tasks: [] });

/** Chooses by what a transcript says of itself, such as `ai_rd_fix_embedding/main` or `Fix Embedding`. */
export function chooseRules({ otherwise, tasks }: RuleChoice, facts: TranscriptFacts, format: string): ChosenRules {
  const named = [facts["task"], format === sessionFormat ? facts["title"] : undefined].flatMap((name) => (typeof name === "string" ? [inWords(name)] : []));
  const task = tasks.find(({ names }) => named.some((name) => names.some((one) => name.includes(inWords(one)))));
  const { profile } = facts;
  return task === undefined ? otherwise : { rules: format === sessionFormat ? withCeilings(task.own, typeof profile === "string" && task.profiles.includes(profile) ? [profile] : task.profiles) : task.published, task: task.title };
}

const inWords = (name: string): string => ` ${name.toLowerCase().replace(/[^a-z0-9]+/g, " ").trim()} `;
