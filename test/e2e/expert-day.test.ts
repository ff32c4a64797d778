// An expert's day on a box over SSH, from the link to the export, in a real
// VS Code over a real sshd and in compressed time: the connection breaks in one
// scoring, the extension host dies in another one, and what is shown and handed
// in is what the record says.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { clockItem, isAttempt } from "../../scripts/demo-steps.mjs";
import { killExtensionHosts } from "../../scripts/vscode/server.mjs";
import type { Workbench } from "../../scripts/vscode/workbench.mjs";
import { readJournal, stateOf } from "../../src/sessions";
import { commandLine } from "../support/build";
import { provisioned } from "../support/remote-session";
import { Sshd, whyNoSshd } from "../support/sshd";
import { TcpProxy } from "../support/tcp-proxy";
import { verified } from "./session-seen";
import { type Stage, test } from "./support";

/** Counts, and in the middle waits until there is a file beside `gate` that has the solution's value behind its name. */
const scorer = (gate: string): string => `
import os
for number in range(30):
    print(number, flush=True)
    time.sleep(0.1)
    while number == 3 and solution() in (2, 4) and not os.path.exists(${JSON.stringify(gate)} + str(solution())):
        time.sleep(0.1)
result(solution(), said="ok")`;

/** What the scorer prints. */
const fullOutput = Array.from({ length: 30 }, (_, number) => `${number}\n`).join("");

const passphrase = "correct horse";

