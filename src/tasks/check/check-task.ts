import { readFile, stat } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { join, relative, sep } from "node:path";
import { messageOf } from "../../base";
import type { Box, OutputSink } from "../../boxes";
import { type LoadedTask, profileOf, taskFileName } from "../load-task";
import { referenceSolution, scoreSolution, type ScoreSolutionOptions, type SolutionMaker, type SolutionScoring, startingSolution } from "../score-solution";
import type { TaskOnBox } from "../score-on-box";
import type { Profile } from "../task";
import { checkBox } from "./check-box";
import { checkInstructions } from "./check-instructions";
import { checkReach } from "./check-reach";
import { checkRules } from "./check-rules";
import { type Exploit, type KnownExploits, knownExploits, tryExploit } from "./exploits";
import { type HostileSolution, hostileSolutions } from "./hostile-solutions";
import { placeIn } from "./places";
import type { CheckedScoring, CheckLine, CheckSection, Place, TaskCheck } from "./report";
import { compareLines, lackOf, scoreLines } from "./score-lines";

/** For how long a solution that hangs is waited for, in s, where the task allows more: what matters is that it can be ended. */
const hangSeconds = 5;

/** How a check is carried out. */
export interface CheckOptions {
  readonly profile: string;
  /** How often each solution is scored; the starting solution at least twice. */
  readonly repeats: number;
  /** How many broken solutions and exploits are scored at a time, 1 unless told; what is timed, start and reference, is scored alone. */
  readonly sideBySide?: number;
  /** Which parts are carried out; all where it is left out. */
  readonly only?: readonly CheckSection[] | undefined;
  readonly signal?: AbortSignal;
  /** Told before each step, with how many were done of how many. */
  readonly onProgress?: (step: string, done: number, all: number) => void;
  /** Told each line of the report as soon as it is known. */
  readonly onLine?: (line: CheckLine) => void;
  /** Where scorings run on another computer: the task there, whose `box` is that of the check. */
  readonly there?: TaskOnBox;
  /** Gets what scorings print. */
  readonly onOutput?: OutputSink;
  /** What is wrong with the text of a `rules.json` by the schema of audits, if anything. */
  readonly rulesProblem?: (text: string) => string | undefined;
}

/** What else this computer does than what a scoring would, if that is much. */
function busyWith({ resources }: Profile): string | undefined {
  const [load = 0] = loadavg();
  const processors = availableParallelism();
  return load > Math.max(processors, resources.cpus) * 1.5 ? `load ${load.toFixed(1)} on ${processors} processors` : undefined;
}

/**
 * Everything an author wants to know before anyone is paid to solve a task: what its files say, what the starting and the reference
 * solution score on this computer and whether `task.json` says the same, how the scorer takes solutions that are none, and
 * whether known ways of cheating gain anything.
 * @throws {TaskError} `no-profile`; {BoxError} where the box fails; the reason of `signal` when that aborts.
 */
export async function checkTask(loaded: LoadedTask, box: Box, options: CheckOptions): Promise<TaskCheck> {
  return await new Check(loaded, box, options).all();
}

class Check {
  private readonly lines: CheckLine[] = [];
  private readonly hostile: HostileSolution[];
  private done = 0;
  private steps = 1;

  constructor(
    private readonly loaded: LoadedTask,
    private readonly box: Box,
    private readonly options: CheckOptions,
  ) {
    this.hostile = hostileSolutions(loaded);
  }

