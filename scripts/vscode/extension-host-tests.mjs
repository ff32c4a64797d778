// Runs the tests of test/vscode inside the extension host of the VS Code server,
// in a page that tells what they print and how they end.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import { newSession } from "../new-session.mjs";
import { root } from "../repository.mjs";
import { launchBrowser, newProfile } from "./browser.mjs";
import { Server } from "./server.mjs";
import { quietSettings } from "./settings.mjs";

const limit = 180_000;

/**
 * What test/vscode/index.ts says of its run.
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string} report
 */

/**
 * Runs the tests, which must have been built.
 * @param {string} resultsFolder For their outcome, and everything that the page logged.
 * @param {import("./install.mjs").ServerEdition} edition In which VS Code.
 * @returns {Promise<Outcome>}
 */
export async function runExtensionHostTests(resultsFolder, edition) {
  const resultsFile = join(resultsFolder, `vscode-${edition}.json`);
  const logFile = join(resultsFolder, `vscode-${edition}.log`);
  mkdirSync(resultsFolder, { recursive: true });
  rmSync(resultsFile, { force: true });
  /** @type {string[]} */
  const log = [];
  const place = mkdtempSync(join(tmpdir(), "baseliner-vscode-"));
  const folder = await newSession(join(root, "test", "fixtures", "tasks", "halving"), join(place, "sessions"));
  const server = await Server.start({
    dataFolder: join(place, "data"),
    settings: quietSettings({ more: { "baseliner.sessionsFolder": join(place, "sessions") } }),
    edition,
    testDriver: true,
    env: { BASELINER_TEST_RESULTS: resultsFile },
  });
  const browser = await launchBrowser();
  try {
    const page = await (await newProfile(browser)).newPage();
    /** @type {Promise<number>} */
    const ended = new Promise((resolve, reject) => {
      void page.exposeFunction("codeAutomationExit", (/** @type {number} */ status) => resolve(status));
      void page.exposeFunction("codeAutomationLog", (/** @type {string} */ _type, /** @type {unknown[]} */ words) => log.push(format(...words)));
      setTimeout(() => reject(new Error(`The extension host tests did not end within ${limit / 1000} s.`)), limit).unref();
    });
    await page.goto(
      server.url({
        folder,
        payload: [
          ["extensionDevelopmentPath", server.remoteUri(root)],
          ["extensionTestsPath", server.remoteUri(join(root, "dist", "test", "vscode", "index.js"))],
        ],
      }),
    );
    const status = await ended;
    if (!existsSync(resultsFile)) {
      throw new Error(`The extension host ended with status ${status} before its tests did; see ${logFile}.`);
    }
    return /** @type {Outcome} */ (JSON.parse(readFileSync(resultsFile, "utf8")));
  } finally {
    writeFileSync(logFile, log.join("\n"));
    await browser.close();
    await server.stop();
    rmSync(place, { recursive: true, force: true });
  }
}
