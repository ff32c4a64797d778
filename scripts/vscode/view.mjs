// One view of VS Code's side bar or panel: its rows, and what can be clicked in it.
import { clickOnce } from "./patience.mjs";

/** @typedef {import("playwright-core").Locator} Locator */
/** @typedef {import("./patience.mjs").Patience} Patience */

/**
 * A row as a person reads it, and as a screen reader says it.
 * @typedef {object} Row
 * @property {string} label
 * @property {string} description
 * @property {string} ariaLabel
 * @property {string} icon The name of its codicon; empty where it has none.
 */

/**
 * As much of a page's element as is asked here.
 * @typedef {object} PageElement
 * @property {string | null} textContent
 * @property {(name: string) => string | null} getAttribute
 * @property {(selector: string) => PageElement | null} querySelector
 */

/**
 * The rows of a tree or list that are on the screen, from top to bottom.
 * @param {Locator} list
 * @returns {Promise<Row[]>}
 */
export async function readRows(list) {
  const rows = await list.locator(".monaco-list-row").evaluateAll((/** @type {PageElement[]} */ elements) =>
    elements.map((element) => ({
      index: Number(element.getAttribute("data-index")),
      label: element.querySelector(".label-name")?.textContent ?? "",
      description: element.querySelector(".label-description")?.textContent ?? "",
      ariaLabel: element.getAttribute("aria-label") ?? "",
      icon: /codicon-(\S+)/.exec(element.querySelector(".custom-view-tree-node-item-icon.codicon")?.getAttribute("class") ?? "")?.[1] ?? "",
    })),
  );
  return rows.sort((one, other) => one.index - other.index).map(({ label, description, ariaLabel, icon }) => ({ label, description, ariaLabel, icon }));
}

export class View {
  /**
   * @param {Patience} patience
   * @param {string} title
   */
  constructor(patience, title) {
    this.patience = patience;
    this.title = title;
    const heading = patience.page.locator(".pane-header .title", { hasText: new RegExp(`^${escapePattern(title)}$`) });
    this.pane = patience.page.locator(".pane").filter({ has: heading });
    this.header = this.pane.locator(".pane-header");
  }

  /** Opens the view where it is folded. */
  async expand() {
    await this.patience.until(`the view ${this.title}`, async () => {
      if ((await this.header.getAttribute("aria-expanded", { timeout: 500 })) === "false") {
        await clickOnce(this.header);
      }
      return (await this.header.getAttribute("aria-expanded", { timeout: 500 })) === "true";
    });
  }

  /** The rows on the screen, from top to bottom. */
  async rows() {
    return readRows(this.pane);
  }

  /**
   * Waits for rows to be as they should, and returns them.
   * @param {string} what
   * @param {(rows: Row[]) => boolean} wanted
   * @param {number} [limit]
   */
  async rowsWhen(what, wanted, limit) {
    return this.patience.until(
      `${what} in the view ${this.title}`,
      async () => {
        const rows = await this.rows();
        return wanted(rows) && rows;
      },
      { ...(limit === undefined ? {} : { limit }), instead: async () => describeRows(await this.rows()) },
    );
  }

  /**
   * The row with this label.
   * @param {string | RegExp} label
   */
  row(label) {
    const name = typeof label === "string" ? new RegExp(`^\\s*${escapePattern(label)}\\s*$`) : label;
    return this.pane.locator(".monaco-list-row").filter({ has: this.patience.page.locator(".label-name", { hasText: name }) });
  }

  /**
   * Clicks on a row.
   * @param {string | RegExp} label
   * @param {"left" | "right"} [button]
   */
  async clickRow(label, button = "left") {
    await this.#click(`the row ${String(label)}`, this.row(label).first(), button);
  }

  /**
   * Clicks on the button that a row shows under the pointer.
   * @param {string | RegExp} label
   * @param {string} action
   */
  async clickRowAction(label, action) {
    const row = this.row(label).first();
    await this.patience.until(`the button ${action} of the row ${String(label)}`, async () => {
      await row.hover({ timeout: 500 });
      await clickOnce(row.locator(actionNamed(action)).first());
      return true;
    });
  }

  /**
   * Right-clicks on a row and chooses from its menu.
   * @param {string | RegExp} label
   * @param {string} item
   */
  async chooseFromRowMenu(label, item) {
    await this.clickRow(label, "right");
    await this.#click(`the menu item ${item}`, this.patience.page.locator(`.monaco-menu ${actionNamed(item)}`).first(), "left");
  }

  /**
   * Clicks on a button in the view's title.
   * @param {string} action
   */
  async clickTitleAction(action) {
    await this.patience.until(`the button ${action} in the title of ${this.title}`, async () => {
      await this.header.hover({ timeout: 500 });
      await clickOnce(this.header.locator(actionNamed(action)).first());
      return true;
    });
  }

  /** What an empty view says. */
  async welcomeText() {
    return (await this.pane.locator(".welcome-view").allInnerTexts()).join("\n").trim();
  }

  /**
   * Waits for an empty view to say something.
   * @param {RegExp} text
   */
  async welcomeTextWhen(text) {
    return this.patience.until(
      `${String(text)} in the view ${this.title}`,
      async () => {
        const now = await this.welcomeText();
        return text.test(now) && now;
      },
      { instead: async () => `"${await this.welcomeText()}"` },
    );
  }

  /**
   * Clicks on a button of an empty view.
   * @param {string} name
   */
  async clickWelcomeButton(name) {
    const button = this.pane.locator(".welcome-view .monaco-button", { hasText: new RegExp(`^\\s*${escapePattern(name)}\\s*$`) });
    await this.#click(`the button ${name}`, button.first(), "left");
  }

  /**
   * @param {string} what
   * @param {Locator} target
   * @param {"left" | "right"} button
   */
  async #click(what, target, button) {
    await this.patience.until(
      `${what} in the view ${this.title}`,
      async () => {
        await clickOnce(target, { button });
        return true;
      },
    );
  }
}

/** @param {Row[]} rows */
export function describeRows(rows) {
  return rows.length === 0 ? "no rows" : `the rows ${rows.map((row) => `"${`${row.label} ${row.description}`.trim()}"`).join(", ")}`;
}

/**
 * VS Code adds the keys of an action to its name, in brackets.
 * @param {string} name
 */
function actionNamed(name) {
  const quoted = JSON.stringify(name);
  return `.action-label:is([aria-label=${quoted}], [aria-label^=${JSON.stringify(`${name} (`)}])`;
}

/** @param {string} text */
export function escapePattern(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