describe.skipIf(whyNoSshd !== undefined)(`an expert's day on a box over SSH${whyNoSshd === undefined ? "" : ` (${whyNoSshd})`}`, () => {
  test("leads from the link to the export, with a lost box and a killed extension host between, and every number shown is on record", { timeout: 420_000 }, async ({ stage }) => {
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", passphrase, "-f", sshd.keyFile]);
    const folder = stage.newFolder("config");
    const gate = join(folder, "go-on");
    const boxRoot = await provisioned(scorer(gate));
    const config = join(folder, "ssh_config");
    writeFileSync(
      config,
      `Host gpu-box\n  HostName 127.0.0.1\n  Port ${proxy.port}\n  User ${userInfo().username}\n  IdentityFile ${sshd.keyFile}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${join(folder, "known_hosts")}\n`,
    );
    stage.server.changeSettings({ "baseliner.sshConfigFile": config });

    const workbench = await stage.openWindow();
    await followLink(workbench, { box: { kind: "ssh", target: "gpu-box", root: boxRoot }, profile: "cpu", participant: "e1", timeLimitMinutes: 20, conditions: { instructions: "with-clock", recording: true, policy: { internet: "allowed", aiTools: "none" } } });
    await trustAndUnlock(workbench);
    await workbench.folderWhen((opened) => opened.endsWith("workspace"));
    const root = stage.sessionFolders()[0] ?? "";
    await unlockAgainAndConsent(workbench, { asksForConsent: true });

    const attemptScored = (number: number, score: string) =>
      workbench.view("Attempts").rowsWhen(`attempt ${number} with its score`, (rows) => rows.some((row) => isAttempt(row, number) && row.description.includes(score)), 60_000);
    await attemptScored(0, "10");
    await workbench.view("Session").rowsWhen("the box and the mirror", (rows) => rows.some((row) => row.label === "Mirror" && /in step · 1 file/.test(row.description)));
    expect((await workbench.webviewTexts()).join(" "), "the instructions before the clock").not.toMatch(/Make the value small/);
    await workbench.picture("started");
    await workbench.runCommand("Baseliner: Start Clock");
    await workbench.statusBarTextWhen(clockItem, /left.*box ok/);
    await workbench.webviewTextWhen(/Make the value small/);
    await workbench.picture("clock running, instructions shown");

    // The box is lost in the middle of a scoring.
    await solve(workbench, "value = 4\n");
    await workbench.press("Control+Alt+Enter");
    await workbench.terminalTextWhen(/^3$/m);
    proxy.refuse();
    proxy.cut();
    await workbench.statusBarTextWhen(clockItem, /box lost/);
    await workbench.view("Session").rowsWhen("the lost connection", (rows) => rows.some((row) => row.label === "Box" && /lost|again/.test(row.description)));
    await workbench.picture("connection lost");
    writeFileSync(`${gate}4`, "");
    proxy.workAgain();
    await attemptScored(1, "4");
    await workbench.statusBarTextWhen(clockItem, /box ok/);
    await workbench.picture("scored");

    // A note, a terminal that is recorded, a pause.
    await workbench.runCommand("Baseliner: Add Note…");
    await workbench.answer("The table fits into *one* cache line.");
    await workbench.runCommand("Baseliner: Open Terminal on the Box");
    await workbench.terminalTextWhen(/[$#] ?$/m);
    await workbench.page.keyboard.type("echo on-$((6*7))\n");
    await workbench.terminalTextWhen(/^on-42$/m);
    await workbench.picture("terminal on the box");

    // Many files are gone from the box at once: nothing is deleted here before the expert says so.
    mkdirSync(join(root, "workspace", "data"));
    const names = Array.from({ length: 40 }, (_, number) => `part-${number}.txt`);
    names.forEach((name) => writeFileSync(join(root, "workspace", "data", name), name));
    await workbench.view("Session").rowsWhen("all files on the box", (rows) => rows.some((row) => row.label === "Mirror" && /in step · 41 files/.test(row.description)), 60_000);
    writeFileSync(join(boxRoot, "workspace", "train.log"), "step 1\n");
    await lookAtBox(workbench);
    rmSync(join(boxRoot, "workspace", "data"), { recursive: true });
    await workbench.runCommand("Baseliner: Connect to the Box");
    await workbench.notificationWhen(/40 files are gone from the box\. Nothing was deleted here yet/);
    await workbench.pressNotificationButton("Decide…");
    const question = await workbench.patience.until("the question about the deleted files", () => workbench.dialog());
    expect(question.text).toMatch(/part-0\.txt[\s\S]*and 30 more/);
    await workbench.picture("bulk delete");
    await workbench.pressDialogButton("Bring Them Back");
    await workbench.view("Session").rowsWhen("both sides in step again, with what the box has made", (rows) => rows.some((row) => row.label === "Mirror" && /in step · 42 files/.test(row.description)), 60_000);
    expect(readdirSync(join(boxRoot, "workspace", "data")).sort()).toEqual([...names].sort());
    expect(readFileSync(join(root, "workspace", "train.log"), "utf8")).toBe("step 1\n");
    await workbench.runCommand("Baseliner: Pause Clock");
    await workbench.patience.until("the question for the reason", () => workbench.page.locator(".quick-input-widget:visible", { hasText: "Pause Clock" }).isVisible());
    await workbench.picture("reason for the pause");
    await workbench.press("2");
    await workbench.statusBarTextWhen(clockItem, /paused/);
    await workbench.runCommand("Baseliner: Resume Clock");
    await workbench.statusBarTextWhen(clockItem, /left/);

    // The extension host dies in the middle of a scoring.
    await solve(workbench, "value = 2\n");
    await workbench.press("Control+Alt+Enter");
    await workbench.terminalTextWhen(/Attempt 2[\s\S]*^3$/m);
    const killed = killExtensionHosts(stage.server);
    writeFileSync(`${gate}2`, "");
    await workbench.extensionHostAgain(killed);
    await unlockAgainAndConsent(workbench, { asksForConsent: false });
    await attemptScored(2, "2");
    await workbench.picture("scored after a crash");

    // What the panel shows is what the journal says.
    await workbench.runCommand("Baseliner: Show Scores");
    const shown = await scoresShown(workbench);
    await workbench.picture("scores");
    for (const theme of ["dark", "hc-dark", "light"] as const) {
      await workbench.setTheme(theme);
      await workbench.picture(`scores ${theme}`);
    }
    expect(shown).toEqual(await scoresOnRecord(root));

    await workbench.runCommand("Baseliner: Submit…");
    await workbench.patience.until("the question before submitting", () => workbench.dialog());
    await workbench.picture("submit");
    await workbench.pressDialogButton("Submit");
    await answerSurvey(workbench);
    await workbench.view("Session").rowsWhen("a submitted session", (rows) => rows.some((row) => /submitted/i.test(row.description)));
    await workbench.picture("submitted");

    const exported = await exportRecord(workbench, stage);
    await workbench.picture("exported");
    expectWhole(exported, stage);

    for (const number of [0, 1, 2]) {
      expect(readFileSync(join(root, "attempts", String(number), "stdout.log"), "utf8"), `attempt ${number}`).toBe(fullOutput);
    }
    const { entries } = await readJournal(root);
    const types = entries.map(({ type }) => type);
    expect(types.filter((type) => type === "box.lost").length).toBeGreaterThan(0);
    expect(entries.find(({ type }) => type === "clock.paused")?.data).toEqual({ reason: "Meal" });
    expect(entries.find(({ type }) => type === "note.added")?.data).toMatchObject({ text: "The table fits into *one* cache line." });
    const recordings = readdirSync(join(root, "terminals")).filter((name) => name.endsWith(".cast"));
    expect(recordings.map((name) => readFileSync(join(root, "terminals", name), "utf8")).join("")).toContain("on-42");
    expect(verified(root)).toMatchObject({ problems: [], openAttempts: [] });
  });
});

/** Opens the link of an assignment, as from a mail, and agrees to it. */
async function followLink(workbench: Workbench, assignment: object): Promise<void> {
  await workbench.show("Baseliner");
  const link = `vscode://baseliner.baseliner/assignment?json=${Buffer.from(JSON.stringify(assignment)).toString("base64url")}`;
  await workbench.runCommand("Developer: Open URL");
  await workbench.answer(link);
  const allow = await workbench.patience.until("VS Code's question about the link", () => workbench.dialog());
  expect(allow.text).toMatch(/Baseliner/);
  await workbench.pressDialogButton("Open");
  const question = await workbench.patience.until("the question about the assignment", () => workbench.dialog());
  expect(question.text).toMatch(/gpu-box/);
  await workbench.picture("link");
  await workbench.pressDialogButton("Connect");
}

/** Trusts the host key that is asked about, and unlocks the key. */
async function trustAndUnlock(workbench: Workbench): Promise<void> {
  const question = await workbench.patience.until("the question about the host key", () => workbench.dialog());
  expect(question.text).toMatch(/SHA256:/);
  await workbench.picture("host key");
  await workbench.pressDialogButton("Trust This Key");
  await workbench.patience.until("the question for the passphrase", () => asksForPassphrase(workbench));
  await workbench.picture("passphrase");
  await workbench.answer(passphrase);
}

async function asksForPassphrase(workbench: Workbench): Promise<boolean> {
  return /Passphrase of/.test(await workbench.page.locator(".quick-input-widget:visible").innerText({ timeout: 200 }).catch(() => ""));
}

/** The editor in a browser may forget secrets with the window; then it asks again. Consent is asked for once, and not over another question. */
async function unlockAgainAndConsent(workbench: Workbench, { asksForConsent }: { asksForConsent: boolean }): Promise<void> {
  await workbench.show("Baseliner");
  let consented = !asksForConsent;
  await workbench.patience.until("the box connected and all questions answered", async () => {
    if ((await workbench.dialog())?.text.includes("May terminals be recorded") === true) {
      expect(await asksForPassphrase(workbench), "two questions at once").toBe(false);
      await workbench.picture("consent");
      await workbench.pressDialogButton("Record");
      consented = true;
    } else if (await asksForPassphrase(workbench)) {
      await workbench.answer(passphrase);
    }
    return consented && (await workbench.view("Session").rows()).some((row) => row.label === "Box" && /connected/.test(row.description));
  }, { limit: 60_000 });
}

async function solve(workbench: Workbench, solution: string): Promise<void> {
  await workbench.editor.open("solution.py");
  await workbench.editor.replaceText(solution);
  await workbench.editor.save();
}

/** Opens a file of the box that is not mirrored, and forwards a port. */
async function lookAtBox(workbench: Workbench): Promise<void> {
  const files = workbench.view("Box Files");
  await files.expand();
  await files.clickRow("Workspace");
  await files.clickRow("train.log");
  await workbench.patience.until("the file of the box", async () => (await workbench.editor.text()) === "step 1\n");
  await workbench.runCommand("Baseliner: Forward a Port of the Box…");
  await workbench.answer("8123");
  await workbench.notificationWhen(/Port 8123 of the box is at http/);
  await workbench.view("Box").expand();
  await workbench.view("Box").rowsWhen("the port", (rows) => rows.some((row) => /8123/.test(row.label)));
  await workbench.picture("box, its files and a port");
}

/** The table of the Scores panel: attempt, time, normalised score and score, newest first. */
async function scoresShown(workbench: Workbench): Promise<string[][]> {
  return workbench.patience.until("the table of scores", async () => {
    for (const frame of workbench.page.frames()) {
      const rows = await frame.locator("tbody tr").all().catch(() => []);
      if (rows.length === 3) {
        return Promise.all(rows.map(async (row) => (await row.locator("th, td").allInnerTexts()).slice(0, 4).map((text) => text.trim())));
      }
    }
    return undefined;
  });
}

/** The same from the journal alone, by the plain definitions: working time without pauses, (score − start) / (reference − start). */
async function scoresOnRecord(root: string): Promise<string[][]> {
  const { entries } = await readJournal(root);
  const state = stateOf(entries);
  const rows: string[][] = [];
  let worked = 0;
  let runningSince: number | undefined;
  const times = new Map<number, string>();
  for (const entry of entries) {
    const at = Date.parse(entry.at);
    if (entry.type === "clock.started" || entry.type === "clock.resumed") {
      runningSince = at;
    } else if (entry.type === "clock.paused") {
      worked += at - (runningSince ?? at);
      runningSince = undefined;
    } else if (entry.type === "attempt.started") {
      const seconds = Math.floor((worked + (runningSince === undefined ? 0 : at - runningSince)) / 1000);
      times.set(entry.data.attempt, entry.data.kind === "start" ? "start" : `0:${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`);
    } else if (entry.type === "attempt.finished") {
      const { start, reference } = state?.created.scoring ?? { start: NaN, reference: NaN };
      const score = entry.data.score ?? NaN;
      rows.unshift([String(entry.data.attempt), times.get(entry.data.attempt) ?? "", Math.max(0, (score - start) / (reference - start)).toFixed(2), score.toPrecision(3)]);
    }
  }
  return rows;
}

async function answerSurvey(workbench: Workbench): Promise<void> {
  for (const [question, answer] of [["Which score", "3"], ["How many minutes", "0"]] as const) {
    await workbench.patience.until(`the question ${question}`, () => workbench.page.locator(".quick-input-widget:visible", { hasText: question }).isVisible());
    await workbench.picture(`survey ${question}`);
    await workbench.answer(answer);
  }
  await workbench.pick("Yes");
  await workbench.patience.until("the last question", () => workbench.page.locator(".quick-input-widget:visible", { hasText: "Anything else" }).isVisible());
  await workbench.press("Escape");
}

/** Exports the record as one file; returns its path. */
async function exportRecord(workbench: Workbench, stage: Stage): Promise<string> {
  const path = join(stage.newFolder("export"), "record.zip");
  await workbench.runCommand("Baseliner: Export Session…");
  await workbench.pick(/Record \(zip\)/);
  const dialog = workbench.page.locator(".quick-input-widget:visible", { hasText: "Export Session" });
  await workbench.patience.until("the dialog for the file", () => dialog.locator(".monaco-list-row").first().isVisible());
  await workbench.picture("export");
  await workbench.answerFileDialog(path);
  await workbench.notificationWhen(/Exported to record\.zip/);
  return path;
}

/** The exported record is found whole by the program in it, which shares no code with ours, and by the command line. */
function expectWhole(zip: string, stage: Stage): void {
  const folder = join(stage.place, "unpacked");
  mkdirSync(folder);
  execFileSync("python3", ["-m", "zipfile", "-e", zip, folder]);
  const inside = readdirSync(folder);
  const record = inside.includes("verify.py") ? folder : join(folder, inside[0] ?? "");
  expect(execFileSync("python3", [join(record, "verify.py")], { encoding: "utf8" })).toMatch(/^whole: .* 3 attempts/);
  const told = JSON.parse(execFileSync(process.execPath, [commandLine, "session", "verify", zip, "--json"], { encoding: "utf8" })) as { problems: string[] };
  expect(told.problems).toEqual([]);
}
