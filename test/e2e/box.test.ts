// An expert's work on a box over SSH, in a real VS Code over a real sshd: from
// the assignment to the submission, with a connection that breaks on the way.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { clockItem, isAttempt } from "../../scripts/demo-steps.mjs";
import { readJournal, verifySession } from "../../src/sessions";
import { provisioned } from "../support/remote-session";
import { Sshd, whyNoSshd } from "../support/sshd";
import { TcpProxy } from "../support/tcp-proxy";
import { test } from "./support";

const scorer = `
for number in range(30):
    print(number, flush=True)
    time.sleep(0.1)
result(solution(), said="ok")`;

const passphrase = "correct horse";

describe.skipIf(whyNoSshd !== undefined)(`a session on a box over SSH in VS Code${whyNoSshd === undefined ? "" : ` (${whyNoSshd})`}`, () => {
  test("goes from the assignment to the submission, with prompts for the key and a connection that breaks", async ({ stage }) => {
    const sshd = await Sshd.start();
    const proxy = await TcpProxy.to(sshd.port);
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", passphrase, "-f", sshd.keyFile]);
    const root = await provisioned(scorer);
    const folder = stage.newFolder("assignments");
    const config = join(folder, "ssh_config");
    const user = userInfo().username;
    writeFileSync(
      config,
      `Host gpu-box\n  HostName 127.0.0.1\n  Port ${proxy.port}\n  User ${user}\n  IdentityFile ${sshd.keyFile}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${join(folder, "known_hosts")}\n`,
    );
    const assignment = join(folder, "task.assignment.json");
    writeFileSync(assignment, JSON.stringify({ box: { kind: "ssh", target: "gpu-box", root }, profile: "cpu", participant: "e1" }));
    stage.server.changeSettings({ "baseliner.sshConfigFile": config });

    const workbench = await stage.openWindow();
    await workbench.show("Baseliner");
    await workbench.runCommand("Baseliner: Open Assignment…");
    // The dialog begins in the home folder, and takes a path only once it has looked it up.
    await workbench.patience.until("the dialog for files", () => workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: ".." }).first().isVisible());
    await workbench.answer(assignment);
    await workbench.patience.until("the file in the dialog", () => workbench.page.locator(".quick-input-list", { hasText: "task.assignment.json" }).isVisible());
    await workbench.press("Enter");
    const question = await workbench.patience.until("the question about the host key", () => workbench.dialog());
    expect(question.text).toMatch(/SHA256:/);
    await workbench.picture("host key");
    await workbench.pressDialogButton("Trust This Key");
    await workbench.patience.until("the question for the passphrase", async () => /Passphrase of/.test(await workbench.page.locator(".quick-input-widget").innerText()));
    await workbench.picture("passphrase");
    await workbench.answer(passphrase);
    await workbench.folderWhen((opened) => opened.endsWith("workspace"));
    await workbench.show("Baseliner");
    // The editor in a browser may forget secrets with the window; then it asks again.
    const asksAgain = await workbench.patience.until("the box, or the question for the passphrase", async () => {
      const text = await workbench.page.locator(".quick-input-widget").innerText().catch(() => "");
      const rows = await workbench.view("Session").rows();
      return /Passphrase of/.test(text) ? "asks" : rows.some((row) => row.label === "Box" && /connected/.test(row.description)) ? "connected" : undefined;
    }, { limit: 60_000 });
    if (asksAgain === "asks") {
      await workbench.answer(passphrase);
    }
    await workbench.view("Attempts").rowsWhen("the starting solution's score", (rows) => rows.some((row) => isAttempt(row, 0) && /10/.test(row.description)), 60_000);
    await workbench.view("Session").rowsWhen("the box and the mirror", (rows) => rows.some((row) => row.label === "Mirror" && /in step · 1 file/.test(row.description)));
    await workbench.picture("started");
    await workbench.runCommand("Baseliner: Start Clock");
    await workbench.statusBarTextWhen(clockItem, /left.*box ok/);

    await workbench.editor.open("solution.py");
    await workbench.editor.replaceText("value = 4\n");
    await workbench.editor.save();
    await workbench.press("Control+Alt+Enter");
    await workbench.terminalTextWhen(/^3$/m, 60_000);
    proxy.refuse();
    proxy.cut();
    await workbench.statusBarTextWhen(clockItem, /box lost/);
    await workbench.view("Session").rowsWhen("the lost connection", (rows) => rows.some((row) => row.label === "Box" && /lost|again/.test(row.description)));
    await workbench.picture("connection lost");
    proxy.workAgain();
    await workbench.view("Attempts").rowsWhen("attempt 1 with its score", (rows) => rows.some((row) => isAttempt(row, 1) && /\b4\b/.test(row.description)), 60_000);
    await workbench.statusBarTextWhen(clockItem, /box ok/);
    await workbench.picture("scored");
    const session = stage.sessionFolders()[0] ?? "";
    expect(readFileSync(join(session, "attempts", "1", "stdout.log"), "utf8")).toBe(Array.from({ length: 30 }, (_, number) => `${number}\n`).join(""));
    expect((await readJournal(session)).entries.filter(({ type }) => type === "box.lost").length).toBeGreaterThan(0);
    await workbench.runCommand("Baseliner: Submit…");
    await workbench.patience.until("the question before submitting", () => workbench.dialog());
    await workbench.pressDialogButton("Submit");
    await workbench.view("Session").rowsWhen("a submitted session", (rows) => rows.some((row) => /submitted/i.test(row.description)));
    await workbench.picture("submitted");
    expect((await verifySession(session)).problems).toEqual([]);
  });
});
