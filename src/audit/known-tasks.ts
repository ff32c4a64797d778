import { sessionFormat, type TranscriptEvent, type TranscriptFacts } from "../transcripts";
import { Pattern } from "./patterns";
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
  /** Expressions that all match where a solver is told to do it, in whatever words. */
  readonly told: readonly string[];
  /** For sessions, which ran the task as it lies here, in the profile that they name; a session that names none is held to what is implausible in every profile. */
  readonly own: RuleSet;
  /** Names of its profiles. */
  readonly profiles: readonly string[];
  /** For the task under its published name, whose files, machines and scores are others. */
  readonly published: RuleSet;
}

/** The same rules for every transcript. */
export const sameRules = (rules: RuleSet, task = ""): RuleChoice => ({ otherwise: { rules, task }, tasks: [] });

/** Of longer instructions the beginning tells which task it is. UTF-16 units. */
const maxTold = 32_000;
/** Of each event no more is read for that. */
export const maxToldBytes = 4 * maxTold;

/** So many events may stand before the first that does something, and be what the solver is told. */
export const maxFirstEvents = 16;

/** What a solver is told before it does anything, as far as the first events have it. Takes one after the other until it is complete. */
export class FirstTold {
  text = "";
  isComplete = false;
  private taken = 0;

  add({ kind, text }: Pick<TranscriptEvent, "kind" | "text">): void {
    if (this.isComplete) {
      return;
    }
    const acts = kind === "tool-call" || kind === "file-edit";
    this.text = `${this.text}${kind === "user" || kind === "system" ? `\n${text.slice(0, maxTold)}` : ""}`.slice(0, maxTold);
    this.isComplete = acts || ++this.taken >= maxFirstEvents || this.text.length >= maxTold;
  }
}

/** What a solver is told before it does anything, by the first events of a transcript. */
export function toldFirst(events: Iterable<Pick<TranscriptEvent, "kind" | "text">>): string {
  const told = new FirstTold();
  for (const event of events) {
    told.add(event);
  }
  return told.text;
}

/**
 * Chooses by what a transcript says of itself, such as `ai_rd_fix_embedding/main` or `Fix Embedding`, else by what the solver is told in it.
 * @param told what `toldFirst` gives
 */
export function chooseRules({ otherwise, tasks }: RuleChoice, facts: TranscriptFacts, format: string, told = ""): ChosenRules {
  const named = [facts["task"], format === sessionFormat ? facts["title"] : undefined].flatMap((name) => (typeof name === "string" ? [inWords(name)] : []));
  const task = tasks.find(({ names }) => named.some((name) => names.some((one) => name.includes(inWords(one))))) ?? (format === sessionFormat ? undefined : tasks.find((one) => isToldIn(one, told)));
  const { profile } = facts;
  return task === undefined ? otherwise : { rules: format === sessionFormat ? withCeilings(task.own, typeof profile === "string" && task.profiles.includes(profile) ? [profile] : task.profiles) : task.published, task: task.title };
}

const inWords = (name: string): string => ` ${name.toLowerCase().replace(/[^a-z0-9]+/g, " ").trim()} `;

const isToldIn = ({ told: expressions }: KnownTask, told: string): boolean => told !== "" && expressions.length > 0 && expressions.every((expression) => new Pattern(expression).test(told));
