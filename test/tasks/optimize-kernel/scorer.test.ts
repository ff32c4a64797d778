import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const taskFolder = resolve(__dirname, "../../../tasks/optimize-kernel");
const startFile = join(taskFolder, "workspace/prefix_sum.py");
const referenceFile = join(taskFolder, "reference/prefix_sum.py");
const improvedFile = join(__dirname, "improved_prefix_sum.py");
const right = readFileSync(improvedFile, "utf8").replace("def prefix_sum(", "def right(");

interface Scored {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly score: number | null;
  readonly message: { error?: string; milliseconds?: number; elements?: number };
  readonly hasResult: boolean;
}

let folder: string;
let workspace: string;
let resultFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kernel-test-"));
  workspace = join(folder, "workspace");
  resultFile = join(folder, "result.json");
  mkdirSync(workspace);
  mkdirSync(join(folder, "tmp"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Scores what is in the workspace by the command of task.json. */
function score(env: NodeJS.ProcessEnv = {}): Scored {
  const task = JSON.parse(readFileSync(join(taskFolder, "task.json"), "utf8")) as { scoring: { command: string[] } };
  const [program = "", ...parameters] = task.scoring.command.map((part) => part.replaceAll("${task}", taskFolder));
  const run = spawnSync(program, parameters, {
    cwd: workspace,
    encoding: "utf8",
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      TMPDIR: join(folder, "tmp"),
      KERNEL_ELEMENTS: "20000",
      KERNEL_CALL_SECONDS: "20",
      BASELINER_RESULT: resultFile,
      ...env,
    },
  });
  const hasResult = existsSync(resultFile);
  const text = hasResult ? readFileSync(resultFile, "utf8") : '{"score": null, "message": {}}';
  const result = JSON.parse(text) as Pick<Scored, "score" | "message">;
  return { status: run.status, signal: run.signal, output: run.stdout + run.stderr, hasResult, ...result };
}

function solution(source: string): void {
  writeFileSync(join(workspace, "prefix_sum.py"), source);
}

function scoreOf(source: string, env: NodeJS.ProcessEnv = {}): Scored {
  solution(source);
  return score(env);
}

function expectValid(scored: Scored): void {
  expect(scored.message.error).toBeUndefined();
  expect(scored.status).toBe(0);
  expect(scored.score).toBeTypeOf("number");
  expect(scored.score).toBeCloseTo(Math.log(scored.message.milliseconds ?? Number.NaN), 3);
}

function expectInvalid(scored: Scored, reason: RegExp): void {
  expect(scored.message.error).toMatch(reason);
  expect(scored.score).toBeNull();
  expect(scored.status).toBe(0);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("solutions that are right", () => {
  test("the starting solution is valid", () => {
    copyFileSync(startFile, join(workspace, "prefix_sum.py"));
    const scored = score();
    expectValid(scored);
    expect(scored.message.elements).toBe(20_000);
  });

  test("the starting solution's check.py agrees with the definition", () => {
    for (const name of ["prefix_sum.py", "check.py"]) copyFileSync(join(taskFolder, "workspace", name), join(workspace, name));
    const run = spawnSync("python3", ["-B", "check.py", "1000"], { cwd: workspace, encoding: "utf8" });
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("small vectors are right");
  });

  test("the solution that the demo types in is valid, and nothing but what it prints itself is shown of it", () => {
    copyFileSync(improvedFile, join(workspace, "prefix_sum.py"));
    const scored = score();
    expectValid(scored);
    expect(scored.output.split("\n").filter((line) => line.startsWith("  |"))).toEqual([]);
  });

  test("the reference is valid in whatever way this machine offers, at a length that is no multiple of its chunks", () => {
    copyFileSync(referenceFile, join(workspace, "prefix_sum.py"));
    for (const elements of ["1", "20011"]) expectValid(score({ KERNEL_ELEMENTS: elements }));
    expectValid(score({ KERNEL_ELEMENTS: "20011", REFERENCE_KIND: "standard" }));
  });

  test("the argument may be overwritten and returned", () => {
    expectValid(scoreOf(`${right}\ndef prefix_sum(x):\n    x[:] = right(x)\n    return x\n`));
  });

  test("a ctypes array and a helper module of the workspace are fine", () => {
    writeFileSync(join(workspace, "helper.py"), right);
    expectValid(scoreOf("import ctypes, helper\ndef prefix_sum(x):\n    return (ctypes.c_int32 * len(x))(*helper.right(x))\n"));
    expect(readdirSync(workspace).sort()).toEqual(["helper.py", "prefix_sum.py"]);
  });

  test("worker processes that wait between calls are fine", () => {
    expectValid(
      scoreOf(`${right}
import multiprocessing
pool = multiprocessing.get_context("fork").Pool(2)
def prefix_sum(x):
    return array("i", pool.apply(right, (x.tolist(),)))
`),
    );
  });

  test("5 MB of printing is shown up to a limit, marked, and does not stall the call", () => {
    const scored = scoreOf(`${right}
def prefix_sum(x):
    for _ in range(5000): print("Valid: 0.001 ms " + "y" * 1000)
    return right(x)
`);
    expectValid(scored);
    expect(scored.output.length).toBeLessThan(400_000);
    expect(scored.output).not.toMatch(/^Valid: 0\.001/m);
    expect(scored.output).toContain("further output is not shown");
  });

  test("a long line without an end and control characters reach the output harmlessly", () => {
    const scored = scoreOf(`${right}
print("a\\x1b[2Jb\\rValid: 0 ms", end="")
def prefix_sum(x): return right(x)
`);
    expectValid(scored);
    expect(scored.output).not.toContain("\u001b");
    expect(scored.output).not.toContain("\r");
  });

  test("the temporary folder of the solution is removed afterwards", () => {
    expectValid(scoreOf(`${right}\nimport tempfile\nopen(tempfile.mkdtemp() + "/x", "w").write("x")\nprefix_sum = right\n`));
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  });
});

describe("solutions that are wrong", () => {
  test("a missing file", () => expectInvalid(score(), /^There is no readable file prefix_sum\.py/));

  test("a missing function", () => expectInvalid(scoreOf("x = 1\n"), /defines no function prefix_sum/));

  test("a syntax error is given with file and line", () =>
    expectInvalid(scoreOf("def prefix_sum(x):\n    return (\n"), /^SyntaxError: .*prefix_sum\.py, line 2/));

  test("an exception is given with its place", () =>
    expectInvalid(
      scoreOf("def prefix_sum(x):\n    raise ValueError('too hard')\n"),
      /^ValueError: too hard \(prefix_sum\.py, line 2, in prefix_sum\)\.$/,
    ));

  test("an exception while it is imported", () => expectInvalid(scoreOf("import not_there\n"), /^ModuleNotFoundError: .*line 1/));

  test("sys.exit is an exception like any other", () =>
    expectInvalid(scoreOf("import sys\ndef prefix_sum(x):\n    sys.exit(0)\n"), /^SystemExit: 0/));

  test("one wrong element is found and described", () => {
    const source = `${right}\ndef prefix_sum(x):\n    r = right(x)\n    r[777] += 5\n    return r\n`;
    expectInvalid(scoreOf(source), /differs at 1 of 20000 places, first at index 777 \(expected -?\d+, got -?\d+\)/);
  });

  test("too short and too long results", () => {
    expectInvalid(scoreOf(`${right}\ndef prefix_sum(x): return right(x)[:-1]\n`), /returned 19999 items instead of 20000/);
    expectInvalid(scoreOf(`${right}\ndef prefix_sum(x): return right(x) + array("i", [0])\n`), /returned 20001 items/);
  });

  test("a huge result is refused without being read", () =>
    expectInvalid(scoreOf('from array import array\ndef prefix_sum(x): return array("i", [0]) * 200_000_000\n'), /200000000 items/));

  test.each([
    ["int64", 'array("q", right(x))', /format 'q', not int32/],
    ["float32", 'array("f", right(x))', /format 'f', not int32/],
    ["uint32", 'array("I", [0]) * len(x)', /format 'I', not int32/],
    ["raw bytes", "right(x).tobytes()", /format 'B', not int32/],
    ["a list", "list(right(x))", /returned list, which is not a buffer/],
    ["nothing", "None", /returned NoneType/],
    ["every other item", 'memoryview(array("i", bytes(8 * len(x))))[::2]', /not one contiguous row/],
  ])("a result of another type: %s", (_, expression, reason) =>
    expectInvalid(scoreOf(`${right}\ndef prefix_sum(x): return ${expression}\n`), reason));

  test("an infinite loop ends at the limit of a call, helpers included", () => {
    const started = Date.now();
    expectInvalid(
      scoreOf("def prefix_sum(x):\n    while True: pass\n", { KERNEL_CALL_SECONDS: "1" }),
      /^No complete result in warm-up call 1 within 1 s\.$/,
    );
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  test("a crash is named by its signal", () =>
    expectInvalid(scoreOf("import ctypes\ndef prefix_sum(x): ctypes.string_at(0)\n"), /was ended by SIGSEGV in warm-up call 1/));

  test("a process that exits", () =>
    expectInvalid(scoreOf("import os\ndef prefix_sum(x): os._exit(0)\n"), /exited with status 0 in warm-up call 1/));
});

describe("attempts to cheat", () => {
  test("the answer is in no frame and no object of the solution's process", () => {
    const source = `${right}
import gc, sys
def prefix_sum(x):
    expected = right(x).tobytes()
    frame, found = sys._getframe(), 0
    while frame:
        found += sum(1 for v in frame.f_locals.values() if v is not expected and isinstance(v, (bytes, bytearray, array)) and bytes(v) == expected)
        frame = frame.f_back
    for thing in gc.get_objects():
        if thing is not expected and isinstance(thing, (array, bytearray)) and bytes(thing) == expected: found += 1
    print("found", found)
    return array("i", len(x) * [0])
`;
    const scored = scoreOf(source);
    expectInvalid(scored, /differs at \d+ of 20000 places/);
    expect(scored.output).toContain("| found 0");
  });

  test("clocks patched in the solution's process change nothing", () => {
    const scored = scoreOf(`${right}
import time
sleep = time.sleep
for name in ("time", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "time_ns"): setattr(time, name, lambda: 0)
def prefix_sum(x):
    sleep(0.2)
    return right(x)
`);
    expectValid(scored);
    expect(scored.message.milliseconds).toBeGreaterThan(200);
  });

  test("a result that claims to equal everything is compared by its bytes", () =>
    expectInvalid(
      scoreOf(`
from array import array
class Equal(array):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __len__(self): return 20000
def prefix_sum(x): return Equal("i", bytes(4 * len(x)))
`),
      /differs at/,
    ));

  test("modules of the workspace and PYTHON variables do not get into the scorer", () => {
    const hostile = 'import os\nprint("loaded in", os.getpid())\nraise SystemExit(3)\n';
    for (const name of ["random", "array", "sitecustomize", "usercustomize", "socket", "json", "tempfile", "struct"])
      writeFileSync(join(workspace, `${name}.py`), hostile);
    const scored = scoreOf(
      "def prefix_sum(x):\n    import itertools\n    v = x.tolist()\n" +
        "    t, on = 0, False\n    for i, e in enumerate(v):\n        t += e if on else 0\n        on ^= e > 0\n        x[i] = t\n    return x\n",
      { PYTHONPATH: workspace, PYTHONSTARTUP: join(workspace, "json.py"), PYTHONINSPECT: "1" },
    );
    expectValid(scored);
    expect(scored.output).not.toContain("loaded in");
  });

  test("a library preloaded into the scorer's environment is not handed to the solution, nor is the scorer's own configuration", () => {
    const scored = scoreOf(
      `${right}\nimport os\nprint("names", [n for n in os.environ if n.startswith(("BASELINER", "KERNEL", "LD_PRELOAD", "PYTHON"))])\nprefix_sum = right\n`,
      { LD_PRELOAD: "", PYTHONPATH: "/nowhere" },
    );
    expectValid(scored);
    expect(scored.output).toContain("| names ['PYTHONDONTWRITEBYTECODE']");
  });

  const garbage = (prefix: string): string => `
def spray():
    import os
    for descriptor in range(1, 256):
        try: os.write(descriptor, ${prefix} + b"\\0" * 100)
        except OSError: pass
`;

  test.each(["b'D'", "b'R'", "b'E\\xff\\xff'", "b'?'", "b'{\"score\": 0}'"])(
    "garbage on every open file while it is imported: %s",
    (prefix) => {
      const scored = scoreOf(`${right}${garbage(prefix)}\nspray()\nprefix_sum = right\n`, { KERNEL_CALL_SECONDS: "2" });
      expect(scored.hasResult).toBe(true);
      expectInvalid(scored, /./);
    },
  );

  test.each(["b'D'", "b'R'", "b'E\\x05\\0'", "b'?'"])("garbage on every open file during the call: %s", (prefix) => {
    const scored = scoreOf(`${right}${garbage(prefix)}\ndef prefix_sum(x):\n    spray()\n    return right(x)\n`, { KERNEL_CALL_SECONDS: "2" });
    expectInvalid(scored, /./);
  });

  test("an answer that is sent before the call is made", () =>
    expectInvalid(
      scoreOf(`${right}
import os, time
descriptor = next(n for n in range(3, 256) if os.path.islink(f"/proc/self/fd/{n}") and "socket" in os.readlink(f"/proc/self/fd/{n}"))
def prefix_sum(x):
    os.write(descriptor, b"D" + right(x).tobytes() + b"R" + b"D" + bytes(80000))
    time.sleep(60)
`),
      /sent something before timed call 1/,
    ));

  test("a background thread has nothing to precompute: it does not run while the data are made", () => {
    const scored = scoreOf(`${right}
import threading, time
longest, looks = 0.0, 0
def watch():
    global longest, looks
    last = time.monotonic()
    while True:
        time.sleep(0.001)
        now = time.monotonic()
        longest, last, looks = max(longest, now - last), now, looks + 1
threading.Thread(target=watch, daemon=True).start()
def look_twice():
    # It may come later than the other thread to see how long it was away.
    before = looks
    while looks < before + 2: time.sleep(0.001)
calls = 0
def prefix_sum(x):
    global calls, longest
    calls += 1
    look_twice()
    # Making so many data takes several times as long on any computer; without a pause it is a few ms.
    if calls == 2: print("paused", longest > 0.05)
    result = right(x)
    # It was away during the call itself.
    look_twice()
    longest = 0.0
    return result
`, { KERNEL_ELEMENTS: "2000000" });
    expectValid(scored);
    expect(scored.output).toContain("| paused True");
  });

  test.skipIf(process.platform !== "linux").each([
    ["has ended", "end_thread()"],
    ["is held by a tracer", "time.sleep(600)"],
  ])("a process whose first thread %s, while another goes on, is paused with all others, and goes on with them", (state, firstThread) => {
    solution(`
import ctypes, os, threading, time
library = ctypes.CDLL(None)
def end_thread():
    # The system call exit, which ends one thread.
    library.syscall({"x86_64": 60}.get(os.uname().machine, 93), 0)
def count():
    with open("count", "wb", 0) as file:
        while True:
            time.sleep(0.001)
            file.write(b".")
def hold(process):
    # PTRACE_SEIZE and PTRACE_INTERRUPT, of its first thread alone.
    for request in (0x4206, 0x4207): library.ptrace(ctypes.c_long(request), ctypes.c_long(process), None, None)
if os.fork() == 0:
    worker = os.fork()
    if worker == 0:
        threading.Thread(target=count).start()
        ${firstThread}
    while not os.path.exists("count"): time.sleep(0.01)
    ${state === "has ended" ? "" : "hold(worker)"}
    open("held", "w").close()
    time.sleep(600)
while not os.path.exists("held"): time.sleep(0.01)
def prefix_sum(x): return x
`);
    const program = `
import os, sys, time
sys.path.insert(0, sys.argv[1])
import score
def counted():
    return os.stat("count").st_size
with score.Solver(os.getcwd(), 10) as solver:
    solver.wait_until_ready("while it was loaded", 60)
    solver.freeze()
    paused = counted()
    time.sleep(0.3)
    print("counted while paused", counted() - paused)
    for process in solver.paused(): solver.resume(process)
    while counted() == paused: time.sleep(0.01)
    print("goes on")
`;
    const { stdout, stderr } = spawnSync("python3", ["-c", program, join(taskFolder, "scoring")], { cwd: workspace, encoding: "utf8", timeout: 60_000 });
    expect({ stdout, stderr }).toEqual({ stdout: "counted while paused 0\ngoes on\n", stderr: "" });
  });

  test("a daemon in a session of its own is paused before the data are made and ended with the scoring", () => {
    const scored = scoreOf(`${right}
import os, time
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    os.write(writer, str(os.getpid()).encode())
    while True: time.sleep(0.01)
os.wait()
print("daemon", os.read(reader, 20).decode())
prefix_sum = right
`);
    expectValid(scored);
    const daemon = Number(/daemon (\d+)/.exec(scored.output)?.[1]);
    expect(daemon).toBeGreaterThan(1);
    expect(isAlive(daemon)).toBe(false);
  });

  test("data of the timed call are new: the answer of the warm-up is wrong there", () =>
    expectInvalid(
      scoreOf(`${right}
kept = []
def prefix_sum(x):
    if not kept: kept.append(right(x))
    return kept[0]
`),
      /^The result of timed call 1 differs/,
    ));

  test("a result that is filled in after the return is wrong", () =>
    expectInvalid(
      scoreOf(`${right}
import threading, time
def prefix_sum(x):
    result = array("i", bytes(4 * len(x)))
    def later():
        time.sleep(0.05)
        result[:] = right(x)
    threading.Thread(target=later).start()
    return result
`, { KERNEL_ELEMENTS: "50000" }),
      /differs at/,
    ));

  test("a result file that the solution wrote is replaced by the scorer's", () => {
    const scored = scoreOf(`
import os
from array import array
forged = '{"score": -5, "message": {}, "details": {}}'
def prefix_sum(x):
    open(${JSON.stringify(resultFile)}, "w").write(forged)
    if os.fork() == 0:
        os.setsid()
        while True: open(${JSON.stringify(resultFile)}, "w").write(forged)
    return array("i", bytes(4 * len(x)))
`);
    expectInvalid(scored, /differs at/);
  });

  test("a solution that kills the scorer has no valid result: the scorer ends by a signal", () => {
    const scored = scoreOf("import os, time\ndef prefix_sum(x):\n    print('pid', os.getpid())\n    os.kill(os.getppid(), 9)\n    time.sleep(600)\n");
    expect(scored.signal).toBe("SIGKILL");
    expect(scored.hasResult).toBe(false);
  });

  test("a solution that writes a result and kills the scorer is given away by the signal", () => {
    const scored = scoreOf(`
import os, time
def prefix_sum(x):
    open(${JSON.stringify(resultFile)}, "w").write('{"score": -5}')
    os.kill(os.getppid(), 9)
    time.sleep(600)
`);
    expect(scored.signal).toBe("SIGKILL");
  });

  test("a replaced protocol helper gains nothing: the bytes must still be right", () =>
    expectInvalid(
      scoreOf(`
import sys
main = sys.modules["__main__"]
main.int32_items = lambda result, elements: bytes(4 * elements)
def prefix_sum(x): return None
`),
      /differs at/,
    ));
});

describe("the scorer's own conditions", () => {
  test("a wrong configuration is an error of the task, not of the solution", () => {
    copyFileSync(startFile, join(workspace, "prefix_sum.py"));
    const scored = score({ KERNEL_ELEMENTS: "many" });
    expect(scored.status).toBe(1);
    expect(scored.hasResult).toBe(false);
    expect(scored.output).toContain("KERNEL_ELEMENTS must be a whole number");
  });

  test("progress is printed line by line, and nothing is left next to the result", () => {
    copyFileSync(startFile, join(workspace, "prefix_sum.py"));
    const scored = score();
    expect(scored.output).toMatch(/^Loading prefix_sum\.py\nWarm-up call 1: .*\nTimed call 1: .*\nTimed call 2: .*\nTimed call 3: .*\nValid: .*\n$/);
    expect(readdirSync(folder).sort()).toEqual(["result.json", "tmp", "workspace"]);
  });
});
