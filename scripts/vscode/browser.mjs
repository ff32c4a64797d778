// The browser that a person's clicks and keys are played in.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { findChromium } from "./chromium.mjs";

/** @typedef {import("playwright-core").Browser} Browser */
/** @typedef {import("playwright-core").BrowserContext} BrowserContext */

/**
 * @param {{ executablePath?: string | undefined }} [options] What starts Chromium, where it is not to be started as it is.
 * @returns {Promise<Browser>}
 */
export async function launchBrowser({ executablePath = findChromium() } = {}) {
  if (executablePath === undefined || !existsSync(executablePath)) {
    throw new Error("There is no Chromium on this machine.");
  }
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
}

/**
 * A fresh profile of the browser, with a window of the size of a small laptop's screen, in which nothing moves by itself:
 * a blinking cursor alone has the page drawn sixty times a second.
 * @param {Browser} browser
 * @returns {Promise<BrowserContext>}
 */
export async function newProfile(browser) {
  const profile = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    reducedMotion: "reduce",
  });
  await profile.addInitScript(() => {
    const still = new CSSStyleSheet();
    still.replaceSync("*, ::before, ::after { animation-duration: 1ms !important; animation-delay: 0s !important; animation-iteration-count: 1 !important; transition: none !important; }");
    document.adoptedStyleSheets.push(still);
  });
  return profile;
}
