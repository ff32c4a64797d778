// Lays out a session by the built command line; its starting solution is scored
// by the editor that opens it.
import { join } from "node:path";
import { run } from "./command.mjs";
import { root } from "./repository.mjs";

/**
 * @param {string} task The task's folder.
 * @param {string} sessions The folder that sessions are kept in.
 * @returns {Promise<string>} The workspace, to be opened in an editor.
 */
export async function newSession(task, sessions) {
  const cli = join(root, "dist", "cli.js");
  const told = await run(process.execPath, [cli, "session", "start", task, "--participant", "demo", "--sessions", sessions, "--unscored", "--json"], {
    quiet: true,
  });
  const { session } = /** @type {{ session: string }} */ (JSON.parse(told));
  return join(session, "workspace");
}
