"""Scores a solution of "Scaffolding for Rust Codecontests": the fraction of held-out problems that its programs solve.

The solution runs in a process of its own and gets the problems without their tests. It reaches the model through this
process alone, which holds the key, names the model and counts the calls. Its programs are compiled and run as the expert's
account; their output is compared here.

Run it in the workspace folder as `python3 -I -S score.py`.

Environment, besides what solver.py names:
    RUST_PROBLEMS, RUST_CALLS, RUST_SECONDS   how many problems, calls of the model for each, and seconds for all (from the profile)
    RUST_PROBLEM_FILE   file of held-out problems in protected/; empty: they are made anew for every scoring
    RUST_MODEL_URL, RUST_MODEL, RUST_MODEL_KEY   the endpoint (ends in /v1), the model and the key; `weak` as URL: weak_model.py
"""

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import problems
import weak_model
from endpoint import Endpoint, Refused
from solver import Channel, Invalid, Solver, Unable, keep_modules, printable, report, say, sha256, whole_number

HERE = os.path.dirname(os.path.abspath(__file__))
AT_A_TIME = 8
CALL_SECONDS = 60
TEST_SECONDS = 3
STARTING_SECONDS = 4
COMPILE_SECONDS = 30
MEMORY_KILOBYTES = 4_000_000
LARGEST_PROGRAM = 200_000
LARGEST_OUTPUT = 1_000_000
# Where time runs out while the endpoint has been at one call for so long, it is the endpoint that is too slow.
SLOW_CALL_SECONDS = 20


def measure(details):
    keep_modules(HERE)
    held_out = held_out_problems()
    endpoint = model_endpoint(details)
    with Solver(hidden=("RUST_", "OPENAI_", "ANTHROPIC_")) as solver:
        compiler = compiler_of(solver, details)
        source = solver.read("scaffold.py", 10_000_000)
        if source is None:
            raise Invalid("There is no readable file scaffold.py in the workspace.")
        details["sha256"] = sha256(source)
        programs, failures, answers, calls = generate(solver, endpoint, held_out)
        if len(failures) == len(held_out):
            raise Invalid(f"generate_solution failed for every problem, first with: {plain(failures[0])}.")
        say(f"{len(programs)} programs came back; compiling and testing them")
        solver.change_folder()
        with ThreadPoolExecutor(2) as pool:
            verdicts = list(pool.map(lambda item: verdict(solver, compiler, held_out[item[0]], *item), sorted(programs.items())))
    details["linesOfNoAnswer"] = {held_out[number]["name"]: lines for number, code in sorted(programs.items()) if (lines := lines_of_no_answer(code, answers)) > 0}
    details["verdicts"] = {held_out[number]["name"]: text for (number, _), text in zip(sorted(programs.items()), verdicts)}
    solved = verdicts.count("solved")
    return solved / len(held_out), {
        "solved": solved,
        "problems": len(held_out),
        "compiled": sum(text != "does not compile" for text in verdicts),
        "exceptions": len(failures),
        "calls": calls,
    }


def held_out_problems():
    number = whole_number("RUST_PROBLEMS", 1, 10_000)
    name = os.environ.get("RUST_PROBLEM_FILE", "")
    if not name:
        return problems.fresh(number)
    try:
        return problems.load(os.path.join(HERE, "..", "protected", name))[:number]
    except (OSError, ValueError):
        raise Unable(f"the held-out problems (protected/{name}) are not here: the author makes them with prepare_h100.py and keeps them; score on a box that the task was provisioned on.") from None


def model_endpoint(details):
    url, model, key = (os.environ.get(name, "") for name in ("RUST_MODEL_URL", "RUST_MODEL", "RUST_MODEL_KEY"))
    if not url:
        raise Unable("no model endpoint is named; set RUST_MODEL_URL (ending in /v1), RUST_MODEL and, where needed, RUST_MODEL_KEY for the scoring.")
    if url == "weak":
        # With a key, so that a solution that finds the port cannot make calls that nobody counts.
        key = os.urandom(16).hex()
        url, model = f"http://127.0.0.1:{weak_model.serve(key=key).server_address[1]}/v1", weak_model.NAME
    details["model"] = model
    return Endpoint(url, model, key, CALL_SECONDS)


def compiler_of(solver, details):
    """The words that compile a program, found before anything of the solution runs; raises Unable where none can be compiled."""
    rustc, linker = in_path(solver, "rustc"), in_path(solver, "cc")
    if rustc is None:
        raise Unable("the Rust compiler is missing: rustc is not on the PATH of the expert's account; install Rust there.")
    if in_path(solver, "cargo") is None:
        raise Unable("cargo, which solutions may use, is missing: it is not on the PATH of the expert's account; install it there.")
    # What is on the PATH may choose a compiler by files of the expert's.
    chosen = os.path.join(printed_by(solver, [rustc, "--print", "sysroot"]), "bin", "rustc")
    words = [chosen if os.path.isabs(chosen) and os.path.exists(chosen) else rustc, *(["-C", f"linker={linker}"] if linker else [])]
    details["rustc"] = printed_by(solver, [rustc, "--version"])
    if compiled(solver, words, "empty", "fn main() {}") is None:
        raise Unable(f"the Rust compiler does not work: {rustc} cannot compile an empty program; a linker (cc) and timeout are needed as well.")
    return words


def in_path(solver, program):
    """Where the expert's account finds a program; None if nowhere."""
    path = printed_by(solver, ["sh", "-c", 'PATH="$1"; command -v "$0"', program, os.environ.get("PATH", "")])
    return path if os.path.isabs(path) else None


def printed_by(solver, words):
    return solver.as_expert(words).stdout.decode("utf-8", "replace").strip()


