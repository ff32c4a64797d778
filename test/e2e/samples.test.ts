// A reviewer goes through the samples of a log in a real VS Code: filters and sorts them, looks at one alone, steps to the next that
// passes, and finds all of it again after a reload. Two transcripts stand beside each other, and audio of a message is played.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Frame } from "playwright-core";
import { describe, expect } from "vitest";
import { accessible, hostile, listener, panelOf } from "./panel";
import { test, testWithAllExtensions } from "./support";

/** A log of twelve samples: of three each, one ends with an error, one is right and one is wrong. */
function log(evil: string): object {
  const samples = Array.from({ length: 12 }, (_, number) => {
    const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, number, 0, second)).toISOString();
    const answer = number % 3 === 1 ? "right" : "wrong";
    const events = [
      { event: "model", timestamp: at(1), model: "m", input: [{ id: `u${number}`, role: "user", content: `Question ${number} ${evil}` }], output: { choices: [{ message: { id: `a${number}`, role: "assistant", content: `needle: my answer is ${answer}` }, stop_reason: "stop" }] } },
      ...(number % 3 === 0 ? [{ event: "error", timestamp: at(2 + number), error: { message: `lost the box ${evil}`, traceback: "" } }] : [{ event: "score", timestamp: at(2 + number), score: { value: answer === "right" ? "C" : "I" }, target: "right" }]),
    ];
    return { id: `q${number}`, epoch: 1, input: "", messages: [], events };
  });
  return { version: 2, status: "success", eval: { task: "t", model: "m" }, samples };
}