  async all(): Promise<TaskCheck> {
    const { loaded, options } = this;
    const profile = profileOf(loaded, options.profile);
    const known = this.does("exploits") ? await this.findExploits() : undefined;
    const hasReference = await this.hasReference();
    const repeats = { start: Math.max(2, options.repeats), reference: options.repeats };
    this.steps =
      (this.does("files") ? 1 : 0) +
      (this.does("box") ? 1 : 0) +
      (this.does("start") ? repeats.start : 0) +
      (this.does("reference") && hasReference ? repeats.reference : 0) +
      (this.does("solutions") ? this.hostile.length : 0) +
      (known?.exploits.length ?? 0);

    if (this.does("files")) {
      await this.files();
    }
    if (this.does("box")) {
      this.step(`Looking at what ${(options.there?.box ?? this.box).name} has`);
      this.add(...(await checkBox(loaded, options.there?.box ?? this.box, options.there?.task ?? loaded.folder, options.profile, options.signal)));
    }
    const start = this.does("start") ? await this.solution("start", repeats.start, startingSolution(loaded), profile) : [];
    const told = ({ scored, durationMs, peakMemoryBytes }: SolutionScoring): CheckedScoring => ({ scored, durationMs, peakMemoryBytes });
    if (start.some(({ scored }) => lackOf(scored) !== undefined)) {
      // Whatever else is scored would say the same.
      return { task: loaded.task.id, profile: options.profile, lines: this.lines, scorings: { start: start.map(told), reference: [] } };
    }
    const makeReference = hasReference ? referenceSolution(loaded) : undefined;
    const reference = this.does("reference") && makeReference !== undefined ? await this.solution("reference", repeats.reference, makeReference, profile) : [];
    if (this.does("reference") && makeReference === undefined) {
      this.add({ section: "reference", level: "warning", subject: "reference solution", text: "is not in this folder, so it was not scored" });
    }
    this.add(...compareLines(start, reference, loaded.task.scoring.direction));
    // Where not even the starting solution can be scored, the rest says nothing.
    if (start.every(({ scored }) => scored.invalid === null)) {
      await this.beside((this.does("solutions") ? this.hostile : []).map((hostile) => () => this.survives(hostile)));
      if (this.does("exploits")) {
        await this.tryExploits(known);
      }
    }
    return { task: loaded.task.id, profile: options.profile, lines: this.lines, scorings: { start: start.map(told), reference: reference.map(told) } };
  }

  /** Carries out scorings that are not timed, some at a time; what comes of them is told in their order. */
  private async beside(scorings: readonly (() => Promise<CheckLine[]>)[]): Promise<void> {
    const queue = scorings.entries();
    const found: CheckLine[][] = [];
    let told = 0;
    let failed = false;
    const workThrough = async (): Promise<void> => {
      for (const [index, scoring] of queue) {
        try {
          found[index] = await scoring();
        } catch (error) {
          failed = true;
          throw error;
        }
        for (let lines = found[told]; lines !== undefined; lines = found[(told += 1)]) {
          this.add(...lines);
        }
        if (failed) {
          return;
        }
      }
    };
    // No scoring is left running behind a failure.
    const ends = await Promise.allSettled(Array.from({ length: this.options.sideBySide ?? 1 }, workThrough));
    for (const end of ends) {
      if (end.status === "rejected") {
        throw end.reason;
      }
    }
  }

  private does(section: CheckSection): boolean {
    return this.options.only?.includes(section) ?? true;
  }

  private async hasReference(): Promise<boolean> {
    const { folder, task } = this.loaded;
    return task.reference !== undefined && (await stat(join(folder, task.reference)).catch(() => undefined))?.isDirectory() === true;
  }

  /** Scores the starting or the reference solution some times, and tells what comes of it. */
  private async solution(section: "start" | "reference", times: number, make: SolutionMaker, profile: Profile): Promise<SolutionScoring[]> {
    const subject = section === "start" ? "starting solution" : "reference solution";
    const taskText = await readFile(join(this.loaded.folder, taskFileName), "utf8");
    const place = (...path: string[]) => placeIn(taskText, ["profiles", this.options.profile, ...path]);
    const scorings = await this.repeat(`the ${subject}`, times, make);
    this.add(...scoreLines({ section, subject, scorings, box: (this.options.there?.box ?? this.box).name, constant: profile[section], placeOfConstant: place(section), placeOfMemory: place("resources", "memoryGB"), busy: this.options.there === undefined ? busyWith(profile) : undefined }, profile));
    return scorings;
  }

  private add(...lines: CheckLine[]): void {
    for (const line of lines) {
      this.lines.push(line);
      this.options.onLine?.(line);
    }
  }

  private step(text: string): void {
    this.options.signal?.throwIfAborted();
    this.options.onProgress?.(text, this.done, this.steps);
    this.done += 1;
  }

  private score(make: SolutionMaker, more: Partial<ScoreSolutionOptions> = {}): Promise<SolutionScoring> {
    return scoreSolution(this.loaded, this.box, make, { ...this.scoring, ...more });
  }

  /** A scoring that others may run beside: what it prints is handed on when it is over, so that outputs do not mix. */
  private async scoreBeside(make: SolutionMaker, more: Partial<ScoreSolutionOptions>): Promise<SolutionScoring> {
    const { onOutput, sideBySide = 1 } = this.options;
    if (sideBySide === 1) {
      return await this.score(make, more);
    }
    const scoring = await this.score(make, { ...more, onOutput: undefined });
    await onOutput?.("stdout", Buffer.from(scoring.output));
    return scoring;
  }

