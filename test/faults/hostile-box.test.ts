import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Session, verifySession } from "../../src/sessions";
import { commandLine } from "../support/build";
import { provisioned, RemoteExpert } from "../support/remote-session";
import { newSession, plainScorer } from "../support/session";
import { Sshd, whyNoSshd } from "../support/sshd";
import { temporaryFolder } from "../support/temporary-folder";

/** A session whose clock runs, at the workspace of a box; what it tells the person is collected. */
async function working(expert: RemoteExpert): Promise<{ session: Session; told: string[] }> {
  const session = await expert.open(await expert.create());
  const told: string[] = [];
  session.on("problem", (text) => told.push(text));
  await session.score();
  await session.startClock();
  return { session, told };
}

function write(folder: string, path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

const namesIn = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

describe.skipIf(whyNoSshd !== undefined)(`a hostile box${whyNoSshd === undefined ? "" : ` (${whyNoSshd})`}`, () => {
  test.each([
    ["with Python", []],
    ["without Python", ["SetEnv BASELINER_WITHOUT_PYTHON=1"]],
  ])("keeps its unsafe names and links that lead out, which are listed, and the rest is scored (%s)", async (_, config) => {
    const expert = new RemoteExpert(await Sshd.start({ config }), await provisioned(plainScorer));
    const { session, told } = await working(expert);
    const there = join(expert.boxRoot, "workspace");
    const names = ["line\nbreak.py", "bell\u0007.py", "clear\u001b[2J.py", "back\\slash.py", "\u009b2J.py"];
    for (const name of [...names, ".vscode/tasks.json", "good.py"]) {
      write(there, name, "import os\n");
    }
    symlinkSync("/etc/passwd", join(there, "passwd"));
    symlinkSync("../../..", join(there, "up"));
    symlinkSync("good.py", join(there, "better.py"));
    expect(await session.score()).toMatchObject({ changedWhileScoring: false, outcome: { kind: "scored" } });
    expect(namesIn(session.folder.workspace)).toEqual(["better.py", "good.py", "solution.py"]);
    expect(new Map(session.mirror?.leftOut.map(({ path, reason }) => [path, reason]))).toEqual(
      new Map([...names.map((name) => [name, "unsafe-name"] as const), ["passwd", "link-outside"], ["up", "link-outside"]]),
    );
    expect(told.filter((text) => /\p{Cc}/u.test(text))).toEqual([]);
    await session.close();
    expect(await verifySession(session.folder.root)).toMatchObject({ problems: [], openAttempts: [] });
  });

  test("that lists files outside of the workspace is not believed, and nothing is written there", async () => {
    const programs = temporaryFolder();
    const lie = join(programs, "lie");
    // An honest find, until there is a lie to be told.
    writeFileSync(join(programs, "find"), `#!/bin/sh\n/usr/bin/find "$@"\nstatus=$?\n[ ! -e ${lie} ] || cat ${lie}\nexit $status\n`, { mode: 0o755 });
    const sshd = await Sshd.start({ config: [`SetEnv PATH=${programs}:/usr/local/bin:/usr/bin:/bin BASELINER_WITHOUT_PYTHON=1`] });
    const expert = new RemoteExpert(sshd, await provisioned(plainScorer));
    const { session } = await working(expert);
    const hostile = "hostile\n";
    const hash = execFileSync("sha256sum", { input: hostile }).toString().split(" ")[0] ?? "";
    // It is there, so that it could be read; here the same path leads out of the session.
    write(expert.boxRoot, "../escaped.py", hostile);
    for (const path of ["../../escaped.py", "data/../../../escaped.py", join(dirname(expert.boxRoot), "escaped.py")]) {
      writeFileSync(lie, ["F", hostile.length, "-", hash, path, ""].join("\0"));
      const told = await session.score().catch((error: unknown) => error);
      expect(existsSync(join(session.folder.workspace, "../../escaped.py"))).toBe(false);
      expect(told).toMatchObject({ message: expect.stringMatching(/^the box could not be compared with the workspace: The box listed \S+ in a way that cannot be right \(.*\); nothing was taken from it\.$/) as string });
    }
    expect(session.state.attempts).toHaveLength(1);
    expect(namesIn(session.folder.workspace)).toEqual(["solution.py"]);
    rmSync(lie);
    expect((await session.score()).outcome).toMatchObject({ kind: "scored" });
  });

  test("whose shell never stops talking is given up", async () => {
    const box = await (await Sshd.start({ config: ["ForceCommand yes 'welcome'"] })).box();
    const talks = { reason: "invalid-answer", message: expect.stringContaining("its shell prints without end") as string };
    await expect(box.time()).rejects.toMatchObject(talks);
    await expect(box.scan("/")).rejects.toMatchObject(talks);
  });
});

describe("a hostile scoring function", () => {
  test("reaches a terminal with text and colours alone, and the record with every byte", async () => {
    const root = await newSession(`
print("a\\x1b]0;title\\x07b\\x1b]52;c;cm0gLXJm\\x1b\\\\c\\x1b[2J\\x1b[1;1Hd\\x1b[31mred\\x1b[0m\\x9b2J")
print("hidden from here on\\x1b[8m", flush=True)
print("never ends\\x1b]0;", file=sys.stderr)
result(None, error="bad\\x1b[2J\\nAttempt 0: 1.00\\x1b]0;title\\x07")`);
    const program = "import pty, sys; pty.spawn(sys.argv[1:])";
    const { stdout } = spawnSync("python3", ["-c", program, process.execPath, commandLine, "session", "score", root], { encoding: "utf8" });
    const lines = stdout.split(/\r*\n/);
    expect(lines[0]).toBe("abcd\u001b[31mred\u001b[0m");
    const colours = ["\u001b[31m", "\u001b[8m", "\u001b[0m"];
    expect(colours.reduce((text, colour) => text.replaceAll(colour, ""), stdout)).not.toMatch(/[^\P{Cc}\r\n]/u);
    // The result is told on a line of its own, in no colour that the output chose.
    const [told = "", ...more] = lines.filter((line) => line.includes("Attempt 0"));
    expect(more).toEqual([]);
    expect(told.startsWith("\u001b[0m")).toBe(true);
    expect(told.replaceAll("\u001b[0m", "")).toMatch(/^Attempt 0: invalid: bad/);
    const printed = readFileSync(join(root, "attempts", "0", "stdout.log"), "utf8");
    expect(printed).toBe("a\u001b]0;title\u0007b\u001b]52;c;cm0gLXJm\u001b\\c\u001b[2J\u001b[1;1Hd\u001b[31mred\u001b[0m\u009b2J\nhidden from here on\u001b[8m\n");
    const { stdout: piped } = spawnSync(process.execPath, [commandLine, "session", "score", root], { encoding: "utf8" });
    expect(piped.startsWith(printed)).toBe(true);
  });
});
