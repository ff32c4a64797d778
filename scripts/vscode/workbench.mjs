// A window of VS Code in a browser: what a person does in it and sees in it.
import { clickOnce, Patience } from "./patience.mjs";
import { extensionHostPids } from "./server.mjs";
import { themes } from "./settings.mjs";
import { TextEditor } from "./text-editor.mjs";
import { escapePattern, readRows, View } from "./view.mjs";

/** @typedef {import("playwright-core").BrowserContext} BrowserContext */
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./server.mjs").Server} Server */
/** @typedef {import("./settings.mjs").Theme} Theme */

/**
 * @typedef {object} Notification
 * @property {string} text
 * @property {string[]} buttons
 */

/** Where VS Code keeps the notifications that have left the screen. */
const notificationsBehindBell = ".notifications-center";

export class Workbench {
  /**
   * @param {Page} page
   * @param {Server} server
   * @param {object} options
   * @param {string} options.pictures The folder of the screenshots.
   * @param {boolean} [options.onlyOfTrouble] Keeps pictures only of what was waited for and not seen.
   * @param {number} [options.limit] How long to wait for anything, in milliseconds.
   */
  constructor(page, server, { pictures, onlyOfTrouble = false, limit = 60_000 }) {
    this.page = page;
    this.onlyOfTrouble = onlyOfTrouble;
    this.server = server;
    this.patience = new Patience(page, pictures, limit);
    this.editor = new TextEditor(this.patience);
  }

  /**
   * Opens a window on a folder, or an empty one.
   * @param {BrowserContext} profile
   * @param {Server} server
   * @param {object} options
   * @param {string} options.pictures The folder of the screenshots.
   * @param {boolean} [options.onlyOfTrouble]
   * @param {string} [options.folder]
   * @param {[string, string][]} [options.payload]
   * @param {number} [options.limit]
   */
  static async open(profile, server, options) {
    const page = await profile.newPage();
    const workbench = new Workbench(page, server, options);
    await page.goto(server.url(options));
    await workbench.ready();
    return workbench;
  }

  /** Waits until the window is drawn with its colours and can be worked in. */
  async ready() {
    await this.patience.until(
      "a window of VS Code",
      async () => {
        // The theme is an extension too: with it, extensions have come.
        const themed = await this.page.locator(".monaco-workbench[class*='-themes-']").count();
        return themed > 0 && this.page.locator(".part.statusbar .statusbar-item").first().isVisible();
      },
      { limit: 60_000 },
    );
  }

  /**
   * Waits until the browser keeps something of what VS Code remembers. VS Code writes it a while after it was told, and a
   * window in a browser that is loaded anew meanwhile has lost it.
   * @param {RegExp} text
   */
  async keptWhen(text) {
    await this.patience.until(`${String(text)} kept in the browser`, async () => (await this.page.evaluate(keptTexts)).some((kept) => text.test(kept)));
  }

  /** Loads the window anew by VS Code's own command, which keeps what was open before it goes. */
  async reload() {
    const loaded = this.page.waitForEvent("load", { timeout: 60_000 });
    await this.runCommand("Developer: Reload Window");
    await loaded;
    await this.ready();
  }

  /**
   * Waits until extensions run again after their host has crashed. VS Code
   * restarts it by itself three times in five minutes; after that it asks.
   * @param {number[]} crashed The processes that were there before.
   */
  async extensionHostAgain(crashed) {
    const restart = this.page.locator(".notifications-toasts .monaco-button", { hasText: /Restart/ }).first();
    return this.patience.until(
      "a new extension host",
      async () => {
        if (await restart.isVisible()) {
          await clickOnce(restart);
        }
        const hosts = extensionHostPids(this.server).filter((pid) => !crashed.includes(pid));
        return hosts.length > 0 && hosts;
      },
      { limit: 60_000, instead: async () => (await this.notifications()).map((one) => `"${one.text}" [${one.buttons.join(", ")}]`).join(", ") },
    );
  }

  /**
   * Closes the window. It is left first: a page that is only closed may be gone before it tells the server that nobody will
   * come back to it, and its extension host then waits for hours.
   */
  async close() {
    await this.page.goto("about:blank");
    await this.page.close({ runBeforeUnload: false });
  }

  /** The folder that the window is open on, which it says in its address. */
  openFolder() {
    const address = new URL(this.page.url());
    return address.searchParams.get("folder") ?? undefined;
  }

