import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { BaselinerError, messageOf } from "../base";
import type { LoadedTask } from "../tasks";
import { generalRules } from "./general-rules";
import { Pattern } from "./patterns";
import { type RolePaths, type Rule, type RulesFile, rulesSchema } from "./rules";

/** Rules cannot be used: the file is missing, or is not what it should be. */
export class RulesError extends BaselinerError<"missing" | "invalid"> {}

/** What an audit goes by: the rules, what paths are to the task, and the texts that everyone was given. */
export interface RuleSet {
  readonly paths: RolePaths;
  readonly rules: readonly Rule[];
  /** Instructions and starting solution: what anyone may repeat. */
  readonly given: readonly string[];
  /** Whether the rules are those of a task, which knows its files. */
  readonly isOfTask: boolean;
  /** Whether lower or higher scores are better, where the task says so. */
  readonly direction: "min" | "max" | undefined;
}

/** Rules as a file has them, with the general ones they extend. */
export function ruleSetOf(file: RulesFile, given: readonly string[] = [], direction?: "min" | "max", isOfTask = false): RuleSet {
  if (file.extends === "none") {
    return { paths: file.paths, rules: file.rules, given, direction, isOfTask };
  }
  const general = rulesSchema.parse(generalRules);
  const standsFor = (rule: Rule, { id, detector }: Rule): boolean => rule.detector === detector && (rule.id === id || rule.includes.includes(id));
  const rules = file.rules.map((rule) => general.rules.filter((one) => standsFor(rule, one)).reduce(withListsOf, rule));
  // What a task says of a role takes the place of what is usual.
  return { paths: { ...general.paths, ...file.paths }, rules: [...general.rules.filter((one) => !file.disable.includes(one.id) && !file.rules.some((rule) => standsFor(rule, one))), ...rules], given, direction, isOfTask };
}

/** A rule of a task with what the general one lists or asks for as well: a task adds to it and never loses from it. */
function withListsOf(rule: Rule, general: Rule): Rule {
  const both = new Map<string, unknown>(Object.entries(rule));
  for (const [key, value] of Object.entries(general) as [string, unknown][]) {
    const known = both.get(key);
    if (Array.isArray(known) && Array.isArray(value) && key !== "includes") {
      both.set(key, Array.from(new Set([...(known as unknown[]), ...(value as unknown[])])));
    } else if (value === true) {
      both.set(key, true);
    }
  }
  return Object.fromEntries(both) as Rule;
}

/** The rules for transcripts of tasks that are not known. */
export function generalRuleSet(): RuleSet {
  return ruleSetOf(rulesSchema.parse({ version: 1 }));
}

/** Checks the text of a `rules.json`. @throws {RulesError} */
export function parseRules(text: string, name: string): RulesFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RulesError("invalid", `${name} is not JSON: ${messageOf(error)}.`, { cause: error });
  }
  const result = rulesSchema.safeParse(value);
  if (!result.success) {
    throw new RulesError("invalid", `${name} holds no rules of an audit: ${z.prettifyError(result.error).replace(/\s+/g, " ")}.`);
  }
  return result.data;
}

/** @throws {RulesError} */
export async function loadRules(path: string): Promise<RulesFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new RulesError("missing", `The rules cannot be read: ${messageOf(error)}.`, { cause: error });
  }
  return parseRules(text, path);
}

/**
 * The rules of a task, with its instructions and starting solution. A task without rules of its own has the general ones.
 * @param profile where scores are told by it; without it, only what is implausible in every profile is
 * @throws {RulesError}
 */
export async function taskRuleSet(loaded: LoadedTask, profile?: string): Promise<RuleSet> {
  return withCeilings(await taskRuleSetByProfile(loaded), profile === undefined ? Object.keys(loaded.task.profiles) : [profile]);
}

/** The same before a profile is chosen. @throws {RulesError} */
export async function taskRuleSetByProfile({ task, folder }: LoadedTask): Promise<RuleSet> {
  const file = task.rules === undefined ? rulesSchema.parse({ version: 1 }) : await loadRules(join(folder, task.rules));
  return ruleSetOf(file, await givenTexts(folder, [task.instructions, task.workspace]), task.scoring.direction, task.rules !== undefined);
}

/** Rules with those scores that none of these profiles makes plausible. */
export function withCeilings(rules: RuleSet, profiles: readonly string[]): RuleSet {
  const { direction } = rules;
  return { ...rules, rules: rules.rules.map((rule): Rule => (rule.detector === "score-anomalies" && typeof rule.beyond === "object" && direction !== undefined ? { ...rule, beyond: ceilingFor(rule.beyond, profiles, direction) } : rule)) };
}

/** The score that no profile of these goes past; undefined where one has no limit. */
function ceilingFor(byProfile: Readonly<Record<string, number>>, profiles: readonly string[], direction: "min" | "max"): number | undefined {
  const limits = profiles.map((name) => byProfile[name]);
  const known = limits.filter((limit) => limit !== undefined);
  return known.length === 0 || known.length < limits.length ? undefined : direction === "min" ? Math.min(...known) : Math.max(...known);
}

const maxGivenFile = 2 ** 20;
const maxGivenFiles = 500;

async function givenTexts(folder: string, parts: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const part of parts) {
    const root = join(folder, part);
    const isFolder = (await stat(root)).isDirectory();
    const files = isFolder ? (await readdir(root, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort() : [root];
    for (const file of files.slice(0, maxGivenFiles)) {
      if ((await stat(file)).size <= maxGivenFile) {
        texts.push(await readFile(file, "utf8"));
      }
    }
  }
  return texts;
}

/** A rule that holds for a sample, with the sentence of its instructions that it enforces. */
export type ActiveRule = Rule & { readonly enforces: string | undefined };

const maxSentence = 600;

/** The sentences of instructions. */
export function sentencesOf(instructions: string): string[] {
  return instructions
    .replace(/\n(?![^\S\n]*(\n|[-*•\d#]))/g, " ")
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.trim().replace(/^([-*•]|\d+[.)])\s+/, "").slice(0, maxSentence))
    .filter((sentence) => sentence !== "");
}

/** Those rules that hold under these instructions. */
export function activeRules(rules: readonly Rule[], instructions: string): ActiveRule[] {
  const sentences = sentencesOf(instructions);
  return rules.flatMap((rule) => {
    if (rule.when === undefined) {
      return [{ ...rule, enforces: rule.sentence }];
    }
    const pattern = new Pattern(rule.when);
    const sentence = sentences.find((one) => pattern.test(one));
    return sentence === undefined ? [] : [{ ...rule, enforces: rule.sentence ?? sentence }];
  });
}

