// A reviewer looks at what a model was given and at pictures of a log, in a real VS Code: all of it is hostile,
// and nothing in it runs, is loaded or takes the place of anything else.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { dataUrl, png, pngHeaderOnly } from "../support/pictures";
import { accessible, hostile, listener, panelOf } from "./panel";
import { testWithAllExtensions as test } from "./support";

/** A log of Inspect in which a model is called twice, with many messages and with pictures of all kinds. */
function log(url: string): object {
  const evil = hostile(url);
  const picture = (image: string): object => ({ type: "image", image });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1"><image href="${url}/svg"/></svg>`;
  const pictures = [
    picture("attachment://picture"),
    picture(dataUrl(pngHeaderOnly(60_000, 60_000))),
    picture(dataUrl(Buffer.from(`<script>window.pwned=1</script><img src="${url}/html">`.repeat(20)))),
    picture(dataUrl(Buffer.from(svg.repeat(10)), "image/svg+xml")),
    picture(`${url}/remote.png`),
    picture(dataUrl(Buffer.concat([pngHeaderOnly(100, 60).subarray(0, 33), Buffer.from(svg)]))),
  ];
  const said = Array.from({ length: 60 }, (_, number) => ({ id: `n${number}`, role: number % 2 === 0 ? "user" : "assistant", content: `said ${number} ${evil}` }));
  const model = { event: "model", model: evil, tool_choice: evil, config: { [evil]: evil }, tools: [{ name: evil, description: evil, parameters: { type: "object", properties: { [evil]: { description: evil } } } }] };
  return {
    version: 2,
    status: "success",
    eval: { task: "t", model: "m" },
    samples: [
      {
        id: 1,
        epoch: 1,
        messages: [],
        events: [
          { ...model, timestamp: "2026-01-01T00:00:00+00:00", input: [{ id: "u", role: "user", content: [{ type: "text", text: "Look at these." }, ...pictures] }], output: { choices: [{ message: { id: "a", role: "assistant", content: "I see a grey one." }, stop_reason: "stop" }], usage: { input_tokens: 12, output_tokens: 5 } } },
          {
            ...model,
            timestamp: "2026-01-01T00:00:09+00:00",
            input: [],
            input_refs: [[0, 62]],
            output: { choices: [{ message: { id: "z", role: "assistant", content: "The end." }, stop_reason: evil }] },
            call: { request: { [evil]: evil }, response: { text: evil } },
          },
        ],
        events_data: { messages: [{ id: "u", role: "user", content: [{ type: "text", text: "Look at these." }, ...pictures] }, { id: "a", role: "assistant", content: "I see a grey one." }, ...said], calls: [] },
        attachments: { picture: dataUrl(png(400, 200, 77)) },
      },
    ],
  };
}

