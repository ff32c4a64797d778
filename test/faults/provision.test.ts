import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadTask, provisionTask, readProvision, scoringFiles } from "../../src/tasks";
import { commandLine, repository } from "../support/build";
import { fill } from "../support/memory-disk";
import { forgetRule, newAccounts, openFolder, ProtectedBox, secret, sshdForAccounts, whyNoAccounts, writeProtectedTask } from "../support/protected-box";
import { newKey } from "../support/sshd";
import { temporaryFolder } from "../support/temporary-folder";
import { isRunning, runScript } from "./box-contract";

/** Python that keeps a list of what an attack got done, and prints it for the test to see. */
const attempts = `
import ctypes, glob, json, os, signal, subprocess, sys, time
done = []
def attempt(what, act):
    try:
        if act() is not False:
            done.append(what)
    except BaseException:
        pass
def write(path):
    with open(path, "a") as file:
        file.write("x")
def read(path):
    with open(path, "rb") as file:
        return file.read(1) != b""
`;

/** Tries everything that is forbidden to the process with the id \`target\`. */
const attackProcess = `
def attack(target):
    for name in ("environ", "mem", "maps", "fd/0"):
        attempt(f"read {name} of {target}", lambda: read(f"/proc/{target}/{name}"))
    attempt(f"list open files of {target}", lambda: os.listdir(f"/proc/{target}/fd"))
    # Within one session, everyone may send SIGCONT; it does nothing to what is not stopped.
    for number in (0, signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        attempt(f"send {number} to {target}", lambda: os.kill(target, number))
    attach = 16
    attempt(f"trace {target}", lambda: ctypes.CDLL(None).ptrace(attach, target, 0, 0) == 0)
`;

