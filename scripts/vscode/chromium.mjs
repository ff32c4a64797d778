// Finds Chromium on this machine, or brings it there.
import { existsSync } from "node:fs";
import { onPath } from "../command.mjs";
import { CannotGoOn } from "../setup.mjs";
import { canInstallSystemPackages, installSystemPackages } from "../system-packages.mjs";

/** Environment variables by which people say where their browser is. */
const variables = ["CHROME_PATH", "CHROME_BIN", "PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH"];

// The first is Chromium without the parts that draw windows, which nobody would see: it takes a sixth less processor time.
const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

const macApplications = ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);

/** @returns {string | undefined} */
export function findChromium() {
  const told = variables.map((variable) => process.env[variable]).find((path) => path !== undefined && existsSync(path));
  return told ?? names.map(onPath).find((path) => path !== undefined) ?? macApplications.find((path) => existsSync(path));
}

/** Finds Chromium, or installs it with the fonts that VS Code's texts need. */
export async function ensureChromium() {
  if (findChromium() !== undefined) {
    return;
  }
  if (!canInstallSystemPackages()) {
    throw new CannotGoOn("Chromium or Chrome is missing: install it, or name its file in CHROME_PATH.");
  }
  const fonts = ["fonts-noto-core", "fonts-noto-mono"];
  await installSystemPackages(["chromium-headless-shell", ...fonts]).catch(() => installSystemPackages(["chromium", ...fonts]));
}
