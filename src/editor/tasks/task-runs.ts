import { availableParallelism } from "node:os";
import { basename } from "node:path";
import * as vscode from "vscode";
import { BaselinerError, formatBytes, formatScore, labelText, messageOf, singleLine } from "../../base";
import { checkRules, parseRules } from "../../audit";
import type { Box, OutputStream } from "../../boxes";
import { checkTask, type CheckLine, type CheckOptions, type LoadedTask, normalise, profileOf, referenceSolution, scoreSolution, solutionInFolder, type SolutionScoring, startingSolution, taskVersions } from "../../tasks";
import { views } from "../../contributions";
import { LiveTerminal, StreamView } from "../live-terminal";
import type { TaskProblems } from "../task-problems";
import { countLevels, type KeptResult, type KeptResults, keptScoring, type TaskRunKind } from "./task-results";
import type { TaskTarget } from "./task-rows";
import type { TasksTree } from "./tasks-tree";

/** Something cannot be run on a task now. */
export class TaskRunError extends BaselinerError<"busy" | "untrusted" | "no-reference" | "no-task"> {}

/** A solution that can be scored by hand. */
export type ChosenSolution = { readonly kind: "start" | "reference" } | { readonly kind: "folder"; readonly path: string };

/** Runs scorings and checks for authors, one at a time, with live output and in a way that can be cancelled. */
export class TaskRuns implements vscode.Disposable {
  private readonly terminal = new LiveTerminal("Baseliner Task", () => this.cancel());
  private stop: AbortController | undefined;
  private streams = newStreams();

  constructor(
    private readonly tasks: TasksTree,
    private readonly problems: TaskProblems,
    private readonly box: () => Box,
  ) {}

  cancel(): void {
    this.stop?.abort(new Cancelled());
  }

  /** Scores one solution and keeps the result of starting and reference solution. */
  async score(loaded: LoadedTask, profile: string, solution: ChosenSolution): Promise<void> {
    const make = solution.kind === "folder" ? solutionInFolder(solution.path) : solution.kind === "start" ? startingSolution(loaded) : referenceSolution(loaded);
    if (make === undefined) {
      throw new TaskRunError("no-reference", vscode.l10n.t("The reference solution of this task is not here."));
    }
    const name = nameOf(solution);
    const kind = solution.kind === "folder" ? undefined : solution.kind;
    await this.run(loaded, profile, kind, vscode.l10n.t("Scoring {0}", name), async (signal, keep) => {
      const scoring = await scoreSolution(loaded, this.box(), make, { profile, signal, onOutput: (stream, bytes) => this.show(stream, bytes) });
      if (kind !== undefined) {
        keep({ [kind]: { scorings: [keptScoring(scoring)] } });
      }
      return saidOfScoring(loaded, profile, scoring);
    });
  }

  /** Tries the known exploits. */
  async tryExploits(loaded: LoadedTask, profile: string): Promise<void> {
    await this.run(loaded, profile, "exploits", vscode.l10n.t("Trying exploits"), async (signal, keep) => {
      const { lines } = await checkTask(loaded, this.box(), { ...this.checkOptions(profile, signal), only: ["exploits"] });
      keep({ exploits: { lines } });
      return saidOfLines(lines);
    });
  }

  /** Checks all of a task. Resolves with whether it was finished. */
  async check(loaded: LoadedTask, profile: string): Promise<boolean> {
    return await this.run(loaded, profile, "check", vscode.l10n.t("Checking"), async (signal, keep) => {
      const { lines: checked, scorings } = await checkTask(loaded, this.box(), this.checkOptions(profile, signal));
      const lines = [...checked, ...(await checkRules(loaded))];
      const [start, reference] = [scorings.start.map(keptScoring), scorings.reference.map(keptScoring)];
      const exploits = lines.filter(({ section }) => section === "exploits");
      keep({
        check: { lines, scorings: start, reference },
        start: { scorings: start },
        ...(reference.length === 0 ? {} : { reference: { scorings: reference } }),
        ...(exploits.length === 0 ? {} : { exploits: { lines: exploits } }),
      });
      this.problems.reportCheck(loaded.folder, lines);
      return saidOfLines(lines);
    });
  }

  private checkOptions(profile: string, signal: AbortSignal): CheckOptions {
    return {
      profile,
      repeats: 1,
      sideBySide: Math.min(4, availableParallelism()),
      signal,
      onProgress: (step, done, all) => {
        this.step(vscode.l10n.t("{0} of {1}: {2}", done + 1, all, singleLine(step)));
        this.say(`\r\n\u001b[1m${done + 1}/${all}  ${singleLine(step)}\u001b[0m`);
      },
      onLine: (line) => this.say(coloured(line)),
      onOutput: (stream, bytes) => this.show(stream, bytes),
      rulesProblem: (text) => {
        try {
          parseRules(text, "rules.json");
          return undefined;
        } catch (error) {
          return messageOf(error);
        }
      },
    };
  }

