import * as fc from "fast-check";
import { expect, it } from "vitest";
import { scoreAtK } from "../../../src/analysis";
import { drawCounts } from "../../../src/analysis/random";
import { fixedPlaces, placesOfK, TaskResampler, trajectoryPlace } from "../../../src/analysis/resample";
import type { Run } from "../../../src/analysis/run";
import { layOut, samplesOf, type SeriesSample, seriesOf } from "../../../src/analysis/samples";
import { firstImprovement, resultOf } from "../../../src/analysis/trajectory";
import { type RowOptions, studyOfRows } from "../../support/analysis";

/** The runs of a list that a resample draws, each as often as it is drawn. */
function drawn(runs: readonly Run[], seed: number, resample: number): Run[] {
  const counts = new Uint32Array(runs.length);
  drawCounts(counts, seed, resample);
  return runs.flatMap((run, place) => Array.from({ length: counts[place] ?? 0 }, () => run));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const scoreAt = ({ trajectory: { atMs, values } }: Run, moment: number): number => values[atMs.findLastIndex((time) => time <= moment)] ?? 0;

/** When the mean of the experts' scores so far first is as high as a score. */
function humanTime(experts: readonly Run[], score: number): number {
  if (score <= 1e-9) {
    return 0;
  }
  const moments = experts.flatMap(({ trajectory }) => [...trajectory.atMs]).sort((one, other) => one - other);
  return moments.find((moment) => mean(experts.map((run) => scoreAt(run, moment))) >= score - 1e-9) ?? Infinity;
}

function percentile(experts: readonly Run[], score: number): number {
  return 100 * mean(experts.map((run) => (resultOf(run.trajectory) < score ? 1 : resultOf(run.trajectory) === score ? 0.5 : 0)));
}

/** Every statistic of a sample by its definition, from the runs that were drawn. */
function byDefinition({ sample, pointsMs, budgets }: SeriesSample, runs: readonly Run[], experts: readonly Run[]): number[] {
  const results = runs.map(({ trajectory }) => resultOf(trajectory));
  const isAgents = sample.experts !== undefined;
  const improvements = runs.map(({ trajectory }) => firstImprovement(trajectory)).sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
  return [
    mean(results),
    mean(results.map((result) => (result > 0 ? 1 : 0))),
    mean(results.map((result) => (result >= 1 ? 1 : 0))),
    isAgents ? mean(results.map((result) => percentile(experts, result))) : NaN,
    isAgents ? humanTime(experts, mean(results)) : NaN,
    runs.reduce((sum, { attempts }) => sum + attempts.scores.length, 0) / runs.reduce((sum, { workedMs }) => sum + workedMs / 3_600_000, 0),
    improvements[Math.ceil(runs.length / 2) - 1] ?? NaN,
    ...budgets.flatMap(({ k }) => {
      const score = sample.isMean ? mean(results) : scoreAtK(results, k);
      return [score, isAgents ? percentile(experts, score) : NaN, isAgents ? humanTime(experts, score) : NaN];
    }),
    ...Array.from(pointsMs, (moment) => mean(runs.map((run) => scoreAt(run, moment)))),
  ];
}

it("computes from the runs that each resample draws what the definitions say, and from every run once the figures themselves", async () => {
  // Scores that sums of a few of them hit exactly only where they are equal.
  const attempts = fc.array(fc.tuple(fc.double({ min: 0, max: 60, noNaN: true }), fc.constantFrom(null, -0.31, 0.137, 0.2713, 0.49, 0.77, 1, 1.618)), { maxLength: 6 });
  const logs = fc.array(attempts, { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(logs, logs, fc.constantFrom("best", "last"), fc.nat(50), async (people, agents, aggregate, from) => {
      const rows = [...people.map((log, index): RowOptions => ({ id: `h${index}`, limitMinutes: 60, attempts: log })), ...agents.map((log, index): RowOptions => ({ id: `a${index}`, group: "bot", limitMinutes: 60, attempts: log }))];
      const study = await studyOfRows(rows, { tasks: { t: { start: 0, reference: 1, aggregate } }, k: [1, 2, 3, 5, 6, 9], budgetsHours: [1, 4, 7] });
      const [task] = layOut(study, seriesOf(study));
      if (task?.yardstick === undefined) {
        throw new Error("no experts");
      }
      const resampler = new TaskResampler(samplesOf(task));
      for (const first of [-1, from]) {
        const rowCount = first < 0 ? 1 : 3;
        const values = new Float64Array(rowCount * resampler.width);
        resampler.evaluate(first, rowCount, values, 0);
        for (let resample = 0; resample < rowCount; resample++) {
          const runsOf = (runs: readonly Run[], seed: number): readonly Run[] => (first < 0 ? runs : drawn(runs, seed, first + resample));
          const experts = runsOf(task.experts, task.yardstick.seed);
          let at = resample * resampler.width;
          for (const one of task.samples) {
            const expected = byDefinition(one, one.sample.isYardstick ? experts : runsOf(one.runs, one.sample.seed), experts);
            for (const [place, value] of expected.entries()) {
              const seen = values[at + place] ?? NaN;
              // A percentile of a score@k jumps where the score is an expert's own, but for its last digit.
              const isJump = place >= fixedPlaces && place < trajectoryPlace(one.sample) && (place - fixedPlaces) % placesOfK === 1;
              if (!isJump && !(Object.is(seen, value) || Math.abs(seen - value) < 1e-9 * Math.max(1, Math.abs(value)))) {
                expect.fail(`${one.series.label}, place ${place} of resample ${first + resample}: ${seen} instead of ${value}`);
              }
            }
            at += expected.length;
          }
        }
      }
    }),
    { numRuns: 40 },
  );
});
