// The browser that a person's clicks and keys are played in.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { findChromium } from "./chromium.mjs";

/** @typedef {import("playwright-core").Browser} Browser */
/** @typedef {import("playwright-core").BrowserContext} BrowserContext */

/** @returns {Promise<Browser>} */
export async function launchBrowser() {
  const executablePath = findChromium();
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
 * A fresh profile of the browser, with a window of the size of a small laptop's screen.
 * @param {Browser} browser
 * @returns {Promise<BrowserContext>}
 */
export function newProfile(browser) {
  return browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    reducedMotion: "reduce",
  });
}
