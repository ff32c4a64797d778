import { attemptLog } from "./attempt-log";
import { reBenchTasks, usualLimitMs } from "./re-bench";
import { type AttemptLog, type Collector, type Constants, type ReadRun, type Remark, remark, type Run, type SolverKind, type StudyTask } from "./run";
import type { StudyFile, StudySource } from "./study-file";
import { nothingReached, trajectoryOf } from "./trajectory";

/** Runs that can be compared, and what is to be said of those that cannot. */
export interface Study {
  readonly title: string;
  readonly file: StudyFile;
  /** In the order of their names. */
  readonly tasks: readonly StudyTask[];
  readonly runs: readonly Run[];
  readonly remarks: readonly Remark[];
}

/** A run whose task is known and whose attempts are in order. */
interface PlacedRun {
  readonly read: Omit<ReadRun, "attempts">;
  readonly task: string;
  readonly group: string;
  readonly kind: SolverKind;
  readonly limitMs: number;
  readonly attempts: AttemptLog;
}

/** Runs between two reports of how many have been read. */
const tellEvery = 500;

/** Puts together what the sources hold: tasks and groups by the study's names, attempts in order, one axis for each task. */
export class StudyBuilder implements Collector {
  private readonly remarks: Remark[] = [];
  private readonly placed: PlacedRun[] = [];
  private readonly seen = new Set<string>();
  private readonly taskNames: ReadonlyMap<string, string>;
  private readonly groupNames: ReadonlyMap<string, string>;
  private source: Partial<StudySource> = {};
  private tell: (() => void) | undefined;

  constructor(private readonly file: StudyFile) {
    this.taskNames = byName(file.tasks);
    this.groupNames = byName(file.groups);
  }

  /**
   * What the study says of the source that is read next.
   * @param tell called now and then while its runs are read
   */
  reading(source: Partial<StudySource>, tell?: () => void): void {
    this.source = source;
    this.tell = tell;
  }

  /** How many runs have been read by now. */
  get runCount(): number {
    return this.placed.length;
  }

  remark(one: Remark): void {
    this.remarks.push(one);
  }

  run(read: ReadRun): void {
    const task = this.taskOf(read);
    const { group, kind } = this.groupOf(read);
    const leaveOut = (reason: string): void => this.remark(remark("left-out", "run", read.source, reason));
    if (task === undefined) {
      leaveOut("which task it is of is not known; name the task of its source in study.json");
      return;
    }
    const excluded = this.file.exclude.find(({ run }) => run === read.id);
    if (excluded !== undefined || this.file.tasks[task]?.exclude === true || this.file.groups[group]?.exclude === true) {
      leaveOut(excluded === undefined ? "the study excludes its task or group" : `the study excludes it: ${excluded.reason}`);
      return;
    }
    const key = JSON.stringify([task, read.id]);
    if (this.seen.has(key)) {
      leaveOut(`it is a duplicate: a run ${read.id} of ${task} was read before`);
      return;
    }
    this.seen.add(key);
    const { attempts, ...rest } = read;
    const limitMs = this.limitOf(read, task);
    const { log, remarks } = attemptLog(attempts, limitMs, read.source);
    this.remarks.push(...remarks);
    this.placed.push({ read: rest, task, group, kind, limitMs, attempts: log });
    if (this.placed.length % tellEvery === 0) {
      this.tell?.();
    }
  }

  /** The study of all that was read. */
  build(): Study {
    const byTask = new Map<string, PlacedRun[]>();
    for (const run of this.placed) {
      const others = byTask.get(run.task);
      if (others === undefined) {
        byTask.set(run.task, [run]);
      } else {
        others.push(run);
      }
    }
    const tasks: StudyTask[] = [];
    const runs: Run[] = [];
    for (const [name, placed] of Array.from(byTask).sort(([one], [other]) => (one < other ? -1 : 1))) {
      const task = this.task(name, placed);
      const kept = placed.flatMap((run) => this.measured(run, task));
      if (kept.length > 0) {
        tasks.push(task);
        for (const run of kept) {
          runs.push(run);
        }
      }
    }
    return { title: this.file.title, file: this.file, tasks, runs, remarks: this.remarks };
  }

  private taskOf({ taskNames }: ReadRun): string | undefined {
    const names = this.source.task === undefined ? taskNames : [this.source.task];
    const known = names.find((name) => this.taskNames.has(name));
    const published = names.find((name) => Object.hasOwn(reBenchTasks, name));
    return (known === undefined ? undefined : this.taskNames.get(known)) ?? published ?? names[0];
  }

