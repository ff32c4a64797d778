import { analyse, type Analysis, loadStudy, type SeriesFigures, type Study, studySchema } from "../../src/analysis";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A run as a line of a runs file: elapsed minutes and raw scores, or a normalised result alone. */
export interface RowOptions {
  readonly id: string;
  readonly task?: string;
  readonly group?: string;
  readonly limitMinutes?: number;
  readonly attempts?: readonly (readonly [minutes: number, score: number | string | null])[];
  readonly score?: number | string | null;
}

/** One line of a runs file. Runs of the group `human` are experts'. */
export function row({ id, task = "t", group = "human", limitMinutes = 480, attempts, score }: RowOptions): string {
  const log = attempts === undefined ? { score } : { attempts: attempts.map(([minutes, value]) => [minutes * 60, value]) };
  return JSON.stringify({ run_id: id, task_id: task, alias: group, model: group, time_limit: limitMinutes * 60, ...log });
}

/** The study of files with these contents by name, and of what `study.json` says. */
export async function studyOf(files: Readonly<Record<string, string>>, study: Record<string, unknown> = {}): Promise<Study> {
  const folder = mkdtempSync(join(tmpdir(), "baseliner-analysis-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), content);
    }
    const named = (study["sources"] as { path: string }[] | undefined)?.map((source) => ({ ...source, path: join(folder, source.path) }));
    const paths = named === undefined ? [folder] : [];
    return await loadStudy(studySchema.parse({ format: 1, resamples: 100, ...study, sources: named ?? [] }), paths, { cache: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The study of a runs file with these lines. */
export async function studyOfRows(rows: readonly (RowOptions | string)[], study: Record<string, unknown> = {}): Promise<Study> {
  return await studyOf({ "runs.jsonl": rows.map((one) => (typeof one === "string" ? one : row(one))).join("\n") }, { tasks: { t: { start: 0, reference: 1 } }, ...study });
}

/** All figures of a runs file with these lines. */
export async function analysisOfRows(rows: readonly (RowOptions | string)[], study: Record<string, unknown> = {}): Promise<Analysis> {
  return await analyse(await studyOfRows(rows, study));
}

/** The figures of a group on the only task, or on the one that is named. */
export function figuresOf(analysis: Analysis, group: string, task?: string): SeriesFigures {
  const found = analysis.perTask.find(({ series, tasks }) => series.group === group && (task === undefined || tasks.includes(task)));
  if (found === undefined) {
    throw new Error(`no figures of ${group}`);
  }
  return found;
}
