"""Scores a solution of "Optimize a Kernel": the natural logarithm of the milliseconds that one call takes, the middle one of three.

The solution runs in a process of its own (solver_process.py). This process makes the data, holds the only clock that
counts, and compares the results; it never imports, unpickles or evaluates anything that the solution made. All that it
takes from the solution is raw bytes of a length that it knows beforehand.

Run it in the workspace folder as `python3 -I -S score.py`: the two options keep files of the workspace, packages that
were installed later and PYTHON* variables out of this process.

Environment:
    BASELINER_RESULT     the file that receives the result; without it the result is only printed
    BASELINER_SOLVER     JSON array of the words in front of a command that run it as the expert's account; where it is
                         given, this process belongs to another account, and the solution can neither read nor stop it
    KERNEL_ELEMENTS      length of the vector
    KERNEL_CALL_SECONDS  limit of one call, 20 unless given
    KERNEL_DEVICE        cuda where the vector is a tensor of PyTorch on a GPU (tensors.py); a buffer in main memory unless given
    KERNEL_GPUS, KERNEL_GPU_MODEL   how many GPUs are needed then, and a part of their name
"""

import contextlib
import gc
import glob
import hashlib
import json
import math
import operator
import os
import platform
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from itertools import accumulate, compress, count, repeat

try:
    import ctypes

    # Loaded before anything is started: between fork and exec, nothing may be imported.
    LIBRARY = ctypes.CDLL(None)
except (ImportError, OSError):
    LIBRARY = None

SOLUTION = "prefix_sum.py"
WARM_UP_CALLS = 1
# The middle one of so many counts: a lucky call does not, and neither does one that was disturbed.
TIMED_CALLS = 3
CALLS = [*(f"warm-up call {number}" for number in range(1, WARM_UP_CALLS + 1)), *(f"timed call {number}" for number in range(1, TIMED_CALLS + 1))]
LOADING_SECONDS = 120
LARGEST_VECTOR = 50_000_000
SHOWN_OUTPUT_BYTES = 200_000
LONGEST_SENTENCE_BYTES = 2000
LARGEST_SOLUTION_BYTES = 10_000_000
SOCKET_BUFFER_BYTES = 1 << 20
AS_EXPERT = json.loads(os.environ.get("BASELINER_SOLVER") or "[]")


class Invalid(Exception):
    """The solution has no score; the text says why, in one sentence for the expert."""


class Unable(Exception):
    """Nothing can be scored, for a reason outside the solution; the text says what is missing and what to do."""


def main():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("The scoring was stopped."))
    try:
        write_result(outcome())
    except BaseException:
        # What lies there now, the solution wrote.
        with contextlib.suppress(KeyError, OSError):
            os.unlink(os.environ["BASELINER_RESULT"])
        raise


def outcome():
    """What a scoring comes to, by the scoring contract."""
    details = {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}
    try:
        if os.environ.get("KERNEL_DEVICE"):
            import tensors

            milliseconds, elements = tensors.measure(os.getcwd(), details)
        else:
            milliseconds, elements = measure(os.getcwd(), details)
        score = round(math.log(milliseconds), 6)
        message = {"milliseconds": milliseconds, "elements": elements}
        say(f"Valid: {milliseconds:.3f} ms, score {score:.4f}")
    except Invalid as reason:
        score = None
        message = {"error": str(reason)}
        say(f"Invalid: {reason}")
    except Unable as reason:
        score = None
        message = {"error": f"Not scored, and not the solution's fault: {reason}"}
        details["environment"] = str(reason)
        say(message["error"])
    return {"score": score, "message": message, "details": details}


def measure(workspace, details):
    """Returns the milliseconds of a timed call and the number of elements; raises Invalid."""
    elements = whole_number("KERNEL_ELEMENTS", None, 1, LARGEST_VECTOR)
    call_seconds = whole_number("KERNEL_CALL_SECONDS", 20, 1, 3600)
    details["sha256"] = fingerprint_of_solution(workspace)

    with Solver(workspace, elements) as solver:
        say(f"Loading {SOLUTION}")
        solver.wait_until_ready("while it was loaded", LOADING_SECONDS)
        for number, name in enumerate(CALLS):
            if number > 0:
                solver.wait_until_ready(f"after {CALLS[number - 1]}", call_seconds)
            details.setdefault("milliseconds", []).append(checked_call(solver, name, elements, call_seconds))
        details["processesAtTheEnd"] = len(solver.processes())
    return middle_of_timed(details["milliseconds"]), elements


