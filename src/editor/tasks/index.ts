import * as vscode from "vscode";
import type { LocalBox } from "../../boxes";
import type { BoxAccess } from "../box-access";
import type { TaskProblems } from "../task-problems";
import { taskActions } from "./task-commands";
import { TaskReports } from "./task-reports";
import { TaskRuns } from "./task-runs";
import { TasksTree } from "./tasks-tree";

/** What authors use of the editor. */
export interface Authoring extends vscode.Disposable {
  readonly actions: ReturnType<typeof taskActions>;
}

/** Makes the *Tasks* view, and what runs and tells of tasks. */
export function makeAuthoring(context: vscode.ExtensionContext, problems: TaskProblems, localBox: () => LocalBox, access: BoxAccess): Authoring {
  const tasks = new TasksTree(context);
  const taskRuns = new TaskRuns(tasks, problems, localBox);
  const taskReports = new TaskReports(context, tasks);
  const parts = vscode.Disposable.from(tasks, taskRuns, taskReports);
  return { actions: taskActions({ context, tasks, taskRuns, taskReports, access }), dispose: () => void parts.dispose() };
}
