import { formatBytes } from "../../base";
import type { Scored } from "../scoring-result";
import type { Profile, Task } from "../task";
import { isBetter, normalise } from "../scores";
import type { CheckedScoring, CheckLine, Place } from "./report";

/** How far a measured score may lie from the constant of task.json, as a share of the way from start to reference. */
const tolerableDrift = 0.1;
/** How far the scores of one solution may lie apart, as a share of the way from start to reference. */
const tolerableNoise = 0.2;
const gigabyte = 1e9;

/** What the scorings of one solution say, and where what it is compared with stands. */
export interface ScoredSolution {
  readonly section: "start" | "reference";
  readonly subject: string;
  readonly scorings: readonly CheckedScoring[];
  /** Name of the box that scored. */
  readonly box: string;
  /** Score that task.json has for it. */
  readonly constant: number;
  readonly placeOfConstant: Place;
  readonly placeOfMemory: Place;
  /** What else the box was doing, where that makes times longer: a clause. */
  readonly busy?: string | undefined;
}

/** With this, scorers of this project begin to say what the box lacks. */
const environmentProblem = "Not scored, and not the solution's fault: ";

/** What the box lacks for a scoring, where that is why there is no score: no verdict on the solution. */
export function lackOf({ invalid }: Scored): string | undefined {
  if (invalid?.reason === "not-started") {
    return invalid.text;
  }
  return invalid?.text.startsWith(environmentProblem) === true ? invalid.text.slice(environmentProblem.length) : undefined;
}

/** Score, time and memory of a solution, and whether task.json says the same. */
export function scoreLines({ section, subject, scorings, box, constant, placeOfConstant, placeOfMemory, busy }: ScoredSolution, profile: Profile): CheckLine[] {
  const invalid = scorings.find(({ scored }) => scored.invalid !== null);
  if (invalid?.scored.invalid) {
    const lack = lackOf(invalid.scored);
    return [
      lack === undefined
        ? { section, level: "failed", subject, text: `is invalid: ${invalid.scored.invalid.text}` }
        : { section, level: "failed", subject, text: `cannot be scored on ${box}: ${lack}`, mend: "Nothing more was scored; it would have said the same." },
    ];
  }
  const distance = Math.abs(profile.reference - profile.start);
  const average = mean(scoresOf(scorings));
  const drifts = Math.abs(average - constant) / distance > tolerableDrift;
  const seconds = mean(scorings.map(({ durationMs }) => durationMs)) / 1000;
  const memory = peakOf(scorings);
  const needs = [`${seconds.toFixed(1)} s`, ...(memory === undefined ? [] : [formatBytes(memory)])].join(" and ");
  const text =
    `scores ${average.toFixed(3)} (normalised ${normalise(average, profile).toFixed(2)}), ${needs} a scoring; ` +
    (drifts ? `task.json says ${constant}, which does not hold on this box` : `task.json says ${constant}`);
  return [
    {
      section,
      level: drifts ? "warning" : "ok",
      subject,
      text,
      ...(drifts
        ? { place: placeOfConstant, mend: busy === undefined ? `Write ${average.toFixed(3)} there if this box is like those that experts get.` : `It was busy with other things (${busy}): measure again when it is not.` }
        : {}),
    },
    ...noiseLines(section, subject, scoresOf(scorings), distance),
    ...(memory === undefined || memory <= profile.resources.memoryGB * gigabyte
      ? []
      : [{ section, level: "warning" as const, subject: `memory of the ${subject}`, text: `${formatBytes(memory)} were in use at once; task.json asks of a box for ${profile.resources.memoryGB} GB`, place: placeOfMemory, mend: "Ask for more, or score with less." }]),
  ];
}

/** Whether the same solution scores the same, and if not, how far apart. */
function noiseLines(section: CheckLine["section"], subject: string, scores: readonly number[], distance: number): CheckLine[] {
  if (scores.length < 2) {
    return [];
  }
  const spread = Math.max(...scores) - Math.min(...scores);
  const share = spread / distance;
  const times = scores.length === 2 ? "twice" : `${scores.length} times`;
  return [
    {
      section,
      subject: `determinism of the ${subject}`,
      ...(spread === 0
        ? { level: "ok", text: `scored ${times}, it has the same score each time` }
        : share > tolerableNoise
          ? { level: "warning", text: `scored ${times}, its scores lie ${percent(share)} of the way from start to reference apart, so that luck decides much`, mend: "Measure longer or more often within one scoring." }
          : { level: "ok", text: `scored ${times}, its scores lie ${percent(share)} of the way from start to reference apart` }),
    },
  ];
}

/** Whether the reference solution is better than the starting one. */
export function compareLines(start: readonly CheckedScoring[], reference: readonly CheckedScoring[], direction: Task["scoring"]["direction"]): CheckLine[] {
  const [startScores, referenceScores] = [scoresOf(start), scoresOf(reference)];
  if (startScores.length === 0 || referenceScores.length === 0) {
    return [];
  }
  const subject = "reference and start";
  return isBetter(mean(referenceScores), mean(startScores), direction)
    ? [{ section: "reference", level: "ok", subject, text: "the reference is better" }]
    : [{ section: "reference", level: "failed", subject, text: "the reference is not better than the start" }];
}

/** The most memory of all scorings, in bytes. */
export function peakOf(scorings: readonly CheckedScoring[]): number | undefined {
  const peaks = scorings.flatMap(({ peakMemoryBytes }) => peakMemoryBytes ?? []);
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}

function scoresOf(scorings: readonly CheckedScoring[]): number[] {
  return scorings.flatMap(({ scored }) => (scored.score === null ? [] : [scored.score]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