describe("the replay panel", () => {
  test("lists samples by a filter and an order, and shows one alone until all are wanted again", async ({ stage }) => {
    const { url, visits, server } = await listener();
    try {
      const folder = stage.newFolder("logs");
      writeFileSync(join(folder, "run.json"), JSON.stringify(log(hostile(url))));
      stage.server.changeSettings({ "workbench.editorAssociations": { "run.json": "baseliner.replay" } });
      const workbench = await stage.openWindow(folder);
      const { page, patience } = workbench;
      await workbench.show("Explorer");
      await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "run.json" }).dblclick();
      let panel = await panelOf(workbench);

      const counted = async (): Promise<string> => await panel.locator(".sample-bar .count").innerText();
      const names = async (): Promise<string[]> => await panel.locator(".sample-row .sample-name").allInnerTexts();
      const said = async (): Promise<string> => (await panel.locator("div.sr-only[role=status]").textContent()) ?? "";
      const status = async (): Promise<string> => await panel.locator(".status").innerText();
      const alone = async (): Promise<string> => ((await panel.locator(".sample-alone").isVisible()) ? await panel.locator(".sample-alone").innerText() : "");

      await panel.locator(".list").focus();
      await page.keyboard.press("q");
      await patience.until("all samples", async () => (await counted()) === "12 samples", { instead: counted });
      await page.keyboard.type("is:error");
      await patience.until("those that failed", async () => (await counted()) === "4 of 12 samples", { instead: counted });
      expect(await names()).toEqual(["q0 epoch 1", "q3 epoch 1", "q6 epoch 1", "q9 epoch 1"]);
      await patience.until("the count being said", async () => (await said()) === "4 of 12 samples", { instead: said });
      await panel.locator(".sample-orders button", { hasText: "time" }).click();
      await patience.until("the longest first", async () => (await names()).join() === "q9 epoch 1,q6 epoch 1,q3 epoch 1,q0 epoch 1", { instead: async () => (await names()).join() });
      await workbench.picture("samples");

      // Alone, by keys: its events, its turns, and what is found in it.
      await panel.locator(".sample-bar input").focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await patience.until("the second sample of the list", async () => (await panel.locator(".event.current").innerText()).includes("Question 6 "));
      await page.keyboard.press("Enter");
      await patience.until("one sample alone", async () => /^Only\s+q6 epoch 1\s+2 of 4 · not scored · error · 4 events/.test(await alone()), { instead: alone });
      expect(await panel.locator(".event").count()).toBe(3);
      await patience.until("its turns alone", async () => (await panel.locator(".outline .part").count()) === 2);
      await page.keyboard.press("/");
      await page.keyboard.type("needle");
      await patience.until("what is found in it", async () => (await panel.locator(".search-count").innerText()) === "1");
      await page.keyboard.press("Escape");
      const named = await accessible(panel);
      expect(named.filter(({ isFocusable, role, name }) => isFocusable && (name.trim() === "" || role === "generic"))).toEqual([]);
      await workbench.picture("alone");

      // The next of the list, in its order, and no step leaves it.
      // Also where keys come faster than samples.
      await page.keyboard.press("u");
      await page.keyboard.press("u");
      await patience.until("the last sample alone", async () => /^Only\s+q0 epoch 1\s+4 of 4/.test(await alone()), { instead: alone });
      await page.keyboard.press("U");
      await patience.until("the one before it alone", async () => /^Only\s+q3 epoch 1\s+3 of 4/.test(await alone()), { instead: alone });
      await patience.until("it being said", async () => /^q3 epoch 1, 3 of 4/.test(await said()), { instead: said });
      await page.keyboard.press("End");
      await page.keyboard.press("j");
      await page.keyboard.press("J");
      await page.keyboard.press("p");
      await patience.until("its end", async () => /No more problems/.test(await said()), { instead: said });
      expect(await panel.locator(".event.current").innerText()).toContain("lost the box");

      // After a reload, all is as it was.
      await workbench.reload();
      panel = await panelOf(workbench);
      await patience.until("the same sample alone", async () => /^Only\s+q3 epoch 1\s+3 of 4/.test(await alone()), { instead: alone });
      await patience.until("the same list", async () => (await counted()) === "4 of 12 samples" && (await names())[0] === "q9 epoch 1", { instead: counted });

      await panel.locator(".list").focus();
      await page.keyboard.press("h");
      await patience.until("all samples again", async () => (await alone()) === "" && (await status()).includes("turn 4 of 12"), { instead: status });
      expect(await panel.evaluate(() => (window as { pwned?: number }).pwned)).toBeUndefined();
      expect(visits).toEqual([]);
    } finally {
      server.close();
    }
  });
});