def middle_of_timed(milliseconds):
    """Of the times of all calls, in milliseconds."""
    timed = sorted(milliseconds[WARM_UP_CALLS:])
    return timed[len(timed) // 2]


def checked_call(solver, name, elements, call_seconds):
    """One call on fresh data; returns its milliseconds, raises Invalid if any element is wrong."""
    # Whatever the solution left running must not see the data, by whatever way, before the clock runs.
    solver.freeze()
    data = random_vector(elements)
    result = bytearray(4 * elements)
    milliseconds = solver.timed_call(data, result, name, call_seconds)
    compare(expected_result(data), array_of_bytes(result), name)
    say(f"{name[0].upper()}{name[1:]}: {milliseconds:.3f} ms, every element is right")
    return milliseconds


def random_vector(elements):
    """int32[elements], uniform in -32768..32767, from the system's randomness: there is no seed to guess."""
    return array("i", array("h", os.urandom(2 * elements)))


def expected_result(data):
    """int32[elements]: the definition, as a chain of iterators."""
    is_positive = map(operator.gt, data, repeat(0))
    odd_before = accumulate(is_positive, operator.xor, initial=False)
    return array("i", accumulate(map(operator.mul, data, odd_before)))


def compare(expected, result, name):
    if expected == result:
        return
    differs = list(map(operator.ne, expected, result))
    first = next(compress(count(), differs))
    raise Invalid(
        f"The result of {name} differs at {sum(differs)} of {len(expected)} places, first at index {first}"
        f" (expected {expected[first]}, got {result[first]})."
    )


def array_of_bytes(raw):
    values = array("i")
    values.frombytes(raw)
    return values


class Solver:
    """The process of the solution, and everything it starts.

    What comes over the socket, from the solver: `R` ready for a call; `D` done, followed by the int32 items of the
    result; `E` failed, followed by a 16-bit length and a sentence. To the solver: the int32 items of the vector.
    The socket is its stdin, which it moves elsewhere at once: other open files do not pass through sudo. Socket and
    output pipe are its only open files, so what it prints cannot be taken for an answer.
    """

    def __init__(self, workspace, *words, script="solver_process.py"):
        self.workspace = workspace
        self.words = [str(word) for word in words]
        self.script = script

    def __enter__(self):
        shield_this_process()
        # Nothing is imported from this folder any more: the solution may be able to write there.
        sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]
        self.scratch = tempfile.mkdtemp(prefix="kernel-")
        self.socket, theirs = socket.socketpair()
        for end in (self.socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), self.script)
        command = AS_EXPERT + [sys.executable, "-B", "-u", "-X", "faulthandler", script]
        self.process = subprocess.Popen(
            command + [self.workspace, *self.words],
            cwd=self.workspace,
            env=environment_of_solver(self.scratch),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=None if AS_EXPERT else give_up_tracing,
        )
        theirs.close()
        self.output = threading.Thread(target=show_output, args=(self.process.stdout,), daemon=True)
        self.output.start()
        return self

    def __exit__(self, *_):
        # In this order: a solver that saw its channel close would print what it makes of that.
        self.kill()
        self.socket.close()
        self.output.join(timeout=2)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def resume(self, process):
        send_signal(process, signal.SIGCONT)

    def wait_until_ready(self, when, seconds):
        deadline = time.monotonic() + seconds
        with self.explained(when, seconds):
            self.expect(b"R", deadline)

    def timed_call(self, data, result, name, seconds):
        """Sends `data`, fills `result` with the raw answer, and returns the milliseconds between the two."""
        if self.has_unread_answer():
            raise Invalid(f"The solution's process sent something before {name} was made.")
        outgoing, incoming = memoryview(data).cast("B"), memoryview(result)
        paused = self.paused()
        gc.collect()
        gc.disable()
        with self.explained(f"in {name}", seconds):
            started = time.perf_counter_ns()
            deadline = time.monotonic() + seconds
            for process in paused:
                send_signal(process, signal.SIGCONT)
            self.socket.settimeout(seconds)
            self.socket.sendall(outgoing)
            self.expect(b"D", deadline)
            self.receive_into(incoming, deadline)
            finished = time.perf_counter_ns()
        gc.enable()
        return round((finished - started) / 1e6, 3)

    def expect(self, wanted, deadline):
        kind = self.receive(1, deadline)
        if kind == b"E":
            (length,) = struct.unpack("<H", self.receive(2, deadline))
            if length <= LONGEST_SENTENCE_BYTES:
                raise Invalid(printable(self.receive(length, deadline)))
        if kind != wanted:
            raise Invalid("The solution's process wrote to the scorer's channel; only the returned value may go there.")

    def receive(self, size, deadline):
        received = bytearray(size)
        self.receive_into(memoryview(received), deadline)
        return bytes(received)

    def receive_into(self, view, deadline):
        while view:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            size = self.socket.recv_into(view)
            if size == 0:
                raise ConnectionError("the other end is closed")
            view = view[size:]

    def has_unread_answer(self):
        self.socket.setblocking(False)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) != b""
        except OSError:
            return False

    @contextlib.contextmanager
    def explained(self, when, seconds):
        """Turns what may go wrong with the channel into the sentence that the expert sees."""
        try:
            yield
        except socket.timeout:
            raise Invalid(f"No complete result {when} within {seconds} s.") from None
        except OSError:
            raise Invalid(f"The solution's process {self.ending()} {when}.") from None

    def ending(self):
        try:
            status = self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return "closed the scorer's channel"
        if status < 0:
            return f"was ended by {signal_name(-status)}"
        return f"exited with status {status}"

    def processes(self):
        """Process ids of the solver and its descendants; where there is no /proc, of the solver alone."""
        return [process for process, _ in descendants()] or [self.process.pid]

    def paused(self):
        """What freeze() stopped."""
        return [] if AS_EXPERT else self.processes()

    def freeze(self):
        """Stops all processes of the solution and returns when none of them runs any more."""
        if AS_EXPERT:
            # Another account's processes can see nothing of this one's, stopped or not.
            return
        if not os.path.isdir("/proc/self"):
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGSTOP)
            return
        deadline = time.monotonic() + 5
        while True:
            running = [process for process, _ in descendants() if any(state not in "TtZX" for state in states_of_threads(process))]
            if not running:
                return
            if time.monotonic() > deadline:
                raise Invalid("The solution's processes could not be paused before the call.")
            for process in running:
                send_signal(process, signal.SIGSTOP)
            time.sleep(0.001)

    def kill(self):
        """Ends the solver's group and all descendants, those included that left the group."""
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            self.process.poll()
            remaining = descendants()
            kill_as_expert([process for process, state in remaining if state != "Z"])
            for process, state in remaining:
                send_signal(process, signal.SIGKILL)
                # Orphans of the solution are children of this process; the solver itself is reaped by poll().
                if state == "Z" and process != self.process.pid:
                    with contextlib.suppress(OSError):
                        os.waitpid(process, os.WNOHANG)
            if not remaining:
                break
            time.sleep(0.005)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=2)


