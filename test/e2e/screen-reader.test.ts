// What a person with a screen reader depends on, as far as Chromium and the page tell: roles that leave the keys to the panel, a
// focus that is never lost, and nothing said that nobody asked for. What Orca makes of it is in docs/accessibility.md.
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { accessible, replay } from "./panel";
import { test } from "./support";

const start = Date.UTC(2026, 0, 1);

/** An event of a run whose turns are ten events long: what the model says, what its tool says, and notes. */
function line(number: number): string {
  const model = { type: "generation", agentRequest: { settings: { model: "m" }, description: "", messages: [] }, finalResult: { outputs: [{ completion: `Turn ${number}` }] } };
  const note = { type: "log", content: [`line ${number}${number === 150 ? " needle" : ""}`] };
  const content = number % 10 === 1 ? model : number % 10 === 9 ? { type: "observation", observation: "done" } : note;
  return `${JSON.stringify({ runId: 1, index: 1000 + number, agentBranchNumber: 0, calledAt: start + number * 1000, content })}\n`;
}

describe("the replay panel by screen reader", () => {
  test("leaves the keys to the panel, keeps the focus in the list while it plays, and selects nothing where the focus is not", async ({ stage }) => {
    const folder = stage.newFolder("transcripts");
    const file = join(folder, "run.jsonl");
    writeFileSync(file, Array.from({ length: 400 }, (_, number) => line(number)).join(""));
    const workbench = await stage.openWindow(folder);
    const { page, patience } = workbench;
    const panel = await replay(workbench, "run.jsonl");
    const place = async (): Promise<number> => Number(/^\d+/.exec(await panel.locator(".status").innerText())?.[0] ?? 0);
    const focused = (): Promise<string> => panel.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.localName ?? "nothing");
    const selected = async (): Promise<string[]> => (await accessible(panel)).filter(({ role, isSelected }) => isSelected && role === "treeitem").map(({ name }) => name);
    await patience.until("all events", async () => (await panel.locator(".list").getAttribute("aria-rowcount")) === "400");

    // Rows of a grid and items of a tree are what screen readers leave their own keys for; each has its place and its level.
    await patience.until("the parts of the outline", async () => (await panel.locator(".outline [role=treeitem]").count()) > 10);
    const roles = new Set((await accessible(panel)).map(({ role }) => role));
    expect(["grid", "row", "gridcell", "tree", "treeitem"].filter((role) => !roles.has(role))).toEqual([]);
    expect(await panel.locator(".outline [role=treeitem]").nth(2).evaluate((part) => ["aria-level", "aria-posinset", "aria-setsize"].map((name) => part.getAttribute(name)))).toEqual(["1", "3", "40"]);

    // Another turn is the current one: in the outline it is marked and not selected, which would be said.
    await panel.locator(".list").focus();
    await page.keyboard.press("J");
    await patience.until("the row of the first turn with the focus", async () => /^2, assistant: Turn 1/.test(await focused()), { instead: focused });
    await page.keyboard.press("J");
    await patience.until("the row of the second turn with the focus", async () => /^12, assistant: Turn 11/.test(await focused()), { instead: focused });
    await patience.until("the part that is current", async () => /^Turn 11/.test((await panel.locator(".outline [aria-current=true]").getAttribute("aria-label")) ?? ""));
    expect(await selected()).toEqual([]);

    // Rows are left behind many times while it plays: the focus stays in the list, and is with the current event in the end.
    await page.keyboard.press("Home");
    for (let time = 0; time < 6; time++) {
      await page.keyboard.press(".");
    }
    await panel.evaluate(() => {
      const lost: string[] = [];
      Object.assign(globalThis, { lost });
      const look = (): void => {
        if (document.querySelector(".list")?.contains(document.activeElement) !== true) {
          lost.push(document.activeElement?.localName ?? "nothing");
        }
        requestAnimationFrame(look);
      };
      look();
    });
    await page.keyboard.press("Space");
    await patience.until("a hundred events played", async () => (await place()) > 100, { instead: async () => String(await place()) });
    await page.keyboard.press("Space");
    await patience.until("the current row with the focus", async () => (await focused()).startsWith(`${await place()}, `), { instead: focused });
    expect(await panel.evaluate(() => (globalThis as unknown as { lost: string[] }).lost)).toEqual([]);
    await patience.until("that it has paused", async () => (await panel.locator(".sr-only[aria-live=polite]").innerText()) === "Paused");

    // A search says how often, and then which; what is closed says so.
    await page.keyboard.press("/");
    await page.keyboard.type("needle");
    const counted = panel.locator(".search [role=status]");
    await patience.until("how often it was found", async () => (await counted.innerText()) === "1 match in 1 event", { instead: () => counted.innerText() });
    await page.keyboard.press("Enter");
    await patience.until("which match it is", async () => (await counted.innerText()) === "match 1 of 1", { instead: () => counted.innerText() });
    await page.keyboard.press("Escape");
    await page.keyboard.press("o");
    await patience.until("that the outline is closed", async () => (await panel.locator(".sr-only[aria-live=polite]").innerText()) === "Outline closed");
    await page.keyboard.press("?");
    expect(await panel.locator(".help-box .key-row .sr-only").first().textContent()).toBe("j or Down Arrow: Next event.");
    await page.keyboard.press("Escape");
    await page.keyboard.press("o");
    await patience.until("the outline with the focus", async () => (await focused()) === "Outline", { instead: focused });

    // A button of an event that was pressed keeps the focus, although the event is drawn anew.
    await panel.locator(".event.current").focus();
    await page.keyboard.press("Tab");
    const fields = panel.locator(".event.current button", { hasText: "fields" });
    const pressed = async (): Promise<string> => `${(await fields.getAttribute("aria-expanded")) ?? ""} ${String(await fields.evaluate((button) => button === document.activeElement))}`;
    await patience.until("the button for the fields with the focus", async () => (await pressed()) === "false true", { instead: pressed });
    await page.keyboard.press("Enter");
    await patience.until("the fields, and the focus where it was", async () => (await pressed()) === "true true", { instead: pressed });

    // It keeps it, too, where the focus had not followed the current event yet.
    await panel.locator(".event.current").focus();
    const kept = await panel.evaluate(async () => {
      const list = document.querySelector(".list");
      const rests = (): Promise<void> => new Promise((resolve) => setTimeout(() => requestAnimationFrame(() => resolve()), 50));
      for (const key of ["j", "k", "j"]) {
        list?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        await rests();
      }
      const button = document.querySelector<HTMLElement>(".event.current button.fields, .event.current .head button");
      button?.focus();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return [button?.isConnected, button === document.activeElement];
    });
    expect(kept).toEqual([true, true]);

    // A choice that is drawn anew, here since there are more turns, is kept from screen readers at first.
    await panel.evaluate(() => {
      const seen: boolean[] = [];
      Object.assign(globalThis, { seen });
      const observer = new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => node instanceof HTMLSelectElement && seen.push(node.inert))));
      observer.observe(document.querySelector(".outline .pane-head") ?? document.body, { childList: true });
    });
    appendFileSync(file, Array.from({ length: 10 }, (_, number) => line(400 + number)).join(""));
    const seen = (): Promise<boolean[]> => panel.evaluate(() => (globalThis as unknown as { seen: boolean[] }).seen);
    await patience.until("the choice drawn anew", async () => (await seen()).length > 0);
    expect([...new Set(await seen())]).toEqual([true]);
    await patience.until("all choices to be made", () => panel.evaluate(() => [...document.querySelectorAll("select")].every(({ inert }) => !inert)));
  });
});
