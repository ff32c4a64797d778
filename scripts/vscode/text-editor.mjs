// The text editor that has the focus: opening files, reading and replacing their text, saving.
import { clickOnce } from "./patience.mjs";

/** @typedef {import("./patience.mjs").Patience} Patience */

export class TextEditor {
  /** @param {Patience} patience */
  constructor(patience) {
    this.patience = patience;
    this.page = patience.page;
    this.activeGroup = this.page.locator(".editor-group-container.active");
  }

  /**
   * Opens a file of the window's folder by its name.
   * @param {string} name
   */
  async open(name) {
    const input = this.page.locator(".quick-input-widget:visible input");
    await this.patience.until(`an editor of ${name} by Go to File`, async () => {
      if (!(await input.isVisible())) {
        await this.page.keyboard.press("Control+P");
        await input.waitFor({ timeout: 1000 });
      }
      await input.fill(name, { timeout: 500 });
      await clickOnce(this.page.locator(`.quick-input-list .monaco-list-row[aria-label^=${JSON.stringify(name)}]`).first(), { within: 1500 });
      // A list that is drawn anew just then does not hear the click; who opens a file again has opened it once.
      await this.#tab(name).waitFor({ timeout: 10_000 });
      return true;
    });
    await this.focus();
  }

  /** Puts the cursor into the active editor. */
  async focus() {
    await this.patience.until("a text editor with the cursor in it", async () => {
      const editor = this.activeGroup.locator(".monaco-editor").first();
      if (!(await this.activeGroup.locator(".monaco-editor.focused").first().isVisible())) {
        await clickOnce(editor.locator(".view-lines"), { position: { x: 5, y: 5 } });
      }
      return this.activeGroup.locator(".monaco-editor.focused").first().isVisible();
    });
  }

  /** The whole text of the active editor; afterwards all of it is selected. */
  async text() {
    await this.focus();
    await this.#writeClipboard("");
    return this.patience.until("the editor's text on the clipboard", async () => {
      await this.page.keyboard.press("Control+A");
      await this.page.keyboard.press("Control+C");
      const text = await this.#readClipboard();
      return text !== "" && { text };
    }, { limit: 5000 }).then(({ text }) => text);
  }

  /**
   * Replaces the whole text of the active editor by another one, as by pasting,
   * which keeps its indents.
   * @param {string} text
   */
  async replaceText(text) {
    await this.focus();
    await this.page.keyboard.press("Control+A");
    await this.#writeClipboard(text);
    await this.page.keyboard.press("Control+V");
    await this.patience.until("the new text in the editor", async () => (await this.text()) === text);
    await this.patience.until("the file marked as changed", async () => this.activeGroup.locator(".tab.active.dirty").isVisible());
    await this.page.keyboard.press("Control+Home");
  }

  /** Saves the active editor's file. */
  async save() {
    await this.page.keyboard.press("Control+S");
    await this.patience.until("a saved file", async () => (await this.activeGroup.locator(".tab.active.dirty").count()) === 0);
  }

  /** The names of the editors that are open, in all groups. */
  async tabs() {
    return (await this.page.locator(".editor-group-container .tab .monaco-icon-label").allInnerTexts()).map((name) => name.trim());
  }

  /** @param {string} name */
  #tab(name) {
    return this.activeGroup.locator(`.tab.active[data-resource-name=${JSON.stringify(name)}]`);
  }

  /** @param {string} text */
  #writeClipboard(text) {
    return this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  }

  /** @returns {Promise<string>} */
  #readClipboard() {
    return this.page.evaluate("navigator.clipboard.readText()");
  }
}
