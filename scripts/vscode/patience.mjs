// Waiting for what is to be seen on a page, and saying well what was not.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** @typedef {import("playwright-core").Page} Page */

/** Something that a person would have seen by now is not on the screen. */
export class NotSeen extends Error {
  /**
   * @param {string} what
   * @param {string} instead
   * @param {string} screenshot
   */
  constructor(what, instead, screenshot) {
    super(`Not seen: ${what}${instead === "" ? "" : `; instead ${instead}`} (screenshot ${screenshot}).`);
    this.name = "NotSeen";
  }
}

/**
 * Clicks once, or fails without having clicked: one who tries again must not
 * give a command twice. What cannot be clicked within a moment is left alone;
 * what can be is given the time that a busy computer takes to answer, because
 * a click that was given up may still have been heard.
 * @param {import("playwright-core").Locator} target
 * @param {{ button?: "left" | "right"; position?: { x: number; y: number }; within?: number }} [options] `within` is how long to wait for something to click on, in milliseconds.
 */
export async function clickOnce(target, { within = 500, ...options } = {}) {
  await target.click({ ...options, trial: true, timeout: within });
  await target.click({ ...options, timeout: 10_000 });
}

/**
 * How long after one look the next one comes, in milliseconds: longer the longer one waits, because each takes processor time
 * from what is waited for.
 */
const [shortestPause, longestPause] = [80, 500];

/** Watches one page, and keeps pictures of it in one folder. */
export class Patience {
  /**
   * @param {Page} page
   * @param {string} pictures The folder of the screenshots.
   * @param {number} limit How long to wait for anything, in milliseconds.
   */
  constructor(page, pictures, limit) {
    this.page = page;
    this.pictures = pictures;
    this.limit = limit;
  }

  /**
   * Looks again and again until there is something to see, and returns it.
   * @template T
   * @param {string} what What is looked for, in words.
   * @param {() => Promise<T | undefined | null | false>} look
   * @param {object} [options]
   * @param {number} [options.limit] In milliseconds, where it may take longer than most things.
   * @param {() => Promise<string>} [options.instead] What is there instead, for the message.
   * @returns {Promise<T>}
   */
  async until(what, look, { limit = this.limit, instead } = {}) {
    const end = Date.now() + limit;
    /** @type {unknown} */
    let trouble;
    let pause = shortestPause;
    do {
      try {
        const seen = await look();
        if (seen !== undefined && seen !== null && seen !== false) {
          return seen;
        }
        trouble = undefined;
      } catch (error) {
        if (this.page.isClosed()) {
          throw error;
        }
        // A page that loads anew, or an element that was redrawn as we looked at it.
        trouble = error;
      }
      await this.page.waitForTimeout(pause);
      pause = Math.min(pause * 1.25, longestPause);
    } while (Date.now() < end);
    const there = trouble instanceof Error ? trouble.message : ((await instead?.().catch(() => "")) ?? "");
    throw new NotSeen(what, there, await this.picture(`not seen ${what}`));
  }

  /**
   * Keeps what the page shows now, numbered in the order of its pictures.
   * @param {string} title
   * @returns {Promise<string>} The picture's file.
   */
  async picture(title) {
    mkdirSync(this.pictures, { recursive: true });
    const number = readdirSync(this.pictures).filter((name) => /^\d+-.*\.png$/.test(name)).length + 1;
    const words = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
    const file = join(this.pictures, `${String(number).padStart(2, "0")}-${words}.png`);
    await this.page.screenshot({ path: file, animations: "disabled" });
    return file;
  }
}
