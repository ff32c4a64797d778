// What the extension costs a window of a real VS Code. Where no session is open: the processor time of its thread that loading the
// code and the call of activate() take, which is its own time; beside it what VS Code's clock counts of both (Developer: Startup
// Performance), in which the window, the server and other extensions have the processors too. Where a session is open that has been
// busy for a day: by VS Code's clock, with what goes on behind that call, which ends when the session is open.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { createSession } from "../../src/sessions";
import { loadTask } from "../../src/tasks";
import { liveThrough } from "../support/long-session";

/** The most that it may take, in ms: with nothing open, and with a long session. */
const [idleLimit, sessionLimit] = [50, 300];
const rounds = 5;

type Profile = Awaited<ReturnType<typeof import("../../scripts/vscode/browser.mjs").newProfile>>;

export async function bench(root: string) {
  const place = mkdtempSync(join(tmpdir(), "baseliner-bench-"));
  const load = async <Module>(path: string): Promise<Module> => (await import(pathToFileURL(join(root, path)).href)) as Module;
  const { launchBrowser, newProfile } = await load<typeof import("../../scripts/vscode/browser.mjs")>("scripts/vscode/browser.mjs");
  const { findChromium } = await load<typeof import("../../scripts/vscode/chromium.mjs")>("scripts/vscode/chromium.mjs");
  const { installExtension, Server } = await load<typeof import("../../scripts/vscode/server.mjs")>("scripts/vscode/server.mjs");
  const { packageExtension } = await load<typeof import("../../scripts/package.mjs")>("scripts/package.mjs");
  const { quietSettings } = await load<typeof import("../../scripts/vscode/settings.mjs")>("scripts/vscode/settings.mjs");
  const { Workbench } = await load<typeof import("../../scripts/vscode/workbench.mjs")>("scripts/vscode/workbench.mjs");
  try {
    const dataFolder = join(place, "vscode");
    const sessions = join(place, "sessions");
    await installExtension(process.env["BASELINER_VSIX"] ?? (await packageExtension()), dataFolder);
    const ownTimes = join(place, "own-times");
    writeOwnTimes(dataFolder, ownTimes);
    const session = await longSession(root, sessions);
    const server = await Server.start({ dataFolder, settings: quietSettings({ more: { "baseliner.sessionsFolder": sessions } }) });
    const browser = await launchBrowser({ executablePath: browserThatGivesWay(place, findChromium()) });
    const activation = async (profile: Profile, folder: string | undefined): Promise<number> => {
      const workbench = await Workbench.open(profile, server, { pictures: join(place, "pictures"), ...(folder === undefined ? {} : { folder }), limit: 60_000 });
      await workbench.show("Baseliner");
      const told = folder === undefined ? "Start Demo Session" : "Clock";
      await workbench.patience.until(`the view with ${told}`, async () => (await workbench.page.locator(".pane-body", { hasText: told }).count()) > 0);
      await workbench.runCommand("Developer: Startup Performance");
      const [load, call, finish] = await workbench.patience.until("the times of the extension", async () => activationTimes(await workbench.editor.text()));
      await workbench.page.close();
      // The extension host of the window that was closed ends meanwhile.
      await delay(5000);
      return load + call + (folder === undefined ? 0 : finish);
    };
    const own: number[] = [];
    const idle: number[] = [];
    const busy: number[] = [];
    // One profile, as a person has one, because what an editor keeps of a workspace is kept there.
    const profile = await newProfile(browser);
    // Its journal is read for the first time.
    const first = await activation(profile, join(session, "workspace"));
    try {
      for (let round = 0; round < rounds; round += 1) {
        idle.push(await activation(profile, undefined));
        own.push(lastOf(ownTimes));
        busy.push(await activation(profile, join(session, "workspace")));
      }
    } finally {
      await browser.close();
      await server.stop();
    }
    return [
      row("activating with no session open", own, idleLimit, `; by VS Code's clock ${idle.join(", ")} ms`),
      row("activating, and an open session with 500 attempts and 2000 notes", busy, sessionLimit, `; the first time ${first} ms`),
    ];
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Has the installed extension write down, in a file, the processor time of the thread, in ms, that loading it and each call of activate() take. */
function writeOwnTimes(dataFolder: string, file: string): void {
  const extensions = join(dataFolder, "extensions");
  const installed = readdirSync(extensions).find((name) => name.startsWith("baseliner."));
  if (installed === undefined) {
    throw new Error(`There is no Baseliner among the extensions in ${extensions}.`);
  }
  const dist = join(extensions, installed, "dist");
  renameSync(join(dist, "extension.js"), join(dist, "packaged-extension.js"));
  writeFileSync(
    join(dist, "extension.js"),
    `const ms = (since) => { const { user, system } = process.threadCpuUsage(since); return (user + system) / 1000; };
const before = process.threadCpuUsage();
const extension = require("./packaged-extension.js");
const loading = ms(before);
exports.deactivate = () => extension.deactivate();
exports.activate = (context) => {
  const before = process.threadCpuUsage();
  const activated = extension.activate(context);
  require("node:fs").appendFileSync(${JSON.stringify(file)}, Math.round(loading + ms(before)) + "\\n");
  return activated;
};
`,
  );
}

/** The last number that stands in a file of one in each line. */
function lastOf(file: string): number {
  return Number(readFileSync(file, "utf8").trim().split("\n").at(-1));
}

/**
 * A program that starts Chromium at low priority. Without a graphics card, drawing the window takes as much of the processors as
 * there is, and on two of them the extension host waits for it: times were then those of the browser.
 */
function browserThatGivesWay(place: string, chromium: string | undefined): string | undefined {
  if (process.platform === "win32" || chromium === undefined) {
    return chromium;
  }
  const program = join(place, "chromium");
  writeFileSync(program, `#!/bin/sh\nexec nice -n 10 '${chromium}' "$@"\n`, { mode: 0o755 });
  return program;
}

/** Load Code, Call Activate and Finish Activate of the extension, in ms; undefined where the text does not tell. */
function activationTimes(text: string): readonly [number, number, number] | undefined {
  const row = /^\|\s*baseliner\.baseliner\s*\|[^|]*\|\s*(\d+)\s*\|\s*(\d+)\s*\|\s*(\d+)\s*\|/m.exec(text);
  return row === null ? undefined : [Number(row[1]), Number(row[2]), Number(row[3])];
}

async function longSession(root: string, sessionsFolder: string): Promise<string> {
  const box = new LocalBox(join(root, "dist", "supervisor.js"), systemTime);
  const task = await loadTask(join(root, "test", "fixtures", "tasks", "halving"));
  const folder = await createSession({ sessionsFolder, task, profile: "cpu", participant: "bench" }, box, systemTime);
  liveThrough(folder, { attempts: 500, notes: 2000, from: Date.now() - 8 * 3_600_000, until: Date.now() - 1000 });
  return folder;
}

function row(what: string, times: readonly number[], limit: number, more = "") {
  const median = [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? Number.NaN;
  return { what, ours: `${median} ms`, theirs: `${limit} ms`, ratio: median / limit, target: 1, note: `each: ${times.join(", ")} ms${more}` };
}
