/** Who solves: a person, or a program. */
export type SolverKind = "expert" | "agent";

/** Which score of a run counts: its best valid one, or its last valid one. */
export type Aggregate = "best" | "last";

/** What a task's scores are measured by. */
export interface Constants {
  /** Score of the starting solution; normalises to 0. */
  readonly start: number;
  /** Score of the reference solution; normalises to 1. */
  readonly reference: number;
}

/** Where a run was read from. */
export interface RunSource {
  /** Path as it was named, or as it was found below a folder that was named. */
  readonly path: string;
  /** Line, sample or run within that file; empty where the file is one run. */
  readonly part: string;
  /** Where it begins in a table, from 1 on; undefined where it is no line of a text. */
  readonly line?: number;
}

/** The scorings of a run in the order of their times. The lists are of one length. */
export interface AttemptLog {
  /** Working time in ms since the clock was started. */
  readonly atMs: Float64Array;
  /** Scores; NaN where an attempt was invalid. */
  readonly scores: Float64Array;
  /** What each attempt is called where it was read from: its number, or the id of its event. Undefined where that is their place, from 1 on. */
  readonly names: readonly string[] | undefined;
}

/** One scoring as a source tells it. */
export interface ReadAttempt {
  readonly name?: string | undefined;
  /** Working time in ms; undefined where the source tells none. */
  readonly atMs: number | undefined;
  /** NaN, null or infinite where it was invalid. */
  readonly score: number | null;
  /** Why it counts in no figure, such as the starting solution, scored off the clock. */
  readonly leftOut?: string | undefined;
}

/** A run as it was read, before the study says what task and group it belongs to. */
export interface ReadRun {
  readonly id: string;
  readonly source: RunSource;
  /** Names of the task, the most exact first; empty where the source names none. */
  readonly taskNames: readonly string[];
  readonly groupName: string | undefined;
  readonly kind: SolverKind | undefined;
  readonly limitMs: number | undefined;
  /** How long the run took by its own clock, in ms; undefined where that is not known. */
  readonly workedMs: number | undefined;
  readonly attempts: readonly ReadAttempt[];
  /** False where only the result is known, and not what was scored on the way. */
  readonly hasLog: boolean;
  /** Whether scores are as the task has them, or normalised already. */
  readonly scale: "raw" | "normalised";
  readonly constants: Constants | undefined;
  readonly aggregate: Aggregate | undefined;
  readonly isViolation: boolean;
}

/** A run of a study. */
export interface Run {
  readonly id: string;
  readonly source: RunSource;
  readonly task: string;
  readonly group: string;
  readonly kind: SolverKind;
  /** The run's time budget in ms. */
  readonly limitMs: number;
  /** How long it took, in ms: the budget where nothing else is known. */
  readonly workedMs: number;
  readonly attempts: AttemptLog;
  readonly hasLog: boolean;
  readonly isViolation: boolean;
  /** Best (or last) valid normalised score so far. */
  readonly trajectory: Trajectory;
}

/** Normalised score so far as a step function of working time: 0 before the first step. */
export interface Trajectory {
  /** When each step is taken, in ms, ascending. */
  readonly atMs: Float64Array;
  /** The score from there on. */
  readonly values: Float64Array;
}

/** A task of a study. */
export interface StudyTask {
  readonly name: string;
  readonly title: string;
  /** Undefined where all scores come normalised. */
  readonly constants: Constants | undefined;
  readonly aggregate: Aggregate;
}

/** Something that is not in the figures, or is in them in another way than it was read. */
export interface Remark {
  /** `left-out`: it counts in no figure. `note`: it counts, as the reason says. */
  readonly kind: "left-out" | "note";
  readonly what: "file" | "row" | "run" | "attempt";
  readonly source: RunSource;
  /** Name of the attempt where it is one, else empty. */
  readonly attempt: string;
  /** One clause. */
  readonly reason: string;
}

/** Takes what is read, one after the other, so that no source has to be held in memory. */
export interface Collector {
  run(run: ReadRun): void;
  remark(remark: Remark): void;
}

/** A remark about a source as a whole, a part of it, or one attempt. */
export function remark(kind: Remark["kind"], what: Remark["what"], source: RunSource, reason: string, attempt = ""): Remark {
  return { kind, what, source, attempt, reason };
}
