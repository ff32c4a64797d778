// Brings a fresh clone to where it can be built: the programs that must be on
// the machine are looked for, and the packages of package-lock.json installed.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm, works } from "./command.mjs";
import { root } from "./repository.mjs";

/** Said in one sentence to the person at the keyboard, without a stack. */
export class CannotGoOn extends Error {
  /** @param {string} sentence */
  constructor(sentence) {
    super(sentence);
    this.name = "CannotGoOn";
  }
}

const oldestNode = { major: 20, minor: 19 };

/** The programs that Baseliner runs, which are not on this machine. */
export function missingPrograms() {
  return ["git", "python3"].filter((program) => !works(program, ["--version"]));
}

/** Throws with one sentence that names everything that this machine lacks. */
export function checkMachine() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const nodeIsOld = major < oldestNode.major || (major === oldestNode.major && minor < oldestNode.minor);
  const missing = [
    ...(nodeIsOld ? [`Node ${oldestNode.major}.${oldestNode.minor} or newer (this is ${process.versions.node})`] : []),
    ...missingPrograms(),
  ];
  if (missing.length > 0) {
    throw new CannotGoOn(`Baseliner needs ${missing.join(" and ")} on the PATH.`);
  }
}

/** Installs the packages of package-lock.json, unless just these are installed. */
export async function ensureDependencies() {
  checkMachine();
  const wanted = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
  const stamp = join(root, "node_modules", ".baseliner-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return;
  }
  console.log("Installing packages…");
  await npm(["ci", "--ignore-scripts", "--loglevel=error"], { cwd: root, quiet: true });
  writeFileSync(stamp, wanted);
}

/**
 * Runs a script's main function: a sentence for the person when it cannot go
 * on, the whole error when it is ours, and exit status 1 in both cases.
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    const isForPerson = error instanceof CannotGoOn || (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
    console.error(isForPerson ? error.message : error);
    process.exitCode = 1;
  }
}
