import { spawn } from "node:child_process";
import type { PlainQuery } from "./messages";
import type { Matches } from "./search-text";

/**
 * Searches a text file with ripgrep. Yields byte offsets and lengths as {@link searchText} does.
 *
 * @param program path of ripgrep
 * @throws {Error} with ripgrep's own words, where the pattern is no regular expression or it cannot run
 */
export async function* searchWithRipgrep(program: string, path: string, query: PlainQuery, bytes: number, signal: AbortSignal): AsyncGenerator<Matches, void> {
  const options = ["--no-config", "--text", "--no-filename", "--no-line-number", "--no-heading", "--byte-offset", "--only-matching", "--color=never", "--encoding=none", "--no-mmap"];
  const pattern = [query.isRegex ? "--no-fixed-strings" : "--fixed-strings", query.isCaseSensitive ? "--case-sensitive" : "--ignore-case", `--regexp=${query.pattern}`];
  const child = spawn(program, [...options, ...pattern, "--", path], { stdio: ["ignore", "pipe", "pipe"], signal });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words = (words + chunk.toString("utf8")).slice(0, 2000)));
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  ended.catch(() => undefined);
  try {
    let rest = Buffer.alloc(0);
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const { matches, used } = parse(all, bytes);
      rest = Buffer.from(all.subarray(used));
      if (matches.starts.length > 0) {
        yield matches;
      }
    }
    const status = await ended;
    if (status !== 0 && status !== 1) {
      throw new Error(words.trim().split("\n").at(-1) ?? "ripgrep failed");
    }
  } finally {
    child.kill();
  }
}

/** Lines of `offset:match`; a line of the text ends where a match does at the latest. */
function parse(output: Buffer, limit: number): { matches: Matches; used: number } {
  const starts: number[] = [];
  const lengths: number[] = [];
  let used = 0;
  for (;;) {
    const end = output.indexOf(0x0a, used);
    if (end < 0) {
      break;
    }
    const colon = output.indexOf(0x3a, used);
    const start = Number(output.toString("latin1", used, colon));
    if (colon > used && colon < end && Number.isInteger(start) && start < limit && end - colon > 1) {
      starts.push(start);
      lengths.push(end - colon - 1);
    }
    used = end + 1;
  }
  return { matches: { starts: Float64Array.from(starts), lengths: Uint32Array.from(lengths) }, used };
}
