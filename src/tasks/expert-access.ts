import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { singleLine } from "../base";
import { type Box, protectedPath, shellQuote } from "../boxes";
import type { LoadedTask } from "./load-task";
import { provisioned, ProvisionError } from "./provision";

/** What the expert's account may do with one file or folder of a task on a box. */
export interface PathAccess {
  /** Below the task's root. Hostile text. */
  readonly path: string;
  readonly read: boolean;
  readonly write: boolean;
  /** Run a file, enter a folder. */
  readonly run: boolean;
}

/** What the expert's account sees of a task on a box. */
export interface ExpertAccess {
  readonly account: string;
  /** The account that is connected: root looks through `su`, any other at itself. */
  readonly through: string;
  readonly paths: readonly PathAccess[];
  /** What the account may run as somebody else, in sudo's words. Hostile text. */
  readonly sudo: readonly string[];
  /** Files with the content of one of the reference solution, wherever they were found. Hostile text. */
  readonly references: readonly string[];
  /** What is not as it should be, a sentence each. */
  readonly problems: readonly string[];
}

/** A box that is asked by scripts. */
export interface ScriptedBox extends Box {
  writeLink(path: string, target: string): Promise<void>;
  runScript(script: string, withinMs: number, limitBytes?: number): Promise<{ readonly code: number | null; readonly stdout: Buffer; readonly stderr: string }>;
}

/** Looking takes this long at most, in ms. */
const patience = 120_000;
/** So many files and folders of a task are looked at; those of the workspace are the expert's own, and are not. */
const mostPaths = 5000;
/** What looking may print, in bytes: so many paths of some length. */
const longestLook = 4 * 1024 * 1024;

/**
 * Looks at a task on a box with the eyes of the expert's account: as root through `su`, else as the account that is connected.
 * @param root absolute path of the task on the box
 * @param task whose reference solution is looked for beside the task, in it, and in the account's home
 * @throws {ProvisionError} `not-provisioned`, `failed`; {BoxError}
 */
export async function expertAccess(box: ScriptedBox, root: string, task?: LoadedTask): Promise<ExpertAccess> {
  if (!root.startsWith("/")) {
    throw new ProvisionError("unsuitable", `${singleLine(root)} is no absolute path of a task's folder on the box.`);
  }
  const reference = task?.task.reference === undefined ? [] : await referenceFiles(task, task.task.reference);
  const { code, stdout, stderr } = await box.runScript(lookScript(root, reference), patience, longestLook);
  const lines = stdout.toString("utf8").split("\n");
  if (code !== 0) {
    const why = singleLine(lines[0] ?? "") || singleLine(stderr) || `a script ended with status ${code ?? "none"}`;
    throw new ProvisionError(why.startsWith("there is no task") ? "not-provisioned" : "failed", `${root} on ${box.name} could not be looked at: ${why}.`);
  }
  const valuesOf = (name: string): string[] => lines.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  const paths = valuesOf("path").map((line): PathAccess => ({ path: line.slice(4), read: line[0] === "r", write: line[1] === "w", run: line[2] === "x" }));
  const account = valuesOf("account")[0] ?? "unknown";
  const found = { account, through: valuesOf("through")[0] ?? account, paths, sudo: valuesOf("sudo"), references: valuesOf("reference") };
  return { ...found, problems: problemsOf(found, valuesOf("entry")[0]) };
}

/** Those of its paths that say something: what lies in a folder with the very same rights is said by the folder. */
export function tellingPaths({ paths }: ExpertAccess): PathAccess[] {
  const rights = new Map(paths.map((one) => [one.path, `${one.read}${one.write}`]));
  return paths.filter(({ path, read, write }) => !path.includes("/") || rights.get(path.slice(0, path.lastIndexOf("/"))) !== `${read}${write}`);
}

/** What a shell of the connected account is told, to become the expert's; undefined where it is that already, or where no account has such a name. */
export function commandToBecome({ account, through }: ExpertAccess): string | undefined {
  return through === account || !/^[A-Za-z_][\w.-]*$/.test(account) ? undefined : `su - ${account}`;
}