  /**
   * Waits until the window has moved to another folder.
   * @param {(folder: string) => boolean} wanted
   * @param {number} [limit]
   */
  async folderWhen(wanted, limit = 60_000) {
    const folder = await this.patience.until(
      "the window on another folder",
      async () => {
        const now = this.openFolder();
        return now !== undefined && wanted(now) && now;
      },
      { limit, instead: async () => this.page.url() },
    );
    await this.ready();
    return folder;
  }

  /**
   * Shows a view container by its icon in the activity bar.
   * @param {string} title
   */
  async show(title) {
    const tab = this.page.locator(".activitybar .action-item").filter({ has: this.page.locator(`.action-label[aria-label^=${JSON.stringify(title)}]`) });
    const sidebarTitle = this.page.locator(".part.sidebar .composite.title h2");
    await this.patience.until(`the side bar ${title}`, async () => {
      const shows = async () => (await sidebarTitle.isVisible()) && (await sidebarTitle.innerText()).toLowerCase().startsWith(title.toLowerCase());
      // A click on the icon of what is shown already would hide it.
      if (!(await shows())) {
        await clickOnce(tab.first());
        await sidebarTitle.waitFor({ timeout: 1000 });
      }
      return shows();
    });
  }

  /**
   * A view by its title, in the side bar or the panel.
   * @param {string} title
   */
  view(title) {
    return new View(this.patience, title);
  }

  /**
   * Runs a command through the command palette. It is looked for until it is
   * there: commands come and go with what can be done.
   * @param {string} title With its category, as the palette shows it.
   */
  async runCommand(title) {
    const input = this.page.locator(".quick-input-widget:visible input.input").first();
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({
      has: this.page.locator(".label-name", { hasText: new RegExp(`^${escapePattern(title)}$`) }),
    });
    await this.patience.until(
      `the command ${title} in the palette`,
      async () => {
        await this.page.keyboard.press("F1");
        await input.fill(`>${title}`, { timeout: 1000 });
        try {
          await clickOnce(row.first(), { within: 1000 });
          return true;
        } catch {
          await this.page.keyboard.press("Escape");
          return false;
        }
      },
    );
  }

  /**
   * Presses keys, such as `Control+Alt+Enter`.
   * @param {string} keys
   */
  async press(keys) {
    await this.page.keyboard.press(keys);
  }

  /**
   * Chooses an entry of an open quick pick.
   * @param {string | RegExp} label
   */
  async pick(label) {
    const name = typeof label === "string" ? new RegExp(`^${escapePattern(label)}$`) : label;
    const row = this.page.locator(".quick-input-widget:visible .monaco-list-row").filter({ has: this.page.locator(".label-name", { hasText: name }) });
    await this.#click(`the entry ${String(label)}`, row.first());
  }

  /** The entries of an open quick pick. */
  async picks() {
    return readRows(this.page.locator(".quick-input-widget:visible"));
  }

  /**
   * Answers an open input box.
   * @param {string} text
   */
  async answer(text) {
    await this.patience.until("an input box", async () => {
      await this.page.locator(".quick-input-widget:visible input.input").first().fill(text, { timeout: 500 });
      return true;
    });
    await this.page.keyboard.press("Enter");
  }

  /**
   * Answers VS Code's own file dialog, which proposes a path of its own once it has looked up its folder, over what is there until then.
   * @param {string} path
   */
  async answerFileDialog(path) {
    const input = this.page.locator(".quick-input-widget:visible input.input").first();
    await this.patience.until("the dialog, which proposes a path", async () => (await input.inputValue({ timeout: 500 })).startsWith("/"));
    await this.patience.until("the dialog done", async () => {
      if (!(await input.isVisible())) {
        return true;
      }
      await input.fill(path, { timeout: 500 });
      await this.page.waitForTimeout(500);
      if ((await input.inputValue({ timeout: 500 })) === path) {
        await this.page.keyboard.press("Enter");
        await this.page.waitForTimeout(500);
      }
      return !(await input.isVisible());
    });
  }

  /** What an open modal dialog says, and its buttons. */
  async dialog() {
    const box = this.page.locator(".monaco-dialog-box");
    if (!(await box.isVisible())) {
      return undefined;
    }
    return {
      text: (await box.locator(".dialog-message-container").innerText()).trim(),
      buttons: (await box.locator(".dialog-buttons .monaco-button:visible").allInnerTexts()).map((name) => name.trim()).filter((name) => name !== ""),
    };
  }

