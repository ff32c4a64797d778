import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Box, type OutputOffsets, runFiles, type RunSpecification } from "../../src/boxes";
import { temporaryFolder } from "../support/temporary-folder";
import { describeFiles } from "./box-files-contract";
import { describeShells } from "./box-shell-contract";

/** What a run printed, as it was handed over. */
export class Output {
  readonly stdout: Buffer[] = [];
  readonly stderr: Buffer[] = [];

  readonly take = (stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> => {
    this[stream].push(Buffer.from(bytes));
    return Promise.resolve();
  };

  text(stream: "stdout" | "stderr" = "stdout"): string {
    return Buffer.concat(this[stream]).toString("utf8");
  }
}

export const fromTheBeginning: OutputOffsets = { stdout: 0, stderr: 0 };

/** A run in a folder of its own. */
export function runOf(command: string[], changes: Partial<RunSpecification> = {}): { runs: string; specification: RunSpecification } {
  const folder = changes.folder ?? temporaryFolder();
  return {
    runs: join(folder, "runs"),
    specification: { id: "run-1", command, folder, environment: {}, timeoutSeconds: 60, outputLimitBytes: 1 << 30, ...changes },
  };
}

/** Starts a shell script as a run and follows it to its end. */
export async function runScript(box: Box, script: string, changes: Partial<RunSpecification> = {}) {
  const { runs, specification } = runOf(["sh", "-c", script], changes);
  const output = new Output();
  await box.startRun(runs, specification);
  const exit = await box.followRun(runs, specification.id, fromTheBeginning, output.take);
  return { runs, exit, output };
}

/** Whether a process that a test left running is there. A zombie is not. */
export function isRunning(pid: number): boolean {
  try {
    // What has ended its first thread looks like a zombie while its others go on.
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8")) || readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

/** What every box must do; `newBox` makes one that ends with the test. */
export function describeBox(newBox: () => Promise<Box>): void {
  describeFiles(newBox);
  describeShells(newBox);

  describe("a folder", () => {
    test("is listed with kinds and lengths, folders first, and links with what they lead to", async () => {
      const box = await newBox();
      const folder = realpathSync(temporaryFolder());
      mkdirSync(join(folder, "sub"));
      writeFileSync(join(folder, "ten"), "0123456789");
      utimesSync(join(folder, "ten"), 1_700_000_000, 1_700_000_000);
      symlinkSync("ten", join(folder, "to-file"));
      symlinkSync("sub", join(folder, "to-folder"));
      symlinkSync("nowhere", join(folder, "dangling"));
      symlinkSync("circle", join(folder, "circle"));
      execFileSync("mkfifo", [join(folder, "pipe")]);
      const { entries, more } = await box.list(folder, 100);
      expect(more).toBe(false);
      expect(entries.map(({ name, kind, bytes, leadsTo }) => [name, kind, bytes, leadsTo])).toEqual([
        ["sub", "folder", 0, undefined],
        ["to-folder", "link", 0, { kind: "folder", path: join(folder, "sub"), bytes: 0 }],
        ["circle", "link", 0, undefined],
        ["dangling", "link", 0, undefined],
        ["pipe", "other", 0, undefined],
        ["ten", "file", 10, undefined],
        ["to-file", "link", 0, { kind: "file", path: join(folder, "ten"), bytes: 10 }],
      ]);
      expect(entries.find(({ name }) => name === "ten")?.modifiedAt).toBe(1_700_000_000_000);
      expect((await box.list(join(folder, "to-folder"), 100)).entries).toEqual([]);
    });

    test("is listed whatever the names in it; what is no text cannot be asked for", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      const names = ["with space", "quote'd \"name\" $HOME `id`", "line\nbreak", "-rf", "ümläut 🎲", "back\\slash", "\u001b[31mred", "..."];
      names.forEach((name) => writeFileSync(join(folder, name), name));
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/latin1-`), Buffer.from([0xe9])]), "");
      const { entries } = await box.list(folder, 100);
      expect(entries.filter(({ kind }) => kind === "file").map(({ name }) => name).sort()).toEqual([...names].sort());
      expect(entries.filter(({ kind }) => kind !== "file")).toMatchObject([{ name: "latin1-\ufffd", kind: "other" }]);
    });

    test("of many things is listed as far as was asked for", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      for (let at = 0; at < 500; at += 1) {
        writeFileSync(join(folder, `file ${at}`), "");
      }
      expect((await box.list(folder, 500)).more).toBe(false);
      const some = await box.list(folder, 20);
      expect([some.more, some.entries.length]).toEqual([true, 20]);
    });

    test("that cannot be listed says why", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      writeFileSync(join(folder, "file"), "");
      for (const name of ["none", "file"]) {
        await expect(box.list(join(folder, name), 10)).rejects.toMatchObject({ reason: "path-missing" });
      }
    });
  });

  describe("a script that is watched", () => {
    const never = new AbortController().signal;

    test("has its output handed over as it comes, and then its status", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      const output = new Output();
      const take = async (bytes: Uint8Array): Promise<void> => {
        await output.take("stdout", bytes);
        // It waits for what its first line brings about.
        writeFileSync(join(folder, "go"), "");
      };
      const script = `echo first; while [ ! -e '${join(folder, "go")}' ]; do sleep 0.02; done; echo 'ümläut $HOME'; echo unseen >&2; exit 7`;
      expect(await box.watch(script, take, never)).toBe(7);
      expect(output.text()).toBe("first\nümläut $HOME\n");
      expect(await box.watch("true", take, never)).toBe(0);
    });

    test("hands over every byte, to one who is slow too", async () => {
      const box = await newBox();
      const copy = join(temporaryFolder(), "copy");
      const output = new Output();
      await box.watch(`head -c 3000000 /dev/urandom | tee '${copy}'`, async (bytes) => {
        await new Promise((resolve) => setImmediate(resolve));
        await output.take("stdout", bytes);
      }, never);
      expect(Buffer.concat(output.stdout).equals(readFileSync(copy))).toBe(true);
    });

    test("ends with all it started when nobody watches any more, by whatever way", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      const script = `sh -c 'trap "" TERM; echo $$ >${folder}/inner; exec sleep 300' & sleep 300 | cat & echo $! >${folder}/outer; while [ ! -s ${folder}/inner ]; do sleep 0.02; done; echo on; wait`;
      const pids = (): number[] => ["inner", "outer"].map((name) => Number(readFileSync(join(folder, name), "utf8")));
      const aborted = new AbortController();
      const reason = new Error("enough");
      await expect(box.watch(script, () => { aborted.abort(reason); return Promise.resolve(); }, aborted.signal)).rejects.toBe(reason);
      await Promise.all(pids().map(untilGone));
      await expect(box.watch(script, () => Promise.reject(new Error("no room here")), never)).rejects.toThrow("no room here");
      await Promise.all(pids().map(untilGone));
      await expect(box.watch(script, () => Promise.resolve(), aborted.signal)).rejects.toBe(reason);
      // One that ends by itself leaves nothing behind.
      expect(await box.watch(`sleep 300 & echo $! >${folder}/left; exit 0`, () => Promise.resolve(), never)).toBe(0);
      await untilGone(Number(readFileSync(join(folder, "left"), "utf8")));
    });
  });

  describe("a run", () => {
    test("has its folder, environment, output and status", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      const program = "import os, sys; print(os.getcwd()); print(os.environ['SETTING']); print('odd-name=' + os.environ['odd-name']); sys.stderr.write('no line end'); sys.exit(7)";
      const { runs, specification } = runOf(["python3", "-c", program], { folder, environment: { SETTING: "with 'quotes'\nand lines", "odd-name": "1" } });
      const output = new Output();
      await box.startRun(runs, specification);
      const exit = await box.followRun(runs, specification.id, fromTheBeginning, output.take);
      expect(exit).toMatchObject({ kind: "exited", code: 7, signal: null, problem: null });
      expect(output.text()).toBe(`${folder}\nwith 'quotes'\nand lines\nodd-name=1\n`);
      expect(output.text("stderr")).toBe("no line end");
      expect(exit.stdoutBytes).toBe(Buffer.byteLength(output.text()));
      expect(exit.stderrBytes).toBe(11);
      expect(exit.endedAt).toBeGreaterThanOrEqual(exit.startedAt);
      expect(Math.abs((await box.time()) - Date.now())).toBeLessThan(60_000);
    });

    test("takes its arguments as they are, and no input", async () => {
      const box = await newBox();
      const args = ["", "a b", "'", '"', "$HOME", "\n", "-n", "ü", "\\"];
      const { runs, specification } = runOf(["python3", "-c", "import sys; print(sys.argv[1:], sys.stdin.read())", ...args]);
      const output = new Output();
      await box.startRun(runs, specification);
      await box.followRun(runs, specification.id, fromTheBeginning, output.take);
      expect(output.text("stderr")).toBe("");
      expect(output.text()).toBe("['', 'a b', \"'\", '\"', '$HOME', '\\n', '-n', 'ü', '\\\\'] \n");
    });

    test("is handed over byte for byte, from any place", async () => {
      const box = await newBox();
      const { runs, exit, output } = await runScript(box, "head -c 3000000 /dev/urandom | tee copy; head -c 100000 /dev/urandom | tee copy2 >&2");
      const whole = readFileSync(join(runs, "..", "copy"));
      expect(Buffer.concat(output.stdout).equals(whole)).toBe(true);
      expect(Buffer.concat(output.stderr).equals(readFileSync(join(runs, "..", "copy2")))).toBe(true);
      const again = new Output();
      expect(await box.followRun(runs, "run-1", { stdout: 2_999_990, stderr: 100_000 }, again.take)).toEqual(exit);
      expect(Buffer.concat(again.stdout).equals(whole.subarray(2_999_990))).toBe(true);
      expect(again.stderr).toEqual([]);
    });

    test("starts once, however often it is asked for", async () => {
      const box = await newBox();
      const { runs, specification } = runOf(["sh", "-c", "echo started >>count; sleep 0.3"]);
      await Promise.all([box.startRun(runs, specification), box.startRun(runs, specification), box.startRun(runs, specification)]);
      await box.startRun(runs, specification);
      const exit = await box.followRun(runs, specification.id, fromTheBeginning, new Output().take);
      await box.startRun(runs, specification);
      expect(await box.runState(runs, specification.id)).toEqual({ kind: "ended", exit });
      expect(readFileSync(join(specification.folder, "count"), "utf8")).toBe("started\n");
    });

    test("that cannot start says why", async () => {
      const box = await newBox();
      const missing = runOf(["no-such-program-anywhere"]);
      await box.startRun(missing.runs, missing.specification);
      expect(await box.followRun(missing.runs, "run-1", fromTheBeginning, new Output().take)).toMatchObject({
        kind: "not-started",
        problem: "no-such-program-anywhere is not installed or not on the PATH",
      });
      const folder = join(temporaryFolder(), 'not "here"');
      const nowhere = { ...runOf(["true"]), specification: { ...runOf(["true"]).specification, folder } };
      await box.startRun(nowhere.runs, nowhere.specification);
      expect(await box.followRun(nowhere.runs, "run-1", fromTheBeginning, new Output().take)).toMatchObject({
        kind: "not-started",
        problem: `the folder ${folder} does not exist`,
      });
    });

    test("is stopped with all it started: when cancelled, too long, or printing too much", async () => {
      const box = await newBox();
      const stubborn = "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >inner; sleep 300' & echo $$ >outer; echo on; ";
      const folder = temporaryFolder();
      const { runs, specification } = runOf(["sh", "-c", `${stubborn} wait; sleep 300`], { folder });
      await box.startRun(runs, specification);
      await box.followRun(runs, "run-1", fromTheBeginning, async () => { await box.cancelRun(runs, "run-1"); }).then((exit) => expect(exit).toMatchObject({ kind: "cancelled", signal: "SIGKILL" }));
      const processes = ["outer", "inner"].map((name) => Number(readFileSync(join(folder, name), "utf8")));
      expect(processes.map(isRunning)).toEqual([false, false]);
      expect((await runScript(box, "sleep 300", { timeoutSeconds: 0.5 })).exit).toMatchObject({ kind: "timed-out", code: null, signal: "SIGTERM" });
      expect((await runScript(box, "yes", { outputLimitBytes: 100_000 })).exit).toMatchObject({ kind: "output-limit" });
    });

    test("that is killed, and what it leaves behind, is on record", async () => {
      const box = await newBox();
      expect((await runScript(box, "kill -s SEGV $$")).exit).toMatchObject({ kind: "killed", code: null, signal: "SIGSEGV" });
      const { runs, exit } = await runScript(box, "sleep 300 & echo $! >left; exit 0");
      expect(exit).toMatchObject({ kind: "exited", code: 0 });
      expect(isRunning(Number(readFileSync(join(runs, "..", "left"), "utf8")))).toBe(false);
    });

    test("whose processes are killed has vanished, with the output until then, and nothing of it runs on", async () => {
      const box = await newBox();
      const { runs, specification } = runOf(["sh", "-c", "while [ ! -s runs/run-1/child.json ]; do sleep 0.02; done; echo $$ >command; echo before; sleep 300"]);
      await box.startRun(runs, specification);
      const output = new Output();
      const followed = box.followRun(runs, "run-1", fromTheBeginning, async (stream, bytes) => {
        await output.take(stream, bytes);
        process.kill((JSON.parse(readFileSync(join(runs, "run-1", runFiles.claim), "utf8")) as { pid: number }).pid, "SIGKILL");
      });
      await expect(followed).rejects.toMatchObject({ reason: "run-vanished" });
      expect(output.text()).toBe("before\n");
      expect(await box.runState(runs, "run-1")).toEqual({ kind: "vanished" });
      await untilGone(Number(readFileSync(join(specification.folder, "command"), "utf8")));
    });

    test("that nobody knows is unknown, also to those who would stop it", async () => {
      const box = await newBox();
      const folder = temporaryFolder();
      expect(await box.runState(folder, "never")).toEqual({ kind: "unknown" });
      await expect(box.followRun(folder, "never", fromTheBeginning, new Output().take)).rejects.toMatchObject({ reason: "run-unknown" });
      await expect(box.cancelRun(folder, "never")).rejects.toMatchObject({ reason: "path-missing" });
      expect(existsSync(join(folder, "never"))).toBe(false);
    });

    test("that never began is given up for good", async () => {
      const box = await newBox();
      const { runs, specification } = runOf(["sh", "-c", "echo began >>count"]);
      mkdirSync(join(runs, "run-1"), { recursive: true });
      writeFileSync(join(runs, "run-1", runFiles.specification), JSON.stringify(specification));
      expect(await box.runState(runs, "run-1")).toEqual({ kind: "unknown" });
      await box.startRun(runs, specification);
      await expect(box.followRun(runs, "run-1", fromTheBeginning, new Output().take)).rejects.toMatchObject({ reason: "run-unknown" });
      expect(existsSync(join(specification.folder, "count"))).toBe(false);
    });

    test("goes on when following it is given up, and when the one who takes its output fails", async () => {
      const box = await newBox();
      const { runs, specification } = runOf(["sh", "-c", "echo on; while [ ! -e go ]; do sleep 0.05; done; echo done"]);
      await box.startRun(runs, specification);
      const aborted = new AbortController();
      const reason = new Error("enough");
      await expect(box.followRun(runs, "run-1", fromTheBeginning, () => { aborted.abort(reason); return Promise.resolve(); }, aborted.signal)).rejects.toBe(reason);
      await expect(box.followRun(runs, "run-1", fromTheBeginning, () => Promise.reject(new Error("no room here")))).rejects.toThrow("no room here");
      expect(await box.runState(runs, "run-1")).toEqual({ kind: "running" });
      writeFileSync(join(specification.folder, "go"), "");
      const output = new Output();
      await box.followRun(runs, "run-1", fromTheBeginning, output.take);
      expect(output.text()).toBe("on\ndone\n");
    });
  });
}

async function untilGone(pid: number): Promise<void> {
  while (isRunning(pid)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