  private groupOf(read: ReadRun): { group: string; kind: SolverKind } {
    const named = this.source.group ?? read.groupName;
    const known = named === undefined ? undefined : (this.groupNames.get(named) ?? named);
    const kind = (known === undefined ? undefined : this.file.groups[known]?.kind) ?? this.source.kind ?? read.kind ?? "agent";
    return { group: known ?? (kind === "expert" ? "Experts" : "Agents"), kind };
  }

  private limitOf(read: ReadRun, task: string): number {
    const minutes = this.source.timeLimitMinutes ?? (read.limitMs === undefined ? this.file.tasks[task]?.timeLimitMinutes : read.limitMs / 60_000);
    if (minutes === undefined) {
      this.remark(remark("note", "run", read.source, "its time limit is not known; 8 hours are taken for it"));
      return usualLimitMs;
    }
    return Math.round(minutes * 60_000);
  }

  /** What the scores of a task are measured by: what the study says, else what is published, else what most of its runs say. */
  private task(name: string, runs: readonly PlacedRun[]): StudyTask {
    const said = this.file.tasks[name];
    const published = Object.hasOwn(reBenchTasks, name) ? reBenchTasks[name] : undefined;
    const own = said?.start === undefined || said.reference === undefined ? undefined : { start: said.start, reference: said.reference };
    return {
      name,
      title: said?.title ?? published?.title ?? name,
      constants: own ?? (published === undefined ? mostCommon(runs) : { start: published.start, reference: published.reference }),
      aggregate: said?.aggregate ?? published?.aggregate ?? runs.find(({ read }) => read.aggregate !== undefined)?.read.aggregate ?? "best",
    };
  }

  /** The run on its task's axis; none, with a remark, where it has no place there. */
  private measured({ read, attempts, ...run }: PlacedRun, task: StudyTask): Run[] {
    const leaveOut = (reason: string): Run[] => {
      this.remark(remark("left-out", "run", read.source, reason));
      return [];
    };
    const constants = read.scale === "normalised" ? undefined : task.constants;
    if (read.scale === "raw") {
      if (constants === undefined) {
        return leaveOut(`the start and reference scores of ${task.name} are not known; name them in study.json`);
      }
      if (constants.start === constants.reference) {
        return leaveOut(`the start and reference scores of ${task.name} are equal, so nothing can be normalised`);
      }
      if (read.constants !== undefined && !areSame(read.constants, constants)) {
        const { start, reference } = read.constants;
        const others = `it was scored with start ${start} and reference ${reference}`;
        if (this.file.tasks[task.name]?.start === undefined) {
          return leaveOut(`${others}, others of ${task.name} with ${constants.start} and ${constants.reference}`);
        }
        this.remark(remark("note", "run", read.source, `${others}; the study's ${constants.start} and ${constants.reference} hold`));
      }
    }
    if (read.isViolation) {
      const isOut = this.file.violations === "leave-out";
      const how = isOut ? "the study leaves such runs out" : this.file.violations === "zero" ? "it counts as 0" : "it counts as it is";
      this.remark(remark(isOut ? "left-out" : "note", "run", read.source, `its review says violation; ${how}`));
    }
    if (!attempts.scores.some((score) => !Number.isNaN(score))) {
      this.remark(remark("note", "run", read.source, attempts.scores.length === 0 ? "it has no attempt, so it counts as 0" : "it has no valid attempt, so it counts as 0"));
    }
    const trajectory = trajectoryOf(attempts, constants, task.aggregate);
    const { id, source, hasLog, isViolation } = read;
    return [{ id, source, ...run, workedMs: Math.min(run.limitMs, read.workedMs ?? run.limitMs), attempts, hasLog, isViolation, trajectory }];
  }
}

/** What a run counts with in this study; undefined where it is left out. */
export function counted(run: Run, violations: StudyFile["violations"]): Run | undefined {
  if (!run.isViolation || violations === "count") {
    return run;
  }
  return violations === "zero" ? { ...run, trajectory: nothingReached } : undefined;
}

function byName(named: Readonly<Record<string, { names: readonly string[] }>>): Map<string, string> {
  return new Map(Object.entries(named).flatMap(([name, { names }]) => [name, ...names].map((one): [string, string] => [one, name])));
}

function areSame(one: Constants, other: Constants): boolean {
  return one.start === other.start && one.reference === other.reference;
}

/** The constants that most runs have; of several as common, the first. */
function mostCommon(runs: readonly PlacedRun[]): Constants | undefined {
  const found: { constants: Constants; count: number }[] = [];
  for (const { read } of runs) {
    const { constants } = read;
    if (constants !== undefined) {
      const same = found.find((one) => areSame(one.constants, constants));
      if (same === undefined) {
        found.push({ constants, count: 1 });
      } else {
        same.count++;
      }
    }
  }
  return found.sort((one, other) => other.count - one.count)[0]?.constants;
}
