import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import * as z from "zod";

const word = z.string();

/**
 * As much of a review as is needed here. Reviews are written elsewhere and hold more; a verdict may be a word or an object with one, and the
 * last of a list counts.
 */
const reviewSchema = z.object({
  verdict: z.union([word, z.object({ verdict: word }).transform(({ verdict }) => verdict), z.object({ value: word }).transform(({ value }) => value)]).nullish(),
});

/**
 * Whether a review beside this file or folder says that rules were broken. Reviews of `run.eval` are `run.eval.review.json`,
 * `run.review.json`, and one for each reviewer with a name in between: `run.eval.alice.review.json`.
 *
 * @returns also the names of reviews that could not be read
 */
export async function verdictBeside(path: string): Promise<{ isViolation: boolean; unreadable: string[] }> {
  const folder = dirname(path);
  const names = [basename(path), basename(path, extname(path))];
  const there = await readdir(folder).catch(() => []);
  const reviews = there.filter((name) => name.endsWith(".review.json") && names.some((own) => name.startsWith(`${own}.`)));
  const unreadable: string[] = [];
  let isViolation = false;
  for (const name of reviews) {
    try {
      const { verdict } = reviewSchema.parse(JSON.parse(await readFile(join(folder, name), "utf8")));
      isViolation ||= verdict === "violation";
    } catch {
      unreadable.push(join(folder, name));
    }
  }
  return { isViolation, unreadable };
}