describe("two transcripts beside each other", () => {
  test("are opened by a command, and go turn by turn together until that is ended", async ({ stage }) => {
    const folder = stage.newFolder("runs");
    const run = (name: string, turns: number): string => Array.from({ length: turns }, (_, turn) => [{ role: "user", content: `${name} asks ${turn + 1}` }, { role: "assistant", content: `${name} answers ${turn + 1}` }]).flat().map((message) => JSON.stringify(message)).join(",");
    writeFileSync(join(folder, "left.json"), `[${run("left", 9)}]`);
    writeFileSync(join(folder, "right.json"), `[${run("right", 4)}]`);
    stage.server.changeSettings({ "workbench.editorAssociations": { "*.json": "baseliner.replay" } });
    const workbench = await stage.openWindow(folder);
    const { page, patience } = workbench;
    await workbench.show("Explorer");
    await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "left.json" }).dblclick();
    const left = await panelOf(workbench);
    await workbench.runCommand("Baseliner: Compare With…");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "right.json" }).click();
    const right = await patience.until("the other panel", async () => {
      for (const frame of page.frames()) {
        if (frame !== left && (await frame.locator("#replay .event.current", { hasText: "right asks 1" }).count().catch(() => 0)) > 0) {
          return frame;
        }
      }
      return undefined;
    });
    const current = async (panel: typeof left): Promise<string> => (await panel.locator(".event.current .body").innerText()).trim();
    await patience.until("each naming the other", async () => (await left.locator(".together").isVisible()) && (await right.locator(".panel-bar.beside").innerText()).includes("left.json"));

    await left.locator(".list").focus();
    await page.keyboard.press("J");
    await patience.until("the other at the second turn as well", async () => (await current(right)) === "right asks 2", { instead: async () => `${await current(left)}, ${await current(right)}` });
    await page.keyboard.press("J");
    await patience.until("the other at the third turn as well", async () => (await current(right)) === "right asks 3", { instead: () => current(right) });
    expect(await current(left)).toBe("left asks 3");
    await right.locator(".list").focus();
    await page.keyboard.press("K");
    await patience.until("both one turn back", async () => (await current(left)) === "left asks 2", { instead: () => current(left) });

    // What the other asks for while the reader is already on the way elsewhere takes the reader not back, and the other hears of it.
    await left.evaluate(async () => {
      document.querySelector<HTMLElement>(".list")?.dispatchEvent(new KeyboardEvent("keydown", { key: "J", shiftKey: true, bubbles: true }));
      await new Promise((after) => setTimeout(after, 0));
      window.dispatchEvent(new MessageEvent("message", { data: { type: "follow", ordinal: 2 } }));
    });
    await patience.until("both a turn on", async () => (await current(right)) === "right asks 3", { instead: async () => `${await current(left)}, ${await current(right)}` });
    expect(await current(left)).toBe("left asks 3");
    await workbench.picture("beside");

    // The shorter one stays at its last turn, and holds the longer one not back.
    await left.locator(".list").focus();
    await page.keyboard.press("End");
    await patience.until("the last turn of each", async () => (await current(right)) === "right asks 4", { instead: () => current(right) });
    expect(await current(left)).toBe("left answers 9");

    await page.keyboard.press("=");
    await patience.until("each going its own way", async () => (await right.locator(".together").getAttribute("aria-pressed")) === "false");
    await page.keyboard.press("Home");
    await patience.until("the beginning", async () => (await current(left)) === "left asks 1");
    expect(await current(right)).toBe("right asks 4");
    // Messages alone have no times to go by.
    expect(await left.locator(".by-time").isVisible()).toBe(false);
  });

  test("go by the time since they began, also when the window was loaded anew, until one is closed", async ({ stage }) => {
    const folder = stage.newFolder("timed");
    const run = (name: string, seconds: readonly number[]): string =>
      seconds.map((second, number) => `${JSON.stringify({ runId: 1, index: number + 1, agentBranchNumber: 0, calledAt: Date.UTC(2026, 0, 1) + second * 1000, content: { type: "log", content: [`${name} at ${second} s`] } })}\n`).join("");
    writeFileSync(join(folder, "slow.jsonl"), run("slow", [0, 100, 200, 300]));
    writeFileSync(join(folder, "quick.jsonl"), run("quick", [0, 90, 110, 120, 250]));
    stage.server.changeSettings({ "workbench.editorAssociations": { "*.jsonl": "baseliner.replay" } });
    const workbench = await stage.openWindow(folder);
    const { page, patience } = workbench;
    await workbench.show("Explorer");
    await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "slow.jsonl" }).dblclick();
    await panelOf(workbench);
    await workbench.runCommand("Baseliner: Compare With…");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "quick.jsonl" }).click();
    const named = (name: string): Promise<Frame> =>
      patience.until(`the panel of ${name}`, async () => {
        for (const frame of page.frames()) {
          if ((await frame.locator("#replay .event.current", { hasText: `${name} at` }).count().catch(() => 0)) > 0 && (await frame.locator(".panel-bar.beside").isVisible())) {
            return frame;
          }
        }
        return undefined;
      });
    const current = async (panel: Frame): Promise<string> => (await panel.locator(".event.current .body").innerText()).trim();
    let [slow, quick] = [await named("slow"), await named("quick")];
    await slow.locator(".by-time").click();
    await patience.until("both by time", async () => (await quick.locator(".by-time").getAttribute("aria-pressed")) === "true");
    await slow.locator(".list").focus();
    await page.keyboard.press("j");
    await patience.until("the last event within 100 s", async () => (await current(quick)) === "quick at 90 s", { instead: () => current(quick) });
    await page.keyboard.press("j");
    await patience.until("the last event within 200 s", async () => (await current(quick)) === "quick at 120 s", { instead: () => current(quick) });
    await workbench.picture("by time");

    await workbench.reload();
    [slow, quick] = [await named("slow"), await named("quick")];
    await patience.until("both by time again", async () => (await slow.locator(".by-time").getAttribute("aria-pressed")) === "true");
    await quick.locator(".list").focus();
    await page.keyboard.press("End");
    await patience.until("the last event within 250 s", async () => (await current(slow)) === "slow at 200 s", { instead: () => current(slow) });
    await page.keyboard.press("Home");
    await patience.until("the beginning of both", async () => (await current(slow)) === "slow at 0 s", { instead: () => current(slow) });
    await workbench.runCommand("View: Close Editor");
    await slow.locator(".panel-bar.beside").waitFor({ state: "hidden" });
  });
});