def descendants():
    """[(process id, state letter)] of every process below this one; empty where there is no /proc."""
    children = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:
                # The name of the program comes before these fields, in brackets, and may contain anything.
                fields = file.read().rpartition(b")")[2].split()
                state, parent, threads = fields[0].decode(), int(fields[1]), int(fields[17])
                # What has ended its first thread looks like a zombie while its others go on.
                children.setdefault(parent, []).append((int(name), "R" if state in "ZX" and threads > 1 else state))
    found = []
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += [process for process, _ in below]
    return found


def states_of_threads(process):
    """State letters of a process's threads: where one is stopped or has ended, the others may go on."""
    states = []
    for thread in glob.iglob(f"/proc/{process}/task/*/stat"):
        with contextlib.suppress(OSError), open(thread, "rb") as file:
            states.append(file.read().rpartition(b")")[2].split()[0].decode())
    return states


def send_signal(process, number):
    with contextlib.suppress(OSError):
        os.kill(process, number)


def kill_as_expert(processes):
    """The expert's processes can be ended by the expert's account alone."""
    if AS_EXPERT and processes:
        words = ["/bin/sh", "-c", 'kill -s KILL -- "$@"', "sh", *map(str, processes)]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(AS_EXPERT + words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=2)


def shield_this_process():
    """Linux: keeps processes of the same account (unless it is root) from reading this one's memory and files, and
    makes orphaned descendants children of this process, so that a daemon cannot slip away."""
    set_dumpable, set_child_subreaper = 4, 36
    with contextlib.suppress(AttributeError):
        LIBRARY.prctl(set_dumpable, 0, 0, 0, 0)
        LIBRARY.prctl(set_child_subreaper, 1, 0, 0, 0)


