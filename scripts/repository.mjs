// Where things lie in this repository.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Editors that tests and the demo run in, and what tests leave behind; git ignores it. */
export const testFolder = join(root, ".vscode-test");

/** Everything that a demo leaves behind; git ignores it. */
export const demoFolder = join(root, ".demo");

/** The identifier of the extension in an editor. */
export const extensionId = "baseliner.baseliner";