function problemsOf({ account, paths, sudo, references }: Omit<ExpertAccess, "problems" | "through">, entry: string | undefined): string[] {
  const top = ({ path }: PathAccess): string => path.split("/")[0] ?? "";
  const hidden: string[] = [provisioned.protectedFolder, provisioned.privateFolder];
  const workspace = paths.find(({ path }) => path === provisioned.workspace);
  return [
    ...paths.filter((one) => hidden.includes(top(one)) && (one.read || one.write)).map(({ path, write }) => `${path} is hidden data, and ${account} can ${write ? "change" : "read"} it.`),
    ...paths.filter((one) => !hidden.includes(top(one)) && one.path !== provisioned.workspace && one.write).map(({ path }) => `${path === "." ? "The task's folder" : path} decides scores, and ${account} can change it.`),
    ...(workspace?.read === true && workspace.write && workspace.run ? [] : [`${account} cannot read and write the workspace.`]),
    ...paths.filter((one) => ["task.json", "scoring", "entry"].includes(top(one)) && !one.read).map(({ path }) => `${account} cannot read ${path}, which is open by the rules.`),
    ...sudo.filter((right) => !right.endsWith(` ${entry ?? "-"}`)).map((right) => `sudo lets ${account} run more than the scoring: ${right}.`),
    ...references.map((path) => `${path} is a file of the reference solution.`),
  ];
}

interface Content {
  readonly bytes: number;
  readonly sha256: string;
}

/** The reference's files that the starting solution does not have as well. */
async function referenceFiles({ folder, task }: LoadedTask, reference: string): Promise<Content[]> {
  const start = new Set((await contentsBelow(join(folder, task.workspace))).map(({ sha256 }) => sha256));
  return (await contentsBelow(join(folder, reference)).catch(() => [])).filter(({ bytes, sha256 }) => bytes > 0 && !start.has(sha256));
}

async function contentsBelow(folder: string): Promise<Content[]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && !entry.parentPath.includes("__pycache__"));
  return await Promise.all(
    files.map(async (entry) => {
      const content = await readFile(join(entry.parentPath, entry.name));
      return { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
    }),
  );
}

/** Prints `account NAME`, `entry PATH`, `path rwx PATH`, `sudo RIGHT`, `reference PATH`. */
function lookScript(root: string, reference: readonly Content[]): string {
  const look = `
cd ${shellQuote(root)} || { echo "$(id -un) cannot enter it"; exit 1; }
while IFS= read -r path; do
  may=
  [ -r "$path" ] && may=r || may=-
  [ -w "$path" ] && may=\${may}w || may=$may-
  [ -x "$path" ] && may=\${may}x || may=$may-
  echo "path $may $path"
done`;
  // Only files of the right size are read.
  const sizes = [...new Set(reference.map(({ bytes }) => `-size ${bytes}c`))].join(" -o ");
  return `
LC_ALL=C
PATH=${protectedPath}
export LC_ALL PATH
cd ${shellQuote(root)} 2>/dev/null && [ -f ${provisioned.record} ] || { echo "there is no task"; exit 1; }
me=$(id -u)
account=$(id -un)
[ "$me" != 0 ] || account=$(stat -c %U ${provisioned.workspace})
echo "account $account"
echo "through $(id -un)"
echo "entry ${posix.join(root, provisioned.entry)}"
as_expert() { if [ "$account" = "$(id -un)" ]; then sh -c "$1"; else su -s /bin/sh "$account" -c "$1"; fi; }
{ echo .; find . -mindepth 1 -path './${provisioned.workspace}/*' -prune -o -mindepth 1 -print 2>/dev/null | sed 's|^\\./||' | sort | head -n ${mostPaths}; } | as_expert ${shellQuote(look)} || exit 1
if command -v sudo >/dev/null && [ "$me" = 0 ]; then
  sudo -n -l -U "$account" 2>/dev/null | sed -n 's/^ *\\(([^)]*).*\\)$/sudo \\1/p' | grep -F -e ${shellQuote(root)} -e ': ALL' -e ') ALL'
fi
home=$(getent passwd "$account" | cut -d: -f6)
[ -d "$home" ] && [ "$home" != / ] || home=.
${reference.length === 0 ? "" : `find ${shellQuote(posix.dirname(root))} "$home" -xdev -type f \\( ${sizes} \\) -exec sha256sum {} + 2>/dev/null | grep -E '^\\\\?(${reference.map(({ sha256 }) => sha256).join("|")}) ' | sed 's/^[^ ]* [ *]/reference /' | sort -u`}
true
`;
}