describe("audio and documents of a message", () => {
  testWithAllExtensions("are named, and the one is played by VS Code; what is text is shown", async ({ stage }) => {
    const folder = stage.newFolder("heard");
    const audio = Buffer.concat([Buffer.from("RIFF\u00a4\u0000\u0000\u0000WAVEfmt \u0010\u0000\u0000\u0000\u0001\u0000\u0001\u0000\u0040\u001f\u0000\u0000\u0040\u001f\u0000\u0000\u0001\u0000\u0008\u0000data\u0080\u0000\u0000\u0000", "latin1"), Buffer.alloc(8000, 0x80)]);
    const content = [{ type: "input_audio", input_audio: { data: audio.toString("base64"), format: "wav" } }, { type: "document", title: "Notes", source: { type: "text", media_type: "text/plain", data: "a note on a line" } }];
    writeFileSync(join(folder, "heard.json"), JSON.stringify([{ role: "user", content }, { role: "assistant", content: "I hear it." }]));
    stage.server.changeSettings({ "workbench.editorAssociations": { "heard.json": "baseliner.replay" } });
    const workbench = await stage.openWindow(folder);
    const { page, patience } = workbench;
    await workbench.show("Explorer");
    await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "heard.json" }).dblclick();
    const panel = await panelOf(workbench);
    const media = panel.locator(".event .medium");
    await patience.until("the audio by its type and length", async () => (await media.innerText()).includes("audio/wav · 1 s · 8 kB"), { instead: () => media.innerText() });
    expect(await panel.locator(".event .body").first().innerText()).toContain("a note on a line");
    expect(await panel.locator("audio, video, iframe, object, embed").count()).toBe(0);
    await media.locator("button", { hasText: "play" }).click();
    await page.locator(".tabs-container .tab", { hasText: /^heard\.json 1\.wav/ }).waitFor();
    await patience.until("a player that has taken the audio", async () => (await Promise.all(page.frames().map((frame) => frame.locator("body.ready audio").count().catch(() => 0)))).some((count) => count > 0));
    await workbench.picture("played");

    // What is saved is what the log holds, byte for byte, and stands where the person said.
    await workbench.runCommand("View: Close All Editors in Group");
    await media.locator("button", { hasText: "save as…" }).click();
    const kept = join(folder, "kept.wav");
    await patience.until("the dialog, which proposes a name beside the transcript", async () => (await page.locator(".quick-input-widget:visible input.input").first().inputValue()).startsWith(folder));
    await workbench.answerFileDialog(kept);
    await page.locator(".statusbar-item", { hasText: "8 kB saved" }).waitFor();
    expect(readFileSync(kept).equals(audio)).toBe(true);
  });
});
