import { commandToBecome, type ExpertAccess, tellingPaths, type Task } from "../../tasks";
import { plain } from "./plain";

/** So many files and folders are listed; what is wrong is listed whatever their number. */
const mostRows = 500;

/** What a report is about. */
export interface ReportedAccess {
  readonly task: Task;
  /** As it was named. */
  readonly target: string;
  /** The task's folder on the box. */
  readonly root: string;
  readonly access: ExpertAccess;
  /** The date and time, for a person. */
  readonly looked: string;
}

/** What the expert's account sees of a task on a box, as Markdown: what is to be mended first. */
export function accessReport({ task, target, root, access, looked }: ReportedAccess): string {
  const { account, through, problems, sudo } = access;
  const rows = tellingPaths(access);
  const yes = (may: boolean): string => (may ? "✓" : "–");
  const become = commandToBecome(access);
  return [
    `# ${plain(task.title)} on ${plain(target)}, as the expert sees it`,
    "",
    `${plain(task.id)} · ${plain(root)} · looked at ${plain(looked)}`,
    "",
    problems.length === 0 ? "**As it should be.** Nothing hidden can be read, and nothing that decides scores can be changed." : `**${problems.length === 1 ? "1 thing is" : `${problems.length} things are`} not as they should be.**`,
    "",
    ...(problems.length === 0 ? [] : ["## To mend", "", ...problems.map((problem) => `- ✗ ${plain(problem)}`), ""]),
    "## Files",
    "",
    `What ${plain(account)} may do${account === through ? "" : `, asked as ${plain(through)} through su`}. What lies in a folder with the same rights is not listed, and the workspace is the expert's own.`,
    "",
    "| path | read | write | run or enter |",
    "| --- | :---: | :---: | :---: |",
    ...rows.slice(0, mostRows).map(({ path, read, write, run }) => `| ${path === "." ? "the task's folder" : plain(path)} | ${yes(read)} | ${yes(write)} | ${yes(run)} |`),
    ...(rows.length > mostRows ? ["", `${rows.length - mostRows} more are not listed.`] : []),
    "",
    "## What runs as somebody else",
    "",
    ...(sudo.length === 0 ? [`${plain(account)} has no right through sudo that concerns the task${account === through ? ", as far as this account is told" : ""}.`] : sudo.map((right) => `- sudo ${plain(right)}`)),
    "",
    ...(become === undefined ? [] : ["## To look around", "", `In a terminal on the box: \`${become}\``, ""]),
  ].join("\n");
}