describe.skipIf(whyNoAccounts !== undefined)(`a protected box${whyNoAccounts === undefined ? "" : ` (${whyNoAccounts})`}`, () => {
  test("scores what the expert wrote, and tells only what the expert may know", async () => {
    const task = writeProtectedTask();
    const protectedBox = await ProtectedBox.provision(task);
    const { box, root } = protectedBox;
    const provision = await readProvision(box, root);
    expect(provision).toEqual(protectedBox.provisioned.provision);
    expect(provision).toMatchObject({ protection: "accounts", entry: `${root}/entry`, task: { id: "sample", version: "1.0.0" } });
    expect(Object.keys(provision.files)).toEqual(["instructions.md", "scoring/score.py", "task.json"]);
    expect(Object.keys(provision.startingSolution)).toEqual(["solution.py"]);
    expect(await scoringFiles(box, root, "accounts")).toEqual(provision.files);
    expect(readdirSync(root).sort()).toEqual(["entry", "instructions.md", "private", "protected", "provision.json", "runs", "scoring", "task.json", "workspace"]);

    const scored = await protectedBox.score("print('hello')\nprint(6)\n");
    expect(scored).toMatchObject({ exit: { kind: "exited", code: 0, stdoutBytes: 8 }, output: "hello\n6\n", result: { score: 6, message: { said: "ok" } } });
    expect(readFileSync(join(root, "runs", scored.id, "result.json"), "utf8")).not.toContain(secret);
    expect(readFileSync(join(root, "private", scored.id, "result.json"), "utf8")).toContain(secret);
    expect(await box.runState(protectedBox.runs, scored.id)).toEqual({ kind: "ended", exit: scored.exit });
    expect(await box.runState(protectedBox.runs, randomUUID())).toEqual({ kind: "unknown" });
    // Starting it again starts nothing.
    await protectedBox.start(scored.id);
    expect((await protectedBox.follow(scored.id)).exit).toEqual(scored.exit);
  });

  test("scores a task whose solution shares a process with code of the scoring function", async () => {
    const task = join(temporaryFolder(), "task");
    cpSync(join(repository, "tasks", "optimize-kernel"), task, { recursive: true });
    const settings = JSON.parse(readFileSync(join(task, "task.json"), "utf8")) as { profiles: { cpu: { env: Record<string, string> } } };
    settings.profiles.cpu.env["KERNEL_ELEMENTS"] = "20000";
    writeFileSync(join(task, "task.json"), JSON.stringify(settings));
    const protectedBox = await ProtectedBox.provision(task);
    const { root, accounts } = protectedBox;
    const uid = Number(execFileSync("id", ["-u", accounts.expert], { encoding: "utf8" }));
    const start = await protectedBox.score();
    expect(start).toMatchObject({ exit: { kind: "exited", code: 0 }, result: { score: expect.any(Number) as number, message: { elements: 20_000 } } });
    expect(Object.keys(start.result ?? {}).sort()).toEqual(["message", "score"]);
    const source = readFileSync(join(root, "workspace", "prefix_sum.py"), "utf8");
    await protectedBox.box.writeFile(join(root, "workspace", "prefix_sum.py"), Buffer.from(`import os\nprint("solver is", os.getuid(), sorted(name for name in os.environ if "BASELINER" in name or "KERNEL" in name))\n${source}`));
    expect(await protectedBox.score()).toMatchObject({ output: expect.stringContaining(`| solver is ${uid} []`) as string, result: { message: { elements: 20_000 } } });
    await protectedBox.asExpert("ln -sf ../protected/../scoring/score.py workspace/prefix_sum.py; ln -sf /dev/zero workspace/prefix_sum.py");
    expect(await protectedBox.score()).toMatchObject({ exit: { kind: "exited", code: 0 }, result: { score: null, message: { error: "There is no readable file prefix_sum.py in the workspace." } } });
    expect(spawnSync("pgrep", ["-U", accounts.expert, "-f", "solver_process"], { encoding: "utf8" }).stdout).toBe("");
  });

  test("keeps what the expert may not change or read, whatever the expert tries", async () => {
    const protectedBox = await ProtectedBox.provision();
    const { root, accounts } = protectedBox;
    const scored = await protectedBox.score("print(6)\n");
    const before = protectedBox.fingerprint();
    const run = `runs/${scored.id}`;
    const attacks = [
      ...["task.json", "instructions.md", "provision.json", "entry", "scoring/score.py", "protected/answer.txt", `${run}/result.json`, `${run}/exit.json`, `${run}/stdout.log`, `${run}/run.json`, `${run}/claim.json`].flatMap((path) => [
        `echo x >>${path}`,
        `rm -f ${path} && [ ! -e ${path} ]`,
        `mv ${path} ${path}.old`,
        `ln -sf /etc/passwd ${path}`,
        `chmod u+w ${path}`,
        `truncate -s 0 ${path}`,
      ]),
      ...["workspace", "scoring", "protected", "runs", "private", run].map((path) => `mv ${path} ${path}.old`),
      "rm -rf workspace && ln -s scoring workspace",
      "mv -T workspace workspace.old; ln -sT scoring workspace",
      `mv ${root} ${root}.old`,
      `ln -sfn /tmp ${root}`,
      "touch scoring/new.py scoring/sitecustomize.py",
      "mkdir scoring/__pycache__",
      `mkdir runs/${randomUUID()}`,
      `cp -r ${run} runs/${randomUUID()}`,
      `touch ${run}/cancel`,
      `echo '{"score":1}' >${run}/result.json.new`,
      "cat protected/answer.txt",
      "ls protected",
      "ls private",
      `cat private/${scored.id}/result.json`,
      "ln protected/answer.txt workspace/answer.txt",
      "find . -path ./workspace -prune -o -name '*.txt' -exec grep hidden {} +",
      `sudo -n -u ${accounts.scorer} -- /bin/cat ${root}/protected/answer.txt`,
      `sudo -n -u ${accounts.scorer} -s -- id`,
      `sudo -n -u ${accounts.scorer} -i -- id`,
      `sudo -n -u ${accounts.scorer} -e ${root}/provision.json`,
      `sudo -n -u ${accounts.scorer} -- ${root}/workspace/../scoring/score.py`,
      `sudo -n -u ${accounts.scorer} -- python3 ${root}/entry state ${scored.id}`,
      `sudo -n -- ${root}/entry state ${scored.id}`,
      "sudo -n -- id",
      `su ${accounts.scorer} -c id </dev/null`,
      "echo x >>/etc/sudoers.d/baseliner-mine",
      "cat /etc/sudoers.d/baseliner-*",
    ];
    for (const attack of attacks) {
      const { code, text } = await protectedBox.asExpert(`( ${attack} ) 2>&1`);
      expect({ attack, failed: code !== 0, told: text.includes(secret) }).toEqual({ attack, failed: true, told: false });
    }
    expect(protectedBox.fingerprint()).toBe(before);
    expect((await protectedBox.score("print(6)\n")).result).toEqual(scored.result);
  }, 240_000);

  test("takes nothing from the caller but two words", async () => {
    const protectedBox = await ProtectedBox.provision();
    const { root, accounts, entry } = protectedBox;
    const known = (await protectedBox.score("print(6)\n")).id;
    const sudo = `sudo -n -u ${accounts.scorer}`;
    const refused = [
      `${sudo} -- ${entry}`,
      `${sudo} -- ${entry} state`,
      `${sudo} -- ${entry} state ${known} more`,
      `${sudo} -- ${entry} remove ${known}`,
      `${sudo} -- ${entry} state ../runs/${known}`,
      `${sudo} -- ${entry} state '${known}/../${known}'`,
      `${sudo} -- ${entry} start ../../tmp/x`,
      `${sudo} -- ${entry} start '${known.toUpperCase()}'`,
      `${sudo} -- ${entry} start "$(printf '${known}\\n')x"`,
      `${sudo} -- ${entry} start "${known}
"`,
      `${sudo} -- ${entry} start ''`,
      `${sudo} -- ${entry} start -- ${known}`,
      `${sudo} -C 100 -- ${entry} state ${known}`,
      `${sudo} -D /tmp -- ${entry} state ${known}`,
      `${sudo} -R / -- ${entry} state ${known}`,
      `${sudo} BASELINER_RESULT=/tmp/x -- ${entry} start ${randomUUID()}`,
      `${sudo} LD_PRELOAD=/tmp/x.so -- ${entry} start ${randomUUID()}`,
      `${sudo} PATH=/tmp -- ${entry} start ${randomUUID()}`,
      `PYTHONPATH=/tmp ${sudo} --preserve-env=PYTHONPATH -- ${entry} start ${randomUUID()}`,
      `${sudo} -E -- ${entry} start ${randomUUID()}`,
      // Limits under which a scoring function could not do its work.
      ...["-f 0", "-v 1000000", "-t 1", "-d 100000"].map((limit) => `ulimit ${limit}; exec ${entry} start ${randomUUID()}`),
    ];
    for (const attack of refused) {
      const { code, text } = await protectedBox.asExpert(`( ${attack} ) 2>&1`);
      expect({ attack, text, failed: code !== 0 }).toEqual({ attack, text, failed: true });
    }

    const prepared = `
mkdir -p "$HOME/bad" && cd "$HOME/bad"
for name in python3 python sudo env sh kill; do printf '#!/bin/sh\\necho fake; touch %s/was-run\\n' "$HOME/bad" >$name; chmod +x $name; done
for name in sitecustomize usercustomize json os subprocess; do echo "import _io; _io.open('$HOME/bad/was-imported', 'w')" >$name.py; done
export PATH="$HOME/bad" PYTHONPATH="$HOME/bad" PYTHONHOME="$HOME/bad" PYTHONSTARTUP="$HOME/bad/os.py" PYTHONINSPECT=1 LD_PRELOAD="$HOME/bad/x.so" LD_LIBRARY_PATH="$HOME/bad"
export BASELINER_RESULT="$HOME/bad/result" BASELINER_SOLVER='["/usr/bin/env"]' ENV="$HOME/bad/sh" BASH_ENV="$HOME/bad/sh" TMPDIR="$HOME/bad" HOME="$HOME/bad" PYTHONUSERBASE="$HOME/bad" IFS=/ LANG=xx
trap '' TERM INT HUP CHLD USR1 PIPE
ulimit -c unlimited; umask 000
exec 5<>/dev/null 9<>/dev/null
`;
    for (const extra of ["", "exec <&-; ", "exec 0</dev/zero; "]) {
      const id = randomUUID();
      const { text } = await protectedBox.asExpert(`${prepared}\n${extra}${entry} start ${id} 2>&1`);
      expect({ extra, text }).toEqual({ extra, text: expect.not.stringContaining("fake") as string });
      const { result, exit } = await protectedBox.follow(id);
      expect({ extra, exit, result }).toMatchObject({ extra, exit: { kind: "exited", code: 0 }, result: { score: 6 } });
    }
    expect((await protectedBox.asExpert('ls -a "$HOME/bad"')).text).not.toMatch(/was-run|was-imported|^result/m);
    expect(JSON.parse(readFileSync(join(root, "runs", known, "run.json"), "utf8"))).toMatchObject({ environment: { PATH: expect.stringMatching(/^\/usr/) as string } });
  }, 240_000);

  test("gives a solution no way to the scorer from within the scored process", async () => {
    const protectedBox = await ProtectedBox.provision();
    const { root, accounts } = protectedBox;
    const before = protectedBox.fingerprint();
    const { result, output, exit } = await protectedBox.score(`${attempts}${attackProcess}
root = ${JSON.stringify(root)}
chain, process = [], os.getppid()
while process > 1:
    chain.append(process)
    with open(f"/proc/{process}/stat") as file:
        process = int(file.read().rpartition(")")[2].split()[1])
for process in chain:
    attack(process)
for path in glob.glob(root + "/runs/*/*") + [root + "/runs/x", root + "/scoring/score.py", root + "/provision.json"]:
    attempt("write " + path, lambda: write(path))
    attempt("remove " + path, lambda: os.remove(path))
for path in (root + "/protected/answer.txt", root + "/private/lock"):
    attempt("read " + path, lambda: read(path))
for folder in (root + "/protected", root + "/private"):
    attempt("list " + folder, lambda: os.listdir(folder))
attempt("find secrets in the environment", lambda: any("BASELINER" in name for name in os.environ))
attempt("find open files", lambda: [n for n in os.listdir("/proc/self/fd") if int(n) > 2 and "/proc/" not in os.readlink(f"/proc/self/fd/{n}")] != [])
for words in (["-u", ${JSON.stringify(accounts.scorer)}], []):
    attempt("run as another", lambda: subprocess.run(["sudo", "-n", *words, "--", "/bin/sh", "-c", ":"], stderr=subprocess.DEVNULL).returncode == 0)
for limit in (1, 2):
    attempt("truncate what was printed", lambda: os.ftruncate(limit, 0))
print("scorer processes:", len(chain) > 1, "done:", done)
print(6)
`);
    expect({ exit, output, result }).toMatchObject({ exit: { kind: "exited", code: 0 }, output: "scorer processes: True done: []\n6\n", result: { score: 6 } });
    expect(protectedBox.fingerprint().replaceAll(/^.*(runs|private).*\n/gm, "")).toBe(before.replaceAll(/^.*(runs|private).*\n/gm, ""));
  });

  test("gives the expert no hold on a scoring that is under way, and starts no other beside it", async () => {
    const protectedBox = await ProtectedBox.provision();
    const { root, accounts, box, runs } = protectedBox;
    await protectedBox.solve("import time\nprint('begun', flush=True)\ntime.sleep(6)\nprint(6)\n");
    const id = await protectedBox.start();
    const during = await protectedBox.asExpert(`cat >"$HOME/attack.py" <<'END'
${attempts}${attackProcess}
import pwd
scorer = pwd.getpwnam(${JSON.stringify(accounts.scorer)}).pw_uid
def owner(process):
    # Processes come and go while they are listed.
    try: return os.stat("/proc/" + process).st_uid
    except OSError: return None
found = [int(name) for name in os.listdir("/proc") if name.isdigit() and owner(name) == scorer]
for process in found:
    attack(process)
attempt("kill all", lambda: subprocess.run(["pkill", "-KILL", "-U", str(scorer)], stderr=subprocess.DEVNULL).returncode == 0)
for name in ("result.json", "exit.json", "stdout.log", "cancel"):
    attempt("write " + name, lambda: write(${JSON.stringify(`${runs}/${id}/`)} + name))
print("scorer processes:", len(found) > 1, "done:", done)
END
exec python3 "$HOME/attack.py" 2>&1`);
    expect(during.text).toBe("scorer processes: True done: []\n");
    expect(await box.runState(runs, id)).toEqual({ kind: "running" });
    const second = await protectedBox.follow(await protectedBox.start());
    expect(second).toMatchObject({ exit: { kind: "not-started", problem: "another scoring of this task is under way on this box" }, result: undefined });
    expect(await protectedBox.follow(id)).toMatchObject({ exit: { kind: "exited", code: 0 }, result: { score: 6 }, output: "begun\n6\n" });
    expect(existsSync(join(root, "runs", id, "cancel"))).toBe(false);
  });

  test("ends all that a solution leaves behind, and what it left for later changes no score", async () => {
    const protectedBox = await ProtectedBox.provision();
    const { root, accounts } = protectedBox;
    const { output, exit } = await protectedBox.score(`
import ctypes, os, platform, signal, sys, threading, time
def daemon(ends_first_thread):
    if os.fork() == 0:
        os.setsid()
        for number in range(1, 32):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        if os.fork() == 0:
            os.setsid()
            # Who keeps its output open keeps the scoring function waiting, and gets no score.
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            with open(os.path.expanduser("~/daemons"), "a") as file:
                file.write(f"{os.getpid()}\\n")
            def go_on():
                while True:
                    time.sleep(0.05)
            if ends_first_thread:
                # It looks like a zombie from then on, and goes on all the same.
                threading.Thread(target=go_on).start()
                ctypes.CDLL(None).syscall(60 if platform.machine() == "x86_64" else 93, 0)
            go_on()
        os._exit(0)
for number in range(5):
    daemon(number == 4)
time.sleep(1)
print(6)
`);
    expect({ kind: exit.kind, last: output.trimEnd().split("\n").at(-1) }).toEqual({ kind: "exited", last: "6" });
    const home = join("/home", accounts.expert);
    const daemons = readFileSync(join(home, "daemons"), "utf8").trim().split("\n").map(Number);
    expect(daemons).toHaveLength(5);
    expect(daemons.filter(isRunning)).toEqual([]);

    // One that the expert starts apart from any scoring is the expert's to keep. It can only do what the expert can.
    const python = `
import glob, os, time
bad = 'import os\\nopen(os.path.expanduser("~/imported"), "a").write(str(os.getuid()) + "\\\\n")\\n'
workspace = ${JSON.stringify(join(root, "workspace"))}
for name in ("sitecustomize", "usercustomize", "json", "subprocess"):
    open(f"{workspace}/{name}.py", "w").write(bad if name.endswith("customize") else bad + "raise SystemExit\\n")
open(f"{workspace}/evil.pth", "w").write("import os; os._exit(0)\\n")
while True:
    for path in glob.glob(${JSON.stringify(join(root, "runs/*"))}) + [${JSON.stringify(join(root, "private"))}]:
        for name in ("result.json", "exit.json", "claim.json", "result.json.draft"):
            try: open(path + "/" + name, "w").write('{"score": 1}')
            except OSError: pass
            try: os.symlink("/etc/passwd", path + "/" + name)
            except OSError: pass
    time.sleep(0.001)
`;
    const { text } = await protectedBox.asExpert(`cat >"$HOME/daemon.py" <<'END'\n${python}END\nsetsid python3 "$HOME/daemon.py" </dev/null >/dev/null 2>&1 &\necho $!; sleep 1`);
    const daemon = Number(text.trim());
    const scored = await protectedBox.score("print(7)\n");
    expect(scored).toMatchObject({ exit: { kind: "exited", code: 0 }, result: { score: 7, message: { said: "ok" } } });
    expect(isRunning(daemon)).toBe(true);
    const uids = existsSync(join(home, "imported")) ? readFileSync(join(home, "imported"), "utf8").trim().split("\n") : [];
    const expert = execFileSync("id", ["-u", accounts.expert], { encoding: "utf8" }).trim();
    expect(uids.filter((uid) => uid !== expert)).toEqual([]);
  });

  test.each([
    ["does not react to anything", "import signal, time\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nprint('begun', flush=True)\nwhile True: time.sleep(1)\n"],
    ["stops itself", "import os, signal\nprint('begun', flush=True)\nos.kill(os.getpid(), signal.SIGSTOP)\n"],
    // Each process lives for less time than it takes to name it.
    ["runs away from its killer", "import os, signal\nprint('begun', flush=True)\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nos.setsid() if os.fork() == 0 else os._exit(0)\nalive = os.open(os.path.expanduser('~/alive'), os.O_RDWR | os.O_CREAT)\nwhile True:\n    if os.fork(): os._exit(0)\n    os.pwrite(alive, b'%d\\n' % os.getpid(), 0)\n"],
  ])("ends a solution that %s", async (_name, source) => {
    const protectedBox = await ProtectedBox.provision(writeProtectedTask({ timeoutSeconds: 3 }));
    const { accounts, box, runs } = protectedBox;
    await protectedBox.solve(source);
    const id = await protectedBox.start();
    const { exit } = await protectedBox.follow(id).catch(async () => {
      // The last resort ends the expert's logins too.
      await delay(1000);
      return await protectedBox.follow(id);
    });
    expect(exit.kind).toMatch(/^(timed-out|exited)$/);
    const alive = join("/home", accounts.expert, "alive");
    const signs = (): string => (existsSync(alive) ? readFileSync(alive, "utf8") : "");
    const last = signs();
    await delay(500);
    expect(signs()).toBe(last);
    expect(spawnSync("pgrep", ["-U", accounts.expert, "-f", "solution.py"], { encoding: "utf8" }).stdout).toBe("");
    expect(await box.runState(runs, id)).toEqual({ kind: "ended", exit });
    expect(await protectedBox.score("print(6)\n")).toMatchObject({ result: { score: 6 } });
  });

  test("stops a scoring when it is asked to", async () => {
    const protectedBox = await ProtectedBox.provision();
    await protectedBox.solve("import time\nprint('begun', flush=True)\ntime.sleep(600)\n");
    const id = await protectedBox.start();
    await protectedBox.box.cancelRun(protectedBox.runs, randomUUID());
    await protectedBox.box.cancelRun(protectedBox.runs, id);
    expect(await protectedBox.follow(id)).toMatchObject({ exit: { kind: "cancelled" }, result: undefined });
    expect(spawnSync("pgrep", ["-U", protectedBox.accounts.expert, "-f", "solution.py"], { encoding: "utf8" }).stdout).toBe("");
  });

  test("does not follow the expert's links, nor wait for pipes, nor mind a closed workspace", async () => {
    const protectedBox = await ProtectedBox.provision();
    const workspace = join(protectedBox.root, "workspace");
    for (const [how, script] of [
      ["a link to what is hidden", `ln -sf ../protected/answer.txt ${workspace}/solution.py`],
      ["a hard link", `rm -f ${workspace}/solution.py; ln ${protectedBox.root}/protected/answer.txt ${workspace}/solution.py; true`],
      ["a closed workspace", `chmod 700 ${workspace}`],
    ] as const) {
      await protectedBox.asExpert(script);
      const { exit, result, output } = await protectedBox.score();
      expect({ how, valid: exit.kind === "exited" && exit.code === 0, result, told: output.includes("hidden") }).toEqual({ how, valid: false, result: undefined, told: false });
    }
    await protectedBox.asExpert(`chmod 755 ${workspace}; rm -f ${workspace}/solution.py; umask 077; echo 'print(6)' >${workspace}/solution.py`);
    expect((await protectedBox.score()).result).toMatchObject({ score: 6 });
  });

  test("records the end of a scoring once a full disk has room again, and no other score than its own", async () => {
    const disk = openFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", disk]);
    onTestFinished(() => {
      spawnSync("umount", ["-l", disk]);
    });
    const protectedBox = await ProtectedBox.provision(undefined, {}, disk);
    const { runs, root } = protectedBox;
    await protectedBox.solve("import time\nopen('filler', 'w').close()\nprint('begun', flush=True)\ntime.sleep(2)\nfile = open('filler', 'wb', 0)\ntry:\n    while True: file.write(bytes(1024))\nexcept OSError: pass\nprint('x' * 30000)\nprint(6)\n");
    const id = await protectedBox.start();
    await expect(protectedBox.follow(id)).rejects.toMatchObject({ reason: "disk-full" });
    // The solution is over long before there is room again.
    while (spawnSync("pgrep", ["-U", protectedBox.accounts.expert, "-f", "solution.py"]).status === 0) {
      await delay(100);
    }
    await delay(4000);
    expect(existsSync(join(runs, id, "exit.json"))).toBe(false);
    await protectedBox.asExpert("rm -f workspace/filler");
    const scored = await protectedBox.follow(id);
    // The scoring function may or may not have found room for its result; what it printed is whole in any case.
    expect([undefined, 6]).toContain(scored.result?.score);
    expect(scored.output === `begun\n${"x".repeat(30_000)}\n6\n`).toBe(true);
    expect(scored.exit.stdoutBytes).toBe(scored.output.length);
    expect(readdirSync(join(runs, id)).filter((name) => name.includes("draft"))).toEqual([]);
    expect(existsSync(join(root, "workspace/filler"))).toBe(false);
    expect(await protectedBox.score("print(7)\n")).toMatchObject({ result: { score: 7 } });
    // Nothing is begun for the end of which there is no room.
    const free = fill(disk, 4096);
    await expect(protectedBox.start()).rejects.toMatchObject({ reason: "disk-full" });
    free();
    expect(await protectedBox.score()).toMatchObject({ result: { score: 7 } });
  });

  test("looks for programs in the scorer's own folders first, and never in what the expert could change", async () => {
    const tools = join(openFolder(), "tools");
    mkdirSync(tools, { mode: 0o755 });
    writeFileSync(join(tools, "python3"), `#!/bin/sh\necho "the scorer's python, $(id -un)"\nexec /usr/bin/python3 "$@"\n`, { mode: 0o755 });
    const protectedBox = await ProtectedBox.provision(writeProtectedTask(), { scorerPath: [tools] });
    const { output, result } = await protectedBox.score("print(6)\n");
    expect(output).toContain(`the scorer's python, ${protectedBox.accounts.scorer}`);
    expect(result).toMatchObject({ score: 6 });

    const provision = async (folder: string) =>
      await provisionTask(await loadTask(writeProtectedTask()), await protectedBox.sshd.box(), { profile: "cpu", participant: "p-07", root: join(openFolder(), "task"), ...protectedBox.accounts, scorerPath: [folder] }).catch((error: unknown) => error);
    execFileSync("chown", [protectedBox.accounts.expert, join(tools, "python3")]);
    for (const [folder, why] of [
      [tools, `the expert can change ${tools}/python3`],
      [join(tools, "missing"), "there is no folder"],
      [protectedBox.root + "/workspace", "others than root can change"],
      [`${tools}:/tmp`, "cannot be searched for programs"],
      ["tools", "cannot be searched for programs"],
    ] as const) {
      expect(await provision(folder)).toMatchObject({ name: "ProvisionError", reason: "unsuitable", message: expect.stringContaining(why) as string });
    }
  });

  test("is refused where the accounts would not keep anything apart, and nothing is left", async () => {
    const sshd = await sshdForAccounts();
    const box = await sshd.box();
    const task = await loadTask(writeProtectedTask());
    const place = openFolder();
    const accounts = newAccounts();
    const provision = async (changes: object) => await provisionTask(task, box, { profile: "cpu", participant: "p-07", root: join(place, "task"), ...accounts, ...changes }).catch((error: unknown) => error);
    const rules = (): string[] => readdirSync("/etc/sudoers.d").filter((name) => name.startsWith("baseliner-task-"));
    const before = rules();
    execFileSync("useradd", ["-M", "-U", accounts.expert]);
    for (const [changes, why] of [
      [{ expert: "root" }, "the account root is root"],
      [{ scorer: accounts.expert }, "are one account"],
      [{ expert: "x; id" }, "cannot be an account"],
      [{ root: "/srv/with space" }, "cannot be protected"],
      [{ root: `${place}/../up` }, "not an absolute path"],
      [{ expertKey: "ssh-ed25519 AAAA\nmore" }, "not one line of a public key"],
    ] as const) {
      expect(await provision(changes)).toMatchObject({ name: "ProvisionError", reason: "unsuitable", message: expect.stringContaining(why) as string });
    }
    // A folder that others can write.
    mkdirSync(join(place, "open"), { mode: 0o777 });
    execFileSync("chmod", ["777", join(place, "open")]);
    expect(await provision({ root: join(place, "open", "task") })).toMatchObject({ reason: "unsuitable", message: expect.stringContaining("others than root can change") as string });
    // An account that can become root anyway.
    execFileSync("usermod", ["-aG", "shadow", accounts.expert]);
    expect(await provision({})).toMatchObject({ reason: "unsuitable", message: expect.stringContaining("in the group shadow") as string });
    execFileSync("gpasswd", ["-d", accounts.expert, "shadow"], { stdio: "ignore" });
    const rule = `/etc/sudoers.d/baseliner-test-${accounts.expert}`;
    mkdirSync(dirname(rule), { recursive: true });
    writeFileSync(rule, `${accounts.expert} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
    onTestFinished(() => {
      spawnSync("rm", ["-f", rule]);
    });
    expect(await provision({})).toMatchObject({ reason: "unsuitable", message: expect.stringContaining("may run other commands through sudo") as string });
    execFileSync("rm", [rule]);
    // A folder that exists is left alone.
    mkdirSync(join(place, "task"));
    writeFileSync(join(place, "task", "mine"), "kept");
    expect(await provision({})).toMatchObject({ reason: "exists" });
    expect(readFileSync(join(place, "task", "mine"), "utf8")).toBe("kept");
    expect(readdirSync(join(place, "open"))).toEqual([]);
    expect(rules()).toEqual(before);
  });
});

describe.skipIf(whyNoAccounts !== undefined)(`the command that provisions${whyNoAccounts === undefined ? "" : ` (${whyNoAccounts})`}`, () => {
  /** Runs the command line with the key of a test in an agent. */
  async function provision(keyFile: string, args: string[]) {
    const socket = join(temporaryFolder(), "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    onTestFinished(() => {
      agent.kill();
    });
    while (!existsSync(socket)) {
      await delay(10);
    }
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    execFileSync("ssh-add", ["-q", keyFile], { env, stdio: "ignore" });
    return await baseliner(env, ["task", "provision", ...args]);
  }

  async function baseliner(env: NodeJS.ProcessEnv, args: string[]) {
    const child = spawn(process.execPath, [commandLine, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (bytes: Buffer) => (said.stdout += bytes.toString("utf8")));
    child.stderr.on("data", (bytes: Buffer) => (said.stderr += bytes.toString("utf8")));
    const [status] = (await once(child, "close")) as [number | null];
    return { status, ...said };
  }

  test("prints the assignment of a protected box, with which the expert gets there", async () => {
    const sshd = await sshdForAccounts();
    const accounts = newAccounts();
    const root = join(openFolder(), "task-1");
    forgetRule(root);
    const expertKey = newKey(temporaryFolder(), "expert_key");
    const out = join(temporaryFolder(), "one.assignment.json");
    const fingerprint = execFileSync("ssh-keygen", ["-l", "-f", `${sshd.hostKeyFile}.pub`], { encoding: "utf8" }).split(" ")[1] ?? "";
    const task = writeProtectedTask();
    const options = ["--box", `root@127.0.0.1:${sshd.port}`, "--root", root, "--participant", "p-07", "--expert", accounts.expert, "--scorer", accounts.scorer, "--expert-key", `${expertKey}.pub`, "--out", out];

    const unknown = await provision(sshd.keyFile, [task, ...options]);
    expect(unknown).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(`Nothing vouches for the key of 127.0.0.1 port ${sshd.port} (${fingerprint})`) as string });
    const other = await provision(sshd.keyFile, [task, ...options, "--host-key", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]);
    expect(other).toMatchObject({ status: 2, stdout: "" });
    expect(existsSync(root)).toBe(false);

    const { status, stdout, stderr } = await provision(sshd.keyFile, [task, ...options, "--host-key", fingerprint]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining("Protected: ") as string });
    const assignment = JSON.parse(readFileSync(out, "utf8")) as { box: { target: string; hostKey: string[]; root: string } };
    expect(assignment).toEqual({
      box: { kind: "ssh", target: `${accounts.expert}@127.0.0.1:${sshd.port}`, hostKey: expect.arrayContaining([fingerprint]) as string[], root },
      profile: "cpu",
      participant: "p-07",
    });
    const link = stdout.trimEnd().split("\n").at(-1) ?? "";
    expect(stdout).toBe(`${readFileSync(out, "utf8")}${link}\n`);
    const told = /^vscode:\/\/baseliner\.baseliner\/assignment\?json=([A-Za-z0-9_-]+)$/.exec(link)?.[1] ?? "";
    expect(JSON.parse(Buffer.from(told, "base64url").toString("utf8"))).toEqual(assignment);

    const box = await sshd.box({ user: accounts.expert, keyFiles: [expertKey] });
    expect(await readProvision(box, root)).toMatchObject({ protection: "accounts" });
    // What was handed out is all that a session needs.
    const config = join(temporaryFolder(), "config");
    writeFileSync(config, `Host *\n  IdentityFile ${expertKey}\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile /dev/null\n`);
    const sessions = join(temporaryFolder(), "sessions");
    const session = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await baseliner({ ...process.env, BASELINER_SSH_CONFIG: config }, ["session", ...args]);
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: "" });
      return stdout;
    };
    expect(await session("start", out, "--sessions", sessions)).toMatch(/Attempt 0: 10\.0 /);
    const played = join(sessions, readdirSync(sessions)[0] ?? "");
    await session("clock", "start", played);
    writeFileSync(join(played, "workspace", "solution.py"), "print(4)\n");
    expect(await session("score", played)).toMatch(/Attempt 1: 4\.00 /);
    await session("submit", played);
    expect(await session("verify", played)).toMatch(/^valid: /);
    expect(readFileSync(join(played, "session.jsonl"), "utf8")).toContain('"protection":"accounts"');
    expect(spawnSync("grep", ["-rlF", secret, played], { encoding: "utf8" }).stdout).toBe("");

    const again = await provision(sshd.keyFile, [task, ...options, "--host-key", fingerprint]);
    expect(again).toMatchObject({ status: 2, stderr: expect.stringContaining("it exists already") as string });
    expect(await readProvision(box, root)).toMatchObject({ protection: "accounts" });
  });

  test("puts a task on a box with one account, unprotected, and a change of its scoring is found", async () => {
    const sshd = await sshdForAccounts();
    const { expert } = newAccounts();
    execFileSync("useradd", ["-m", "-U", "-p", "*", expert]);
    execFileSync("su", ["-s", "/bin/sh", expert, "-c", `mkdir -p ~/.ssh && echo '${readFileSync(`${sshd.keyFile}.pub`, "utf8").trim()}' >~/.ssh/authorized_keys`]);
    const box = await sshd.box({ user: expert });
    const task = await loadTask(writeProtectedTask());
    await expect(provisionTask(task, box, { profile: "cpu", participant: "p-07", expert: "someone" })).rejects.toMatchObject({ reason: "unsuitable" });
    const { root, provision, account } = await provisionTask(task, box, { profile: "cpu", participant: "p-07" });
    expect(root).toMatch(new RegExp(`^/home/${expert}/baseliner/sample-p-07-[0-9a-f]{8}$`));
    expect(account).toBeUndefined();
    expect(provision).toMatchObject({ protection: "none", entry: null });
    expect(await readProvision(box, root)).toEqual(provision);
    expect(Object.keys(provision.files)).toEqual(["instructions.md", "protected/answer.txt", "scoring/score.py", "task.json"]);
    expect(readdirSync(root).sort()).toEqual(["instructions.md", "protected", "provision.json", "runs", "scoring", "task.json", "workspace"]);
    const { exit, output } = await runScript(box, `cd ${root}/workspace && BASELINER_RESULT=../result.json python3 ../scoring/score.py; cat ../result.json`, { folder: `/home/${expert}` });
    expect({ code: exit.code, result: JSON.parse(output.text().split("\n").at(-1) ?? "") as unknown }).toMatchObject({ code: 0, result: { score: 10 } });
    expect(await scoringFiles(box, root)).toEqual({ ...provision.files, "result.json": expect.any(String) as string });
    await box.removeFile(`${root}/result.json`);
    expect(await scoringFiles(box, root)).toEqual(provision.files);
    await box.writeFile(`${root}/scoring/score.py`, Buffer.from("pass")).catch(() => undefined);
    await box.runScript(`chmod -R u+w ${root}/scoring; echo 'pass' >${root}/scoring/score.py; echo x >${root}/protected/new`, 10_000);
    const now = await scoringFiles(box, root);
    expect(Object.keys(now).filter((path) => now[path] !== provision.files[path])).toEqual(["protected/new", "scoring/score.py"]);
  });
});