  /**
   * Answers a modal dialog.
   * @param {string} button
   */
  async pressDialogButton(button) {
    const name = new RegExp(`^\\s*${escapePattern(button)}\\s*$`);
    const answered = (await this.dialog())?.text;
    await this.#click(`the button ${button} of a dialog`, this.page.locator(".monaco-dialog-box .dialog-buttons .monaco-button", { hasText: name }).first());
    // The next question may be there at once.
    await this.patience.until("the dialog gone", async () => {
      const now = await this.dialog();
      return now === undefined || now.text !== answered;
    });
  }

  /**
   * The notifications that are on the screen.
   * @returns {Promise<Notification[]>}
   */
  async notifications() {
    return this.#notificationsOf(".notifications-toasts");
  }

  /**
   * Waits for a notification. Each leaves the screen by itself within seconds, which a busy computer may take to come here;
   * one that has left is looked for where a person finds it, behind the bell in the status bar.
   * @param {RegExp} text
   */
  async notificationWhen(text) {
    /** @type {Notification[]} */
    let past = [];
    return this.patience.until(
      `a notification like ${String(text)}`,
      async () => {
        const shown = await this.notifications();
        const isKept = this.page.locator(`.statusbar-item .codicon-bell-dot, ${notificationsBehindBell} .notification-list-item`).first();
        if (shown.length === 0 && (await isKept.isVisible())) {
          past = await this.#notificationsBehindBell();
        }
        return [...shown, ...past].find((one) => text.test(one.text));
      },
      { instead: async () => [...(await this.notifications()), ...past].map((one) => `"${one.text}"`).join(", ") },
    );
  }

