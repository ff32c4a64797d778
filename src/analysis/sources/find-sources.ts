import { open, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { plainSystemReason } from "../../base";
import { journalFileName } from "../../sessions";
import { type Collector, remark } from "../run";
import type { SourceFormat } from "../study-file";

/** One thing that holds runs. */
export interface FoundSource {
  readonly path: string;
  readonly format: SourceFormat;
}

const maxDepth = 6;

/**
 * What lies at a path: a session, one file, or all sessions and files below a folder in the order of their names. Files in a folder whose names
 * tell of no runs are passed over, and said so.
 */
export async function findSources(path: string, format: SourceFormat | undefined, collector: Collector): Promise<FoundSource[]> {
  const found: FoundSource[] = [];
  const visit = async (at: string, depth: number): Promise<void> => {
    let status;
    try {
      status = await stat(at);
    } catch (error) {
      collector.remark(remark("left-out", "file", { path: at, part: "" }, `it cannot be read: ${plainSystemReason(error)}`));
      return;
    }
    if (status.isDirectory()) {
      const names = (await readdir(at)).sort();
      if (names.includes(journalFileName)) {
        found.push({ path: at, format: "session" });
      } else if (names.includes("base_state.json") || depth > maxDepth) {
        found.push({ path: at, format: "transcript" });
      } else {
        for (const name of names.filter((one) => !one.startsWith(".") && one !== "study.json" && !one.endsWith(".review.json"))) {
          await visit(join(at, name), depth + 1);
        }
      }
    } else if (depth > 0 && format === undefined && ![".csv", ".jsonl", ".json", ".eval", ".traj", ".log"].includes(extname(at).toLowerCase())) {
      collector.remark(remark("left-out", "file", { path: at, part: "" }, "its name tells of no runs (.csv, .log, .json, .jsonl, .eval, .traj)"));
    } else {
      found.push({ path: at, format: format ?? (await formatOf(at)) });
    }
  };
  await visit(path, 0);
  return found;
}

/** Told by content: a CSV header with a score, lines of JSON with a run id and a score (MALT's rows have nodes), or else a transcript. */
async function formatOf(path: string): Promise<SourceFormat> {
  const beginning = await beginningOf(path);
  const firstLine = /^[^\r\n]*/.exec(beginning.replace(/^\uFEFF/, ""))?.[0] ?? "";
  if (extname(path).toLowerCase() === ".csv" || /(^|,)\s*"?score"?\s*(,|$)/i.test(firstLine)) {
    return "score-log";
  }
  const isRow = (line: string): boolean => line.startsWith("{") && /"run_id"\s*:/.test(line) && /"(score|score_cont|attempts|score_log)"\s*:/.test(line) && !/"nodes"\s*:/.test(line);
  return beginning.split("\n").some(isRow) ? "runs" : "transcript";
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) {
    return "";
  }
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
