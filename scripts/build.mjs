// Builds the project, for those who need it built before they go on.
import { run } from "./command.mjs";
import { root } from "./repository.mjs";

/** @param {("--production" | "--tests")[]} [flags] */
export async function build(flags = []) {
  await run(process.execPath, ["esbuild.mjs", ...flags], { cwd: root });
}
