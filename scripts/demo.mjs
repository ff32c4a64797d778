// Plays the demo in a browser as a person would, and keeps a picture of each step.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { editSolution, score, seeInstructions, seeNewBest, seeStartingScore, seeWelcome, startClock, startDemoSession, submit } from "./demo-steps.mjs";
import { demoFolder } from "./repository.mjs";
import { asTable, scoreLog } from "./score-log.mjs";
import { CannotGoOn } from "./setup.mjs";
import { launchBrowser, newProfile } from "./vscode/browser.mjs";
import { ensureChromium } from "./vscode/chromium.mjs";
import { Workbench } from "./vscode/workbench.mjs";

/** @typedef {import("./vscode/server.mjs").Server} Server */

/**
 * Plays all of it, prints the score log, and throws with the step's name where a
 * step was not seen on the screen.
 * @param {Server} server With the packaged extension installed.
 */
export async function playHeadless(server) {
  removeOldPictures();
  await ensureChromium();
  const browser = await launchBrowser();
  try {
    const profile = await newProfile(browser);
    const workbench = await Workbench.open(profile, server, { pictures: demoFolder });
    /**
     * @template T
     * @param {string} title
     * @param {() => Promise<T>} play
     */
    const step = async (title, play) => {
      const outcome = await play().catch((/** @type {unknown} */ error) => {
        throw new CannotGoOn(`Step failed: ${title}. ${error instanceof Error ? error.message : String(error)}`);
      });
      await workbench.picture(title);
      console.log(`✓ ${title}`);
      return outcome;
    };

    await step("Empty window", () => seeWelcome(workbench));
    const sessionFolder = await step("Demo session started", () => startDemoSession(workbench));
    await step("Starting solution scored off the clock", () => seeStartingScore(workbench));
    await step("Instructions shown", () => seeInstructions(workbench));
    await step("Clock started", () => startClock(workbench));
    await step("Solution edited and saved", () => editSolution(workbench));
    await step("Scoring", () => score(workbench));
    const { rows } = await step("New best attempt", () => seeNewBest(workbench));
    await step("Session submitted", () => submit(workbench));
    console.log(`\n${asTable(scoreLog(rows, sessionFolder))}\n\nSession   ${sessionFolder}\nPictures  ${demoFolder}`);
  } finally {
    await browser.close();
    await server.stop();
  }
}

function removeOldPictures() {
  mkdirSync(demoFolder, { recursive: true });
  for (const name of readdirSync(demoFolder).filter((one) => one.endsWith(".png"))) {
    rmSync(join(demoFolder, name));
  }
}