def generate(solver, endpoint, held_out):
    """Runs the solution; returns its programs by problem, the sentences of its exceptions, the model's answers, and the number of calls."""
    seconds, most_calls = whole_number("RUST_SECONDS", 1, 36_000), whole_number("RUST_CALLS", 1, 1000) * len(held_out)
    channel, lock, unable, refused, answers = Channel(), threading.Lock(), [], [], []
    solver.start([os.path.join(HERE, "solver_process.py")], channel.theirs)
    channel.theirs.close()
    programs, failures, calls, asked = {}, {}, 0, {}
    deadline = time.monotonic() + seconds

    def send(value):
        with lock:
            try:
                channel.socket.settimeout(10)
                channel.send(value)
            except OSError:
                pass

    def call(request):
        try:
            asked[request["call"]] = time.monotonic()
            text = endpoint.chat(request["messages"], request["temperature"])
            asked.pop(request["call"], None)
            answers.append(text)
            send({"call": request["call"], "text": text})
        except Refused as reason:
            # A prompt that is too long, say: a matter between the solution and the model.
            asked.pop(request["call"], None)
            refused.append(reason)
            send({"call": request["call"], "refused": reason.reason})
        except Unable as reason:
            unable.append(reason)
            channel.socket.shutdown(socket.SHUT_RDWR)

    def close_when_it_ends():
        # What it left behind may hold the other end open for ever.
        solver.process.wait()
        time.sleep(0.5)
        try:
            channel.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    threading.Thread(target=close_when_it_ends, daemon=True).start()
    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        send({"problems": [problems.stripped(problem) for problem in held_out], "semaphore": AT_A_TIME})
        while len(programs) + len(failures) < len(held_out):
            said = channel.receive(deadline)
            if "unusable" in said:
                raise Invalid(f"scaffold.py cannot be used: {plain(said['unusable'])}.")
            if "call" in said:
                calls += 1
                if calls > most_calls:
                    raise Invalid(f"The solution called the model more than {most_calls} times.")
                # Only these fields of a call count: a model that is named in it is not asked.
                pool.submit(call, {"call": int(said["call"]), "messages": messages_of(said), "temperature": float(said["temperature"])})
            elif type(said["problem"]) is not int:
                raise TypeError
            elif said["problem"] not in programs and said["problem"] not in failures and said["problem"] in range(len(held_out)):
                if "failed" in said:
                    failures[said["problem"]] = str(said["failed"])
                else:
                    programs[said["problem"]] = str(said["code"])[:LARGEST_PROGRAM]
    except socket.timeout:
        slowest = time.monotonic() - min(list(asked.values()), default=time.monotonic())
        if slowest > min(SLOW_CALL_SECONDS, seconds / 2):
            raise Unable(f"the model endpoint {endpoint.url} has been at a call for {slowest:.0f} s and time ran out; check it and score again.") from None
        raise Invalid(f"The solution took longer than {seconds} s for {len(held_out)} problems.") from None
    except OSError:
        if not unable:
            status = solver.process.wait(timeout=5)
            raise Invalid(f"The solution's process {solver.ending(status)}.") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Invalid("The solution's process wrote to the scorer's channel; only calls and returned programs may go there.") from None
    finally:
        solver.kill()
        pool.shutdown(wait=False)
    if unable:
        raise unable[0]
    if refused and not answers:
        # No single call was taken: a model that the endpoint does not have, say.
        raise refused[0]
    return programs, list(failures.values()), answers, calls


def plain(said):
    """What the solution says of itself, fit to be shown."""
    return printable(str(said).encode("utf-8", "replace"))


def messages_of(said):
    """The messages of a call, as role and content and nothing else."""
    return [{"role": str(message["role"]), "content": str(message["content"])} for message in said["messages"]]


def lines_of_no_answer(code, answers):
    """How many lines of a program the model never wrote in this scoring, for a reader to look at."""
    written = {line.strip() for answer in answers for line in answer.splitlines()}
    return sum(bool(line.strip()) and line.strip() not in written for line in code.splitlines())


def compiled(solver, compiler, name, code):
    """The path of the compiled program; None where it cannot be compiled."""
    source, program = solver.path(f"{name}.rs"), solver.path(f"{name}.out")
    solver.put(f"{name}.rs", code.encode("utf-8", "replace"))
    # Not in the workspace: a file there may name another compiler.
    words = ["sh", "-c", f'cd / && ulimit -v {MEMORY_KILOBYTES} && exec "$@"', "sh", "timeout", "-s", "KILL", str(COMPILE_SECONDS), *compiler, "--edition", "2021", "-O", "-C", "debuginfo=0", "-o", program, source]
    return program if solver.as_expert(words).returncode == 0 else None


def verdict(solver, compiler, problem, number, code):
    """Compiles a program and runs it on all tests; each in a process of the expert's account."""
    program = compiled(solver, compiler, number, code)
    if program is None:
        return "does not compile"
    limited = f'ulimit -v {MEMORY_KILOBYTES}; timeout -s KILL {TEST_SECONDS} "$0" | head -c {LARGEST_OUTPUT}'
    for given, expected in problem["tests"]:
        try:
            # The output ends with the last process that can write it: one that left the group which `timeout` ends counts as well.
            printed = solver.as_expert(["sh", "-c", limited, program], given.encode(), TEST_SECONDS + STARTING_SECONDS).stdout
        except (subprocess.TimeoutExpired, OSError):
            return "too slow"
        if printed.split() != expected.encode().split():
            return "wrong on a test"
    return "solved"


if __name__ == "__main__":
    report(measure)
    # A call that still waits for the endpoint must not keep this process.
    os._exit(0)