  /** @returns whether it was finished */
  private async run(loaded: LoadedTask, profile: string, kind: TaskRunKind | undefined, title: string, work: (signal: AbortSignal, keep: (results: NewResults) => void) => Promise<string>): Promise<boolean> {
    if (!vscode.workspace.isTrusted) {
      throw new TaskRunError("untrusted", vscode.l10n.t("This workspace is not trusted, so nothing of it is run; trust it first."));
    }
    if (this.stop !== undefined) {
      throw new TaskRunError("busy", vscode.l10n.t("A task is being scored already; wait for it, or cancel it."));
    }
    const stop = (this.stop = new AbortController());
    const target: TaskTarget = { folder: loaded.folder, profile, ...(kind === undefined ? {} : { kind }) };
    const began = Date.now();
    // A view that cannot be unfolded now is no reason to run nothing.
    await this.tasks.unfold(target).then(undefined, () => undefined);
    this.tasks.running = { ...target, step: title };
    this.streams = newStreams();
    this.terminal.reveal();
    this.say(`\u001b[1m${title}: ${singleLine(loaded.task.id)} (${singleLine(profile)})\u001b[0m  ${new Date(began).toLocaleTimeString()}  ${vscode.l10n.t("Esc twice cancels")}`);
    try {
      const versions = await taskVersions(loaded);
      const kept: KeptResults = {};
      const said = await vscode.window.withProgress({ location: { viewId: views.tasks } }, () =>
        work(stop.signal, (results) => {
          for (const [name, result] of Object.entries(results)) {
            kept[name as TaskRunKind] = { at: Date.now(), durationMs: Date.now() - began, versions, scorings: result.scorings ?? [], reference: result.reference ?? [], lines: [...(result.lines ?? [])] };
          }
        }),
      );
      await this.tasks.results.keep(loaded.folder, profile, kept);
      this.say(`\r\n\u001b[1m${title}: ${said}\u001b[0m\r\n`);
      vscode.window.setStatusBarMessage(labelText(`${loaded.task.id}: ${said}`, 80), 8000);
      return true;
    } catch (error) {
      this.say(`\r\n\u001b[1m${error instanceof Cancelled ? vscode.l10n.t("Cancelled.") : singleLine(messageOf(error), 1000)}\u001b[0m\r\n`);
      if (error instanceof Cancelled) {
        return false;
      }
      throw error;
    } finally {
      this.stop = undefined;
      this.tasks.running = undefined;
      this.tasks.refresh();
    }
  }

  private step(text: string): void {
    if (this.tasks.running !== undefined) {
      this.tasks.running = { ...this.tasks.running, step: text };
    }
  }

  /** A line between outputs. */
  private say(line: string): void {
    this.terminal.write(`${this.streams.stdout.end()}${this.streams.stderr.end()}${line}\r\n`);
    this.streams = newStreams();
  }

  private show(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    this.terminal.write(this.streams[stream].next(bytes));
    return Promise.resolve();
  }

  dispose(): void {
    this.cancel();
    this.terminal.dispose();
  }
}

function nameOf(solution: ChosenSolution): string {
  switch (solution.kind) {
    case "start":
      return vscode.l10n.t("starting solution");
    case "reference":
      return vscode.l10n.t("reference solution");
    case "folder":
      return singleLine(basename(solution.path));
  }
}

/** The person cancelled it. */
class Cancelled extends Error {}

type NewResults = Partial<Record<TaskRunKind, Partial<Pick<KeptResult, "scorings" | "reference">> & { readonly lines?: readonly CheckLine[] }>>;

function newStreams(): Record<OutputStream, StreamView> {
  const cut = vscode.l10n.t("… more output follows; the end of it is shown when it is over.");
  return { stdout: new StreamView(cut), stderr: new StreamView(cut) };
}

function saidOfScoring(loaded: LoadedTask, profile: string, { scored, durationMs, peakMemoryBytes }: SolutionScoring): string {
  const needed = [vscode.l10n.t("{0} s", (durationMs / 1000).toFixed(1)), ...(peakMemoryBytes === undefined ? [] : [formatBytes(peakMemoryBytes)])].join(", ");
  return scored.invalid === null
    ? vscode.l10n.t("{0}, normalised {1} ({2})", formatScore(scored.score), normalise(scored.score, profileOf(loaded, profile)).toFixed(2), needed)
    : vscode.l10n.t("invalid: {0} ({1})", singleLine(scored.invalid.text, 500), needed);
}

function saidOfLines(lines: readonly CheckLine[]): string {
  const { ok, warning, failed } = countLevels(lines);
  const parts = [vscode.l10n.t("{0} hold", ok), warning === 1 ? vscode.l10n.t("1 warning") : warning > 1 ? vscode.l10n.t("{0} warnings", warning) : "", failed > 0 ? vscode.l10n.t("{0} failed", failed) : ""];
  return parts.filter((part) => part !== "").join(", ");
}

function coloured({ level, subject, text }: CheckLine): string {
  const sign = { ok: "\u001b[32m✓", warning: "\u001b[33m⚠", failed: "\u001b[31m✗" }[level];
  return `${sign}\u001b[0m \u001b[1m${singleLine(subject)}\u001b[0m ${singleLine(text, 1000)}`;
}
