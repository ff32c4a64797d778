// A terminal on this computer is recorded as one on another machine is.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { systemTime } from "../../src/base";
import { LocalBox } from "../../src/boxes";
import { BoxPseudoterminal } from "../../src/editor/box-terminal";
import type { SessionState } from "../../src/sessions";
import { SessionRecordings } from "../../src/sessions/recordings";

describe("a terminal on this computer", function () {
  this.timeout(60_000);
  const root = mkdtempSync(join(tmpdir(), "baseliner-recording-"));
  after(() => rmSync(root, { recursive: true, force: true }));

  it("is recorded with all that it shows", async function () {
    const recorded: string[] = [];
    const recordings = new SessionRecordings({
      root,
      state: () => ({ consent: true, submittedAt: null, recordings: [] }) as unknown as SessionState,
      canWrite: () => true,
      record: (type) => {
        recorded.push(type);
        return Promise.resolve();
      },
      problem: (text) => assert.fail(text),
      time: systemTime,
    });
    const pty = new BoxPseudoterminal(new LocalBox("", systemTime), root, "recorded", { recordings });
    const names: string[] = [];
    pty.onDidChangeName((name) => names.push(name));
    const terminal = vscode.window.createTerminal({ name: "recorded", pty });
    terminal.show();
    const cast = (): string => {
      const [name] = readdirSync(join(root, "terminals")).filter((file) => file.endsWith(".cast"));
      return name === undefined ? "" : readFileSync(join(root, "terminals", name), "utf8");
    };
    await until("the beginning of the recording", () => names.includes("● recorded (recorded)"));
    // Several lines, which VS Code's own account of a terminal's commands loses.
    terminal.sendText("for i in 1 2; do\n  echo seen-$((40 + i))\ndone; exit 3");
    await until("the end of the recording", () => recorded.includes("terminal.recorded"));
    const [header = "", ...events] = cast().trimEnd().split("\n");
    assert.equal((JSON.parse(header) as { version: number }).version, 2);
    const kinds = events.map((line) => JSON.parse(line) as [number, string, string]);
    const output = kinds.filter(([, kind]) => kind === "o").map(([, , text]) => text).join("");
    assert.match(output, /[\r\n]seen-41\r\nseen-42\r\n/);
    assert.equal((await until("the end of the terminal", () => terminal.exitStatus)).code, 3);
    assert.ok(kinds.every(([at], index) => at >= (kinds[index - 1]?.[0] ?? 0)));
    assert.deepEqual(recorded, ["terminal.opened", "terminal.recorded"]);
  });
});

async function until<Value>(what: string, look: () => Value | undefined | false): Promise<Value> {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = look();
    if (found !== undefined && found !== false) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`not seen: ${what}`);
}