  /** The notifications that VS Code keeps; they are opened for it, and closed again. */
  async #notificationsBehindBell() {
    await this.#turnBell(true);
    const kept = await this.#notificationsOf(notificationsBehindBell);
    await this.#turnBell(false);
    return kept;
  }

  /**
   * Opens or closes the list of notifications that VS Code keeps.
   * @param {boolean} isOpen
   */
  async #turnBell(isOpen) {
    const first = this.page.locator(`${notificationsBehindBell} .notification-list-item`).first();
    if ((await first.isVisible()) !== isOpen) {
      await clickOnce(this.page.locator('.statusbar-item[id="status.notifications"] a').first());
      await first.waitFor({ state: isOpen ? "visible" : "hidden", timeout: 10_000 });
    }
  }

  /**
   * @param {string} place Where VS Code shows them.
   * @returns {Promise<Notification[]>}
   */
  async #notificationsOf(place) {
    const items = await this.page.locator(`${place} .notification-list-item`).all();
    return Promise.all(
      items.map(async (item) => ({
        text: (await item.locator(".notification-list-item-message").innerText()).trim(),
        buttons: (await item.locator(".notification-list-item-buttons-container .monaco-button").allInnerTexts()).map((name) => name.trim()),
      })),
    );
  }

  /**
   * Clicks on a button of a notification: on the screen, or where it has left that meanwhile.
   * @param {string} button
   */
  async pressNotificationButton(button) {
    const name = new RegExp(`^\\s*${escapePattern(button)}\\s*$`);
    const inPlace = (/** @type {string} */ place) => this.page.locator(`${place} .monaco-button`, { hasText: name }).first();
    await this.patience.until(`the button ${button} of a notification`, async () => {
      const shown = inPlace(".notifications-toasts");
      if (await shown.isVisible()) {
        await clickOnce(shown);
        return true;
      }
      await this.#turnBell(true);
      await clickOnce(inPlace(notificationsBehindBell));
      return true;
    });
    // Behind a dialog the list stays open, until somebody looks for a notification again.
    if ((await this.dialog()) === undefined) {
      await this.#turnBell(false).catch(() => undefined);
    }
  }

  /**
   * The text of a status bar item; undefined where the item is not shown.
   * @param {string} id As the extension names it.
   */
  async statusBarText(id) {
    const item = this.#statusBarItem(id);
    return (await item.isVisible()) ? (await item.innerText()).replace(/\s+/g, " ").trim() : undefined;
  }

  /**
   * Waits for a status bar item to say something.
   * @param {string} id
   * @param {RegExp} text
   * @param {number} [limit]
   */
  async statusBarTextWhen(id, text, limit) {
    return this.patience.until(
      `${String(text)} in the status bar`,
      async () => {
        const now = await this.statusBarText(id);
        return now !== undefined && text.test(now) && now;
      },
      { ...(limit === undefined ? {} : { limit }), instead: async () => `"${(await this.statusBarText(id)) ?? "nothing"}"` },
    );
  }

  /**
   * What appears when the pointer rests on a status bar item.
   * @param {string} id
   */
  async statusBarTooltip(id) {
    const text = await this.patience.until(`the tooltip of the status bar item ${id}`, async () => {
      await this.page.mouse.move(0, 0);
      await this.#statusBarItem(id).hover({ timeout: 1000 });
      const hover = this.page.locator(".monaco-hover:visible, .workbench-hover:visible").first();
      await hover.waitFor({ timeout: 3000 });
      return hover.innerText();
    });
    await this.page.mouse.move(0, 0);
    return text.trim();
  }

  /**
   * Clicks on a status bar item.
   * @param {string} id
   */
  async clickStatusBar(id) {
    await this.#click(`the status bar item ${id}`, this.#statusBarItem(id));
  }

  /** The text that the terminal shows. */
  async terminalText() {
    const rows = await this.page.locator(".terminal-wrapper.active .xterm-rows > div").allTextContents();
    return rows.map((row) => row.replaceAll("\u00a0", " ").trimEnd()).join("\n").trimEnd();
  }

  /**
   * Waits for the terminal to show something.
   * @param {RegExp} text
   * @param {number} [limit]
   */
  async terminalTextWhen(text, limit) {
    return this.patience.until(
      `${String(text)} in the terminal`,
      async () => {
        const now = await this.terminalText();
        return text.test(now) && now;
      },
      { ...(limit === undefined ? {} : { limit }), instead: async () => `"${(await this.terminalText()).slice(-300)}"` },
    );
  }

  /**
   * Waits for a web view, such as a preview or a panel of an extension, to show something.
   * @param {RegExp} text
   */
  async webviewTextWhen(text) {
    return this.patience.until(
      `${String(text)} in a web view`,
      async () => (await this.webviewTexts()).find((now) => text.test(now)),
      { instead: async () => `"${(await this.webviewTexts()).join(" | ").slice(0, 300)}"` },
    );
  }

  /** What the web views show. */
  async webviewTexts() {
    const frames = this.page.frames().filter((frame) => frame !== this.page.mainFrame());
    const texts = await Promise.all(frames.map((frame) => frame.locator("body").innerText({ timeout: 500 }).catch(() => "")));
    return texts.map((text) => text.trim()).filter((text) => text !== "");
  }

  /** The rows of the Problems panel, which is opened for it. */
  async problems() {
    await this.runCommand("Problems: Focus on Problems View");
    return readRows(this.page.locator(".markers-panel"));
  }

  /**
   * Changes the colours of the window.
   * @param {Theme} theme
   */
  async setTheme(theme) {
    this.server.changeSettings({ "workbench.colorTheme": themes[theme] });
    const sign = { light: ".vs[class*=light_modern]", dark: ".vs-dark[class*=dark_modern]", "hc-dark": ".hc-black", "hc-light": ".hc-light" }[theme];
    await this.patience.until(`the theme ${themes[theme]}`, async () => (await this.page.locator(`.monaco-workbench${sign}`).count()) > 0);
  }

  /**
   * Keeps what the window shows now.
   * @param {string} title
   */
  async picture(title) {
    if (this.onlyOfTrouble) {
      return;
    }
    // Resting nowhere, the pointer opens no hover in the picture.
    await this.page.mouse.move(720, 0);
    await this.patience.picture(title);
  }

  /** @param {string} id */
  #statusBarItem(id) {
    return this.page.locator(`.statusbar-item[id$=${JSON.stringify(id)}]`).first();
  }

  /**
   * @param {string} what
   * @param {import("playwright-core").Locator} target
   */
  async #click(what, target) {
    await this.patience.until(what, async () => {
      await clickOnce(target);
      return true;
    });
  }
}

/** Runs in the page: every text of the databases in which VS Code remembers things. */
async function keptTexts() {
  const ended = (/** @type {IDBRequest} */ request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const texts = [];
  for (const { name = "" } of await indexedDB.databases()) {
    const database = /** @type {IDBDatabase} */ (await ended(indexedDB.open(name)));
    for (const store of database.objectStoreNames) {
      const values = /** @type {unknown[]} */ (await ended(database.transaction(store).objectStore(store).getAll()));
      texts.push(...values.filter((value) => typeof value === "string"));
    }
    database.close();
  }
  return texts;
}
