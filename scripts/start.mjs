// npm start: from a fresh clone to a VS Code with Baseliner in it.
//   --headless     plays the demo by itself in a browser and keeps pictures of it in .demo/
//   --server       opens the server build also where there is a desktop VS Code
//   --theme NAME   light, dark, hc-dark or hc-light (server build only)
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { run, works } from "./command.mjs";
import { newSession } from "./new-session.mjs";
import { demoFolder, root } from "./repository.mjs";
import { CannotGoOn, ensureDependencies, runMain } from "./setup.mjs";
import { isTheme, quietSettings, themes } from "./vscode/settings.mjs";
import { installExtension, Server } from "./vscode/server.mjs";

/** @typedef {import("./vscode/settings.mjs").Theme} Theme */

const nextStep = "Read the instructions, start the clock in the Baseliner view, edit prefix_sum.py, and score with Ctrl+Alt+Enter.";

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      headless: { type: "boolean", default: false },
      server: { type: "boolean", default: false },
      theme: { type: "string", default: "dark" },
    },
  });
  const { theme } = values;
  if (!isTheme(theme)) {
    throw new CannotGoOn(`There is no theme ${theme}; there are ${Object.keys(themes).join(", ")}.`);
  }
  await ensureDependencies();
  if (!values.headless && !values.server && works("code", ["--version"])) {
    await openDesktop();
  } else if (values.headless) {
    const { playHeadless } = await import("./demo.mjs");
    await playHeadless(await startDemoServer(theme));
  } else {
    await serve(await startDemoServer(theme));
  }
});

/** Opens the desktop VS Code with the extension as it is built here, on a new demo session. */
async function openDesktop() {
  await build();
  const workspace = await newDemoSession();
  // The folder was made here a moment ago, so nobody has to be asked whether it is to be trusted.
  await run("code", ["--new-window", `--extensionDevelopmentPath=${root}`, "--disable-workspace-trust", workspace]);
  console.log(`VS Code opens on a demo session. ${nextStep}`);
}

function newDemoSession() {
  return newSession(join(root, "tasks", "optimize-kernel"), join(demoFolder, "sessions"));
}

/**
 * Packages the extension, and starts a VS Code server with it installed.
 * @param {Theme} theme
 */
async function startDemoServer(theme) {
  const { packageExtension } = await import("./package.mjs");
  console.log("Building…");
  const vsix = await packageExtension();
  const dataFolder = join(demoFolder, "vscode");
  rmSync(dataFolder, { recursive: true, force: true });
  await installExtension(vsix, dataFolder);
  return Server.start({
    dataFolder,
    settings: quietSettings({ theme, more: { "baseliner.sessionsFolder": join(demoFolder, "sessions") } }),
    token: randomBytes(16).toString("hex"),
  });
}

/**
 * Leaves the server to a person until it is stopped.
 * @param {Server} server
 */
async function serve(server) {
  const folder = await newDemoSession();
  console.log(`\nOpen  ${server.url({ folder })}\n\nIt shows a demo session. ${nextStep} Ctrl+C stops the server.`);
  await server.ended;
}
