import type { Series } from "./samples";
import { counted, type Study } from "./study";
import type { StudyFile } from "./study-file";
import { resultOf } from "./trajectory";

/** What becomes of a series' mean result, averaged over tasks, by what is done with runs whose review says violation. */
export interface ViolationEffect {
  readonly label: string;
  readonly runs: number;
  readonly violations: number;
  /** Mean normalised results; NaN where no run is left. */
  readonly results: Readonly<Record<StudyFile["violations"], number>>;
}

/** For each series with such runs; empty where no review says violation. */
export function violationEffects({ runs }: Study, series: readonly Series[]): ViolationEffect[] {
  return series
    .filter(({ lengthMs, limitMs }) => lengthMs === limitMs)
    .flatMap(({ group, limitMs, label }): ViolationEffect[] => {
      const own = runs.filter((run) => run.group === group && run.limitMs === limitMs);
      const violations = own.filter(({ isViolation }) => isViolation).length;
      if (violations === 0) {
        return [];
      }
      const mean = (treatment: StudyFile["violations"]): number => {
        const byTask = new Map<string, number[]>();
        for (const run of own) {
          const kept = counted(run, treatment);
          if (kept !== undefined) {
            const results = byTask.get(run.task) ?? [];
            byTask.set(run.task, results);
            results.push(resultOf(kept.trajectory));
          }
        }
        const means = Array.from(byTask.values(), (results) => results.reduce((sum, result) => sum + result, 0) / results.length);
        return means.reduce((sum, one) => sum + one, 0) / means.length;
      };
      return [{ label, runs: own.length, violations, results: { zero: mean("zero"), "leave-out": mean("leave-out"), count: mean("count") } }];
    });
}
