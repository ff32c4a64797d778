import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import * as z from "zod";

/**
 * As much of a review as is needed here: the last verdict that was given. Reviews are written elsewhere, by the room that audits, and hold
 * more.
 */
const reviewSchema = z.object({ entries: z.array(z.object({ type: z.string(), data: z.unknown() })) });
const verdictSchema = z.object({ verdict: z.string() });

/** @throws where the text is no review */
function verdictIn(text: string): string | undefined {
  const { entries } = reviewSchema.parse(JSON.parse(text));
  const given = entries.findLast(({ type }) => type === "verdict.given");
  return given === undefined ? undefined : verdictSchema.parse(given.data).verdict;
}

/**
 * Whether a review beside this file or folder says that rules were broken. Reviews of `run.eval` are `run.eval.review.json`,
 * `run.review.json`, and one for each reviewer with a name in between: `run.eval.alice.review.json`. Of a session they also lie in its folder. Of several
 * reviewers one who says so is enough.
 *
 * @returns also the names of reviews that could not be read
 */
export async function verdictBeside(path: string): Promise<{ isViolation: boolean; unreadable: string[] }> {
  const folder = dirname(path);
  const name = basename(path);
  const short = `${basename(path, extname(path))}.review.json`;
  const beside = (await readdir(folder).catch(() => [])).filter((one) => one.startsWith(`${name}.`) || one === short).map((one) => join(folder, one));
  const within = (await readdir(path).catch(() => [])).map((one) => join(path, one));
  const reviews = [...beside, ...within].filter((one) => one.endsWith(".review.json"));
  const unreadable: string[] = [];
  let isViolation = false;
  for (const review of reviews) {
    try {
      const isBroken = verdictIn(await readFile(review, "utf8")) === "violation";
      isViolation ||= isBroken;
    } catch {
      unreadable.push(review);
    }
  }
  return { isViolation, unreadable };
}
