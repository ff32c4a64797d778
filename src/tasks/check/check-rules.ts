import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { messageOf, once } from "../../base";
import type { Box } from "../../boxes";
import type { LoadedTask } from "../load-task";
import { lineOf } from "./places";
import type { CheckLine } from "./report";

const subject = "rules";

/** As much of `rules.json` as names something outside of it. The audit's own schema has all of it. */
const namingSchema = once(() =>
  z.object({
    paths: z.record(z.string(), z.array(z.string())).default({}),
    rules: z.array(z.object({ id: z.string().default(""), sentence: z.string().optional() })).default([]),
  }),
);

/** Roles whose paths are files of the task itself. What others name comes into being in a session, or on a box. */
const rolesOfFiles = ["reference", "scorer", "solution", "timedScripts", "testData"];

/**
 * Whether the rules name things that exist: files of the task, and sentences of its instructions.
 * @param problemOf what is wrong with the text of a `rules.json` by the audit's own schema, if anything
 */
export async function checkRules({ folder, task }: LoadedTask, box: Box, problemOf: ((text: string) => string | undefined) | undefined): Promise<CheckLine[]> {
  const { rules: file } = task;
  if (file === undefined) {
    const text = "task.json names no rules, so an audit knows the general ones alone";
    return [{ section: "files", level: "warning", subject, text, mend: "Write rules.json and name it in task.json.", place: { file: "task.json", line: 1 } }];
  }
  const text = await readFile(join(folder, file), "utf8");
  const at = (...path: (string | number)[]): number => lineOf(text, path);
  const line = (level: CheckLine["level"], said: string, number: number): CheckLine => ({ section: "files", level, subject, text: said, place: { file, line: number } });
  let rules: z.infer<ReturnType<typeof namingSchema>>;
  try {
    const problem = problemOf?.(text);
    if (problem !== undefined) {
      return [line("failed", problem, 1)];
    }
    rules = namingSchema().parse(JSON.parse(text));
  } catch (error) {
    return [line("failed", `holds no rules: ${messageOf(error)}`, 1)];
  }

  const names = new Set([...(await box.scan(folder, { ignore: ["__pycache__/", ".git/"], maxFileBytes: 0 })).keys()].flatMap((path) => path.split("/")));
  const lines: CheckLine[] = [];
  for (const role of rolesOfFiles) {
    for (const [index, path] of (rules.paths[role] ?? []).entries()) {
      const last = path.split("/").filter((part) => part !== "" && part !== "**").at(-1) ?? "";
      if (!last.includes("*") && last !== "" && !names.has(last)) {
        lines.push(line("warning", `${path} is named as ${role} and nothing in the task is called ${last}`, at("paths", role, index)));
      }
    }
  }
  const instructions = comparable(await readFile(join(folder, task.instructions), "utf8"));
  for (const [index, { id, sentence }] of rules.rules.entries()) {
    if (sentence !== undefined && !instructions.includes(comparable(sentence.replace(/^(not allowed|allowed|forbidden)\s*:/i, "")))) {
      lines.push(line("warning", `the sentence of the rule ${id} is not in the instructions: nobody was told “${sentence}”`, at("rules", index, "sentence")));
    }
  }
  return lines.length > 0 ? lines : [{ section: "files", level: "ok", subject, text: "name files that exist and sentences that the instructions have" }];
}

/** Text without its marks, so that emphasis, line breaks and closing dots make no difference. */
function comparable(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]+/gu, " ")
    .trim();
}