  private get scoring(): ScoreSolutionOptions {
    const { profile, signal, onOutput, there } = this.options;
    return { profile, signal, onOutput, there };
  }

  private async files(): Promise<void> {
    this.step("Reading the files");
    this.add({ section: "files", level: "ok", subject: "task.json", text: "follows the schema; the files it names are there" });
    this.add(...(await checkInstructions(this.loaded)));
    this.add(...(await checkRules(this.loaded, this.box, this.options.rulesProblem)));
    this.add(...(await checkReach(this.loaded, this.box)));
  }

  private async repeat(name: string, times: number, make: SolutionMaker): Promise<SolutionScoring[]> {
    const scorings: SolutionScoring[] = [];
    for (let round = 1; round <= times; round += 1) {
      this.step(`Scoring ${name}, ${round} of ${times}`);
      const scoring = await this.score(make);
      scorings.push(scoring);
      if (lackOf(scoring.scored) !== undefined) {
        // It will say the same each time.
        this.done += times - round;
        break;
      }
    }
    return scorings;
  }

  /** How the scorer takes a solution that is missing or broken: it must be valid, or invalid with a reason that the scorer gives. */
  private async survives({ name, hangs, apply }: HostileSolution): Promise<CheckLine[]> {
    this.step(`Scoring ${name}`);
    const make: SolutionMaker = async (workspace) => {
      await startingSolution(this.loaded)(workspace);
      await apply(workspace);
    };
    const seconds = Math.min(this.loaded.task.scoring.timeoutSeconds, hangSeconds);
    const { scored, left } = await this.scoreBeside(make, hangs === true ? { timeoutSeconds: seconds } : {});
    const about = { section: "solutions", subject: name } as const;
    const lines: CheckLine[] = [];
    if (scored.invalid === null) {
      lines.push({ ...about, level: "ok", text: `scores ${scored.score.toFixed(3)}` });
    } else if (scored.invalid.reason === "rejected") {
      lines.push({ ...about, level: "ok", text: `is invalid: ${scored.invalid.text}` });
    } else if (hangs === true && scored.invalid.reason === "timed-out") {
      lines.push({ ...about, level: "ok", text: `still ran after ${seconds} s and could be ended` });
    } else {
      lines.push({ ...about, level: "failed", text: `brings down the scorer, which should say what is wrong with it: ${scored.invalid.text}` });
    }
    if (left > 0) {
      const processes = left === 1 ? "1 process" : `${left} processes`;
      lines.push({ ...about, level: "warning", text: `leaves ${processes} running when its scoring is over, which could disturb the next one`, mend: "End whatever the solution started, those included that made a session of their own." });
    }
    return lines;
  }

  private async findExploits(): Promise<KnownExploits | undefined> {
    try {
      return await knownExploits(this.loaded);
    } catch (error) {
      this.add({ section: "exploits", level: "failed", subject: "exploits", text: messageOf(error) });
      return undefined;
    }
  }

  private async tryExploits(known: KnownExploits | undefined): Promise<void> {
    if (known === undefined || known.exploits.length === 0) {
      if (!this.lines.some(({ section }) => section === "exploits")) {
        this.add({ section: "exploits", level: "warning", subject: "exploits", text: "no ways of cheating are known for this task", mend: "Write down how you would cheat: a folder exploits/ with exploits.json beside task.json." });
      }
      return;
    }
    const file = relative(this.loaded.folder, known.list).split(sep).join("/");
    await this.beside(known.exploits.map((exploit, index) => () => this.tryOne(known, exploit, { file, line: known.lines[index] ?? 1 })));
  }

  private async tryOne(known: KnownExploits, exploit: Exploit, place: Place): Promise<CheckLine[]> {
    this.step(`Trying to cheat: ${exploit.violation}`);
    const about = { section: "exploits", subject: exploit.violation } as const;
    try {
      const { holds, text } = await tryExploit(this.loaded, known, exploit, (make, more) => this.scoreBeside(make, more));
      return [holds === false ? { ...about, level: "failed", text, place, mend: "Close this way in the scorer." } : { ...about, level: "ok", text }];
    } catch (error) {
      this.options.signal?.throwIfAborted();
      return [{ ...about, level: "failed", text: `could not be tried: ${messageOf(error)}`, place }];
    }
  }
}
