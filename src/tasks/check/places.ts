import { findNodeAtLocation, parseTree } from "jsonc-parser";
import { taskFileName, type TaskProblem } from "../load-task";
import type { Place } from "./report";

/** The line, from 1, of a position in UTF-16 units. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** Where in `task.json` a value stands; where it is missing, where the value around it does. */
export function placeIn(taskText: string, path: readonly (string | number)[]): Place {
  const root = parseTree(taskText);
  for (let length = path.length; root !== undefined && length > 0; length -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node !== undefined) {
      return { file: taskFileName, line: lineAt(taskText, node.offset) };
    }
  }
  return { file: taskFileName, line: 1 };
}

/** Where a problem of `task.json` stands. */
export function placeOfProblem(taskText: string, problem: TaskProblem): Place {
  return problem.offset === undefined ? placeIn(taskText, problem.path) : { file: taskFileName, line: lineAt(taskText, problem.offset) };
}