describe("the replay panel", () => {
  test("shows pictures that a log holds and a model's call in full, and nothing in them runs or leaves", async ({ stage }) => {
    const { url, visits, server } = await listener();
    try {
      const folder = stage.newFolder("logs");
      writeFileSync(join(folder, "run.json"), JSON.stringify(log(url)));
      stage.server.changeSettings({ "workbench.editorAssociations": { "run.json": "baseliner.replay" } });
      const workbench = await stage.openWindow(folder);
      const { page, patience } = workbench;
      await workbench.show("Explorer");
      await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "run.json" }).dblclick();
      const panel = await panelOf(workbench);

      // The one picture that is one is drawn, by what its bytes are, in the room that its header says.
      const pictures = panel.locator(".event", { hasText: "Look at these." }).locator(".pictures");
      await pictures.locator("canvas").waitFor();
      const drawn = await pictures.locator("canvas").evaluateAll((all) =>
        all.map((canvas) => {
          const { data = [] } = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(10, 10, 1, 1) ?? {};
          return [...data];
        }),
      );
      expect(drawn).toEqual([[77, 77, 77, 255]]);
      const sizes = await pictures.locator("button.picture").evaluateAll((all) => all.map((one) => `${one.clientWidth} ${one.clientHeight}`));
      expect(sizes).toEqual(["400 200", "100 60"]);
      await patience.until("what is no picture behind its header is said", async () => /^Not drawn: its bytes cannot be decoded/.test(await pictures.locator("button.picture").nth(1).innerText()));
      expect(await pictures.locator("button.picture").evaluateAll((all) => all.map((one) => `${one.clientWidth} ${one.clientHeight}`))).toEqual(sizes);
      expect((await pictures.locator(".picture-problem").innerText()).replaceAll("\u202f", " ")).toMatch(/^PNG picture, 60 000 × 60 000 pixels, .*: more pixels than are decoded, so it is not drawn\.$/);
      expect(await panel.locator(".event", { hasText: "Look at these." }).innerText()).toContain(`[image: ${url}/remote.png]`);
      await workbench.picture("pictures");

      // In full, as VS Code shows pictures.
      await pictures.locator("button.picture").first().click();
      await page.locator(".tabs-container .tab", { hasText: /^run\.json 2\.png/ }).waitFor();
      await page.locator(".statusbar-item", { hasText: "400x200" }).waitFor();
      await workbench.picture("preview");
      await workbench.runCommand("View: Close All Editors in Group");

      // By a key: the call of the last event, with all that it was given.
      await panel.locator(".list").focus();
      await page.keyboard.press("End");
      await page.keyboard.press("l");
      const call = panel.locator(".side .call");
      const plain = async (): Promise<string> => (await call.innerText()).replaceAll("\u202f", "");
      await patience.until("the input of the call", async () => /Input\s+62 messages · \d+ characters · 60 new/.test(await plain()), { instead: plain });
      await patience.until("its first and last messages", async () => (await call.locator(".call-messages > .call-message").count()) === 40);
      await call.locator("button.between", { hasText: "22 messages between" }).click();
      await patience.until("all of its messages", async () => (await call.locator(".call-messages > .call-message").count()) === 62);
      expect(await call.locator(".call-message.new").count()).toBe(60);
      await call.locator(".call-messages > .call-message").nth(50).locator("summary").click();
      expect(await call.locator(".call-messages > .call-message").nth(50).locator(".call-text").innerText()).toMatch(/^said 48 <img src=x onerror="window\.pwned=1">[\s\S]*⟨U\+202E⟩gnp\.exe/);
      for (const name of ["Tools offered", "Settings", "Request to the API", "Response of the API"]) {
        await call.locator(".section > summary", { hasText: name }).click();
      }
      await patience.until("the request and the response", async () => (await call.locator(".section[open] .json .member").count()) >= 3);
      await call.locator(".section", { hasText: "Tools offered" }).locator(".call-message > summary").click();
      await workbench.picture("call");
      const named = await accessible(panel);
      expect(named.filter(({ isFocusable, role, name }) => isFocusable && (name.trim() === "" || role === "generic"))).toEqual([]);
      expect(await panel.evaluate(() => [...document.querySelectorAll("[title], [aria-label]")].flatMap((one) => [one.getAttribute("title") ?? "", one.getAttribute("aria-label") ?? ""]).filter((name) => /[\u200b\u202a-\u202e\u2066-\u2069]/.test(name)))).toEqual([]);

      // Another event of the same call leaves everything as it is.
      const opened = async (): Promise<number> => await call.locator("details[open]").count();
      const before = await opened();
      await panel.locator(".list").focus();
      await page.keyboard.press("k");
      await patience.until("the event before it in the heading", async () => /belongs to:/.test(await plain()) && /event 63/.test(await plain()), { instead: plain });
      expect([await opened(), await call.locator(".call-messages > .call-message").count()]).toEqual([before, 62]);

      // What it was given beside what the call before was, in the editor's own diff.
      await call.locator("button", { hasText: "compare with the call before" }).click();
      await page.locator(".tabs-container .tab", { hasText: /^Input of the calls of events \d+ and \d+$/ }).waitFor();
      const added = page.locator(".monaco-diff-editor .modified-in-monaco-diff-editor .view-line");
      await patience.until("messages that were added", async () => (await added.allInnerTexts()).some((line) => line.replaceAll("\u00a0", " ") === "--- user"), { instead: async () => (await added.allInnerTexts()).join("\n") });
      await workbench.picture("inputs");
      await workbench.runCommand("View: Close All Editors in Group");

      // All that is listed as one document.
      await panel.locator(".list").focus();
      await workbench.runCommand("Baseliner: Save Listed Events as Markdown…");
      const saved = join(folder, "saved.md");
      await workbench.answerFileDialog(saved);
      await patience.until("the document", () => Promise.resolve(existsSync(saved)));
      const markdown = readFileSync(saved, "utf8");
      expect(markdown).toMatch(/^# run\.json\n\n- format: /);
      expect(markdown.match(/^### \d+: /gm)?.length).toBe(Number(await panel.locator(".list").getAttribute("aria-rowcount")));

      // It goes with the current event; the key is among all keys, and the command does the same.
      await panel.locator(".list").focus();
      await page.keyboard.press("Home");
      await patience.until("the call of the first event", async () => /Input\s+1 message · 14 characters/.test(await plain()), { instead: plain });
      await panel.locator(".side .tab", { hasText: "Run" }).click();
      await workbench.runCommand("Baseliner: Show Model Call");
      await patience.until("the tab of the call", async () => (await panel.locator(".side .tab[aria-selected=true]").innerText()) === "Call");
      await panel.locator(".list").focus();
      await page.keyboard.press("?");
      await panel.locator(".help-box .key-row", { hasText: "The model's call in full" }).waitFor();
      await page.keyboard.press("Escape");

      // Nothing ran, nothing could be loaded, and nobody was asked for anything.
      for (const frame of page.frames()) {
        expect(await frame.evaluate(() => "pwned" in globalThis).catch(() => false)).toBe(false);
      }
      expect(await panel.locator("#replay :is(img, script, iframe, link, style, base, form, meta, object, a, image, video)").count()).toBe(0);
      expect(await panel.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content")).toMatch(/^default-src 'none'; style-src 'self' https:[^;' ]+; script-src 'nonce-[^']+'; base-uri 'none'; form-action 'none'$/);
      expect(visits).toEqual([]);
    } finally {
      server.close();
    }
  });
});