def give_up_tracing():
    """Linux: what is started now can never trace or read processes that shielded themselves, listen to what they send, or set
    the clock, root or not."""
    drop_from_bounding_set, do_without_new_rights = 24, 38
    # By their names in capabilities(7): NET_ADMIN, NET_RAW, SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_ADMIN, SYS_TIME, PERFMON, BPF and CHECKPOINT_RESTORE.
    capabilities = (12, 13, 16, 17, 19, 21, 25, 38, 39, 40)
    with contextlib.suppress(AttributeError):
        for capability in capabilities:
            LIBRARY.prctl(drop_from_bounding_set, capability, 0, 0, 0)
        LIBRARY.prctl(do_without_new_rights, 1, 0, 0, 0)


def environment_of_solver(scratch):
    """This process's environment without what would tell the solver about the scoring or change how it is started."""
    hidden = ("BASELINER_", "KERNEL_", "PYTHON", "LD_PRELOAD", "LD_AUDIT", "DYLD_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return {**kept, "TMPDIR": scratch, "PYTHONDONTWRITEBYTECODE": "1"}


def show_output(stream):
    """Passes on what the solution prints, marked line by line, up to a limit; reads on after it so that nobody waits."""
    shown = 0
    for line in iter(lambda: stream.readline(4096), b""):
        if shown <= SHOWN_OUTPUT_BYTES:
            say("  | " + printable(line.rstrip(b"\r\n")))
            shown += len(line)
            if shown > SHOWN_OUTPUT_BYTES:
                say("  | (further output is not shown)")


def printable(raw):
    """Text of bytes that the solution wrote, without control characters."""
    text = raw.decode("utf-8", "replace").expandtabs(4)
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def fingerprint_of_solution(workspace):
    """SHA-256 of the solution, read as the expert's account where this is another: a link in the workspace may lead anywhere."""
    path = os.path.join(workspace, SOLUTION)
    try:
        if AS_EXPERT:
            words = ["/bin/sh", "-c", f'[ -f "$0" ] && head -c {LARGEST_SOLUTION_BYTES} -- "$0"', path]
            read = subprocess.run(AS_EXPERT + words, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
            return hashlib.sha256(read.stdout).hexdigest()
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except (OSError, subprocess.SubprocessError):
        raise Invalid(f"There is no readable file {SOLUTION} in the workspace.") from None


def whole_number(name, default, least, most):
    text = os.environ.get(name, default)
    try:
        value = int(text)
    except (TypeError, ValueError):
        value = None
    if value is None or not least <= value <= most:
        sys.exit(f"{name} must be a whole number from {least} to {most}.")
    return value


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def say(line):
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)


def write_result(result):
    text = json.dumps(result)
    path = os.environ.get("BASELINER_RESULT")
    if not path:
        say(text)
        return
    partial = f"{path}.{os.getpid()}.partial"
    with open(partial, "w", encoding="utf-8") as file:
        file.write(text)
    # Renamed when it is whole: a reader sees all of the result or none of it.
    os.replace(partial, path)


if __name__ == "__main__":
    # Others of its files take what is in it by this name.
    sys.modules["score"] = sys.modules["__main__"]
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
