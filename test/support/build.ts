import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Absolute path of the repository. */
export const repository = join(import.meta.dirname, "..", "..");

/** The built run supervisor. */
export const supervisor = join(repository, "dist", "supervisor.js");

/** The built command line. */
export const commandLine = join(repository, "dist", "cli.js");

/** Builds dist/ once before the suites that start real processes, where npm test has not done so: other suites read it at the same time then. */
export default function setup(): void {
  if (process.env["BASELINER_BUILT"] !== undefined) {
    return;
  }
  execFileSync(process.execPath, ["esbuild.mjs"], { cwd: repository, stdio: "inherit" });
}
