import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { packageExtension } from "../../scripts/package.mjs";
import { testFolder } from "../../scripts/repository.mjs";
import { installExtension } from "../../scripts/vscode/server.mjs";

declare module "vitest" {
  export interface ProvidedContext {
    /** A data folder in which the packaged extension is installed, to be copied for each stage. */
    installedExtension: string;
  }
}

/** Removes pictures of earlier runs, and installs the package that npm test has made, or one made now, once for all end-to-end tests. */
export default async function setup(project: TestProject): Promise<() => void> {
  rmSync(join(testFolder, "results", "pictures"), { recursive: true, force: true });
  const folder = mkdtempSync(join(tmpdir(), "baseliner-e2e-installed-"));
  await installExtension(process.env["BASELINER_VSIX"] ?? (await packageExtension()), folder);
  project.provide("installedExtension", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
