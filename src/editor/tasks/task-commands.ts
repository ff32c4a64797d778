import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import { labelText } from "../../base";
import { type LoadedTask, taskFileName } from "../../tasks";
import type { BoxAccess } from "../box-access";
import { debugScorer } from "./debug-scorer";
import { seeBoxAsExpert } from "./expert-view";
import { newTask } from "./new-task";
import type { TaskReports } from "./task-reports";
import type { TaskTarget } from "./task-rows";
import { type ChosenSolution, TaskRunError, type TaskRuns } from "./task-runs";
import type { TasksTree } from "./tasks-tree";

/** The parts of the editor that are about tasks. */
export interface TaskParts {
  readonly context: vscode.ExtensionContext;
  readonly tasks: TasksTree;
  readonly taskRuns: TaskRuns;
  readonly taskReports: TaskReports;
  readonly access: BoxAccess;
}

type TaskCommand = "checkTask" | "runScorer" | "tryExploits" | "cancelTaskRun" | "showCheckReport" | "debugScorer" | "seeBoxAsExpert" | "newTask" | "refreshTasks";

/** What the commands for authors do. Each takes a row of the *Tasks* view, or asks which task and profile. */
export function taskActions({ context, tasks, taskRuns, taskReports, access }: TaskParts): Record<TaskCommand, (row: unknown) => Promise<void>> {
  const withTask = (title: string, act: (loaded: LoadedTask, profile: string, target: TaskTarget) => Promise<void>) => async (row: unknown): Promise<void> => {
    const target = targetOf(row);
    const loaded = await chooseTask(tasks, title, target.folder);
    const profile = loaded === undefined ? undefined : await chooseProfile(loaded, title, target.profile);
    if (loaded !== undefined && profile !== undefined) {
      await act(loaded, profile, { ...target, folder: loaded.folder, profile });
    }
  };
  const check = vscode.l10n.t("Check Task");
  return {
    checkTask: withTask(check, async (loaded, profile, target) => {
      if (await taskRuns.check(loaded, profile)) {
        await taskReports.show(target);
      }
    }),
    runScorer: withTask(vscode.l10n.t("Run Scorer on"), async (loaded, profile, { kind }) => {
      const solution = kind === "start" || kind === "reference" ? { kind } : await chooseSolution(loaded, vscode.l10n.t("Run Scorer on"));
      if (solution !== undefined) {
        await taskRuns.score(loaded, profile, solution);
      }
    }),
    tryExploits: withTask(vscode.l10n.t("Try Exploits"), (loaded, profile) => taskRuns.tryExploits(loaded, profile)),
    cancelTaskRun: () => {
      taskRuns.cancel();
      return Promise.resolve();
    },
    showCheckReport: withTask(vscode.l10n.t("Show Check Report"), (_, __, target) => taskReports.show(target)),
    debugScorer: withTask(vscode.l10n.t("Debug Scorer on"), async (loaded, profile, { kind }) => {
      const solution = kind === "start" || kind === "reference" ? { kind } : await chooseSolution(loaded, vscode.l10n.t("Debug Scorer on"));
      if (solution !== undefined) {
        await debugScorer(loaded, profile, solution);
      }
    }),
    seeBoxAsExpert: async (row) => {
      const loaded = await chooseTask(tasks, vscode.l10n.t("See Box as the Expert"), targetOf(row).folder);
      if (loaded !== undefined) {
        await seeBoxAsExpert(context, access, loaded);
      }
    },
    newTask: () => newTask(context, tasks),
    refreshTasks: () => {
      tasks.refresh();
      return Promise.resolve();
    },
  };
}

/** What a command was called on: a row of the view, or a `task.json` or its folder. */
function targetOf(row: unknown): Partial<TaskTarget> {
  if (row instanceof vscode.Uri) {
    return { folder: basename(row.fsPath) === taskFileName ? dirname(row.fsPath) : row.fsPath };
  }
  return (row as { readonly target?: TaskTarget } | undefined)?.target ?? {};
}

/** @throws {TaskRunError} `no-task` where there is none in this window; {TaskError} where the one that is named cannot be used */
async function chooseTask(tasks: TasksTree, title: string, folder: string | undefined): Promise<LoadedTask | undefined> {
  if (folder !== undefined) {
    return await tasks.open(folder);
  }
  const usable = await tasks.usable();
  const [only, ...more] = usable;
  if (only === undefined) {
    throw new TaskRunError("no-task", vscode.l10n.t("No task that can be used is in this window; open a folder with a task.json, or make a new task."));
  }
  if (more.length === 0) {
    return only.loaded;
  }
  const picks = usable.map(({ loaded }) => ({ label: labelText(loaded.task.title), description: loaded.task.id, loaded }));
  return (await vscode.window.showQuickPick(picks, { title, placeHolder: vscode.l10n.t("Which task?"), matchOnDescription: true }))?.loaded;
}

async function chooseProfile({ task }: LoadedTask, title: string, named: string | undefined): Promise<string | undefined> {
  const names = Object.keys(task.profiles);
  if (named !== undefined && names.includes(named)) {
    return named;
  }
  return names.length === 1 ? names[0] : await vscode.window.showQuickPick(names, { title, placeHolder: vscode.l10n.t("In which profile?") });
}

async function chooseSolution({ task }: LoadedTask, title: string): Promise<ChosenSolution | undefined> {
  type Choice = vscode.QuickPickItem & { readonly solution?: ChosenSolution };
  const active = vscode.window.activeTextEditor?.document.uri;
  const current = active?.scheme === "file" ? dirname(active.fsPath) : undefined;
  const choices: Choice[] = [
    { label: vscode.l10n.t("Start"), description: labelText(task.workspace), solution: { kind: "start" } },
    ...(task.reference === undefined ? [] : [{ label: vscode.l10n.t("Reference"), description: labelText(task.reference), solution: { kind: "reference" as const } }]),
    ...(current === undefined ? [] : [{ label: vscode.l10n.t("Current Folder"), description: labelText(current, 1000), solution: { kind: "folder" as const, path: current } }]),
    { label: vscode.l10n.t("Another Folder…") },
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title, placeHolder: vscode.l10n.t("Which solution? A folder is taken as a whole workspace.") });
  if (chosen === undefined || chosen.solution !== undefined) {
    return chosen?.solution;
  }
  const [folder] = (await vscode.window.showOpenDialog({ title: vscode.l10n.t("Folder with a Solution"), canSelectFolders: true, canSelectFiles: false, openLabel: vscode.l10n.t("Score") })) ?? [];
  return folder === undefined ? undefined : { kind: "folder", path: folder.fsPath };
}
