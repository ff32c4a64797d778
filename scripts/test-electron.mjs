// npm run test:electron: the tests of test/vscode inside the desktop VS Code,
// which is downloaded for it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { newSession } from "./new-session.mjs";
import { root, testFolder } from "./repository.mjs";
import { CannotGoOn, ensureDependencies, runMain } from "./setup.mjs";

await runMain(async () => {
  await ensureDependencies();
  const { downloadAndUnzipVSCode, runTests } = await import("@vscode/test-electron");
  const vscodeExecutablePath = await downloadAndUnzipVSCode({ cachePath: join(testFolder, "desktop") }).catch((/** @type {unknown} */ error) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new CannotGoOn(`The desktop VS Code cannot be downloaded from here (${why}); npm test runs the same tests in the server build.`);
  });
  if (process.platform === "linux" && process.env["DISPLAY"] === undefined && process.env["WAYLAND_DISPLAY"] === undefined) {
    throw new CannotGoOn("The desktop VS Code needs a display; run this again under xvfb-run.");
  }
  await build(["--tests"]);
  const place = mkdtempSync(join(tmpdir(), "baseliner-desktop-"));
  const folder = await newSession(join(root, "test", "fixtures", "tasks", "halving"), join(place, "sessions"));
  try {
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: root,
      extensionTestsPath: join(root, "dist", "test", "vscode", "index.js"),
      launchArgs: [folder, "--user-data-dir", join(place, "data"), "--disable-extensions", "--disable-workspace-trust", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
