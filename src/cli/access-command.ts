import { resolve } from "node:path";
import { singleLine } from "../base";
import { loadSsh } from "../boxes";
import { commandToBecome, expertAccess, loadTask, tellingPaths } from "../tasks";
import { type Outcome, parse, printJson, printTable, sshOptions, UsageError } from "./command";

/** `baseliner task access --box TARGET --root PATH [TASK]`. */
export async function taskAccessCommand(args: string[]): Promise<Outcome> {
  const { values, positionals } = parse(args, { box: { type: "string" }, root: { type: "string" }, "host-key": { type: "string" }, all: { type: "boolean", default: false } });
  const [folder] = positionals;
  const { box: target, root } = values;
  if (target === undefined || root === undefined) {
    throw new UsageError("task access needs --box TARGET and --root, the task's folder there");
  }
  const task = folder === undefined ? undefined : await loadTask(resolve(folder));
  const ssh = await loadSsh();
  const options = sshOptions(values["host-key"] === undefined ? undefined : [values["host-key"]]);
  const connection = new ssh.SshConnection(await ssh.resolveTarget(target, options), options);
  try {
    await connection.connect();
    const access = await expertAccess(new ssh.SshBox(connection), root, task);
    if (values.json) {
      printJson(access);
    } else {
      process.stdout.write(`What ${singleLine(access.account)} may do with ${singleLine(root)}:\n\n`);
      printTable([["read", "write", "run", "path"], ...(values.all ? access.paths : tellingPaths(access)).map(({ read, write, run, path }) => [read ? "yes" : "–", write ? "yes" : "–", run ? "yes" : "–", singleLine(path, 300)])]);
      process.stdout.write(`\n${access.sudo.map((right) => `sudo: ${singleLine(right, 300)}\n`).join("")}`);
      process.stdout.write(access.problems.length === 0 ? "As it should be.\n" : access.problems.map((problem) => `failed   ${singleLine(problem, 500)}\n`).join(""));
      process.stderr.write(`To look around as ${singleLine(access.account)}: ssh -t ${singleLine(target)} ${commandToBecome(access) ?? ""}`.trimEnd() + "\n");
    }
    return access.problems.length === 0 ? "done" : "failed";
  } finally {
    connection.close();
  }
}
