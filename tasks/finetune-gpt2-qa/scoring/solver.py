"""Runs what belongs to a solution, apart from the scorer: the expert's account where there is one, limits, output, files.

The scorer never imports, unpickles or evaluates anything that a solution made. All it takes is bytes of limited length.
The same file lies in several tasks, so that each folder is whole by itself.

Environment:
    BASELINER_RESULT     the file that receives the result; without it the result is only printed
    BASELINER_SOLVER     JSON array of the words in front of a command that run it as the expert's account; where it is
                         given, this process belongs to another account, and the solution can neither read nor stop it
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time

try:
    import ctypes

    # Loaded before anything is started: between fork and exec, nothing may be imported.
    LIBRARY = ctypes.CDLL(None)
except (ImportError, OSError):
    LIBRARY = None

# PyTorch's threads wait for each other spinning, which on a machine that does other things too makes a training several times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

AS_EXPERT = json.loads(os.environ.get("BASELINER_SOLVER") or "[]")
SHOWN_OUTPUT_BYTES = 200_000
FILE_SECONDS = 60
# Under one account, programs that a solution puts elsewhere on the PATH are not taken for the system's.
TOOLS_PATH = os.environ.get("PATH", os.defpath) if AS_EXPERT else os.defpath


class Invalid(Exception):
    """The solution has no score; the text says why, in one sentence for the expert."""


class Unable(Exception):
    """Nothing can be scored, for a reason outside the solution; the text says what is missing and what to do."""


def report(measure):
    """Calls `measure(details)`, which returns score and message, and writes the result whatever comes of it."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("The scoring was stopped."))
    try:
        write_result(outcome(measure))
    except BaseException:
        # What lies there now, the solution wrote.
        with contextlib.suppress(KeyError, OSError):
            os.unlink(os.environ["BASELINER_RESULT"])
        raise


def outcome(measure):
    """What `measure(details)` comes to, by the scoring contract."""
    details = {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}
    score = None
    try:
        score, message = measure(details)
        score = round(score, 6)
        say("Valid.")
    except Invalid as reason:
        message = {"error": str(reason)}
        say(f"Invalid: {reason}")
    except Unable as reason:
        message = {"error": f"Not scored, and not the solution's fault: {reason}"}
        details["environment"] = str(reason)
        say(message["error"])
    return {"score": score, "message": message, "details": details}


class Solver:
    """A folder of the solution's account outside the workspace, and the processes that run there for a while."""

    def __init__(self, hidden=()):
        self.workspace = os.getcwd()
        self.hidden = ("BASELINER_", "PYTHON", "LD_PRELOAD", "LD_AUDIT", "DYLD_", *hidden)
        self.process = None
        self.folders = []

    def __enter__(self):
        shield_this_process()
        self.change_folder()
        return self

    def __exit__(self, *_):
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.as_expert(["rm", "-rf", "--", *self.folders])

    def change_folder(self):
        """From now on, files are put into a new folder, in which nobody has put anything."""
        made = self.as_expert(["mktemp", "-d", "/tmp/solution-XXXXXXXXXX"])
        self.folder = made.stdout.decode().strip()
        if made.returncode != 0 or not self.folder.startswith("/tmp/"):
            raise Unable("no temporary folder could be made in /tmp; is the disk full?")
        self.folders.append(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, content):
        """Writes a file that the solution can read."""
        if self.as_expert(["sh", "-c", 'cat > "$0"', self.path(name)], content).returncode != 0:
            raise Unable(f"{name} could not be written to /tmp; is the disk full?")

    def read(self, path, limit, name=None):
        """At most `limit` bytes of a plain file, read as the expert: a link may lead anywhere. None if there is none."""
        path = os.path.join(self.workspace, path)
        try:
            read = self.as_expert(["sh", "-c", f'[ -f "$0" ] && head -c {limit + 1} -- "$0"', path])
        except subprocess.TimeoutExpired:
            raise Invalid(f"{name or os.path.basename(path)} could not be read within {FILE_SECONDS} s.") from None
        if read.returncode != 0:
            return None
        if len(read.stdout) > limit:
            raise Invalid(f"{name or os.path.basename(path)} is larger than {limit} bytes.")
        return read.stdout

    def as_expert(self, words, content=b"", seconds=FILE_SECONDS):
        """Runs a program of the system, or an absolute path, as the expert's account."""
        return subprocess.run(
            AS_EXPERT + words, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=self.workspace, env=self.environment_of_tools(), timeout=seconds, preexec_fn=before_start(),
        )

    def start(self, words, channel=None):
        """Starts Python of the solution's side in the workspace; `channel` becomes its stdin."""
        self.last_line = ""
        self.process = subprocess.Popen(
            AS_EXPERT + [sys.executable, "-B", "-u", *words],
            cwd=self.workspace,
            env=self.environment(),
            stdin=subprocess.DEVNULL if channel is None else channel,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=before_start(),
        )
        self.output = threading.Thread(target=self.show_output, args=(self.process.stdout,), daemon=True)
        self.output.start()

    def run(self, words, seconds, what):
        """Runs Python of the solution's side to its end; returns its wall time in s, raises Invalid.

        The time goes on until all that it started has ended: what is left to a daemon counts as well. The processor time of
        all that was waited for is then in processor_seconds: where it is much less, the computer was busy with something else.
        """
        used_before = processor_seconds_of_children()
        started = time.perf_counter()
        self.start(words)
        try:
            status = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Invalid(f"{what} took longer than {seconds} s.") from None
        finally:
            all_ended = self.kill()
        elapsed = time.perf_counter() - started
        self.processor_seconds = round(processor_seconds_of_children() - used_before, 2)
        if not all_ended:
            raise Invalid(f"{what} left processes that multiply faster than they can be ended.")
        if status != 0:
            raise Invalid(f"{what} {self.ending(status)}.")
        return elapsed

    def ending(self, status):
        end = f"was ended by {signal_name(-status)}" if status < 0 else f"ended with status {status}"
        return f"{end}: {self.last_line[:500].rstrip('.')}" if self.last_line else end

    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(self.hidden)}
        return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}

    def environment_of_tools(self):
        """Nor are libraries of the system taken from elsewhere."""
        return {**{name: value for name, value in self.environment().items() if not name.startswith("LD_")}, "PATH": TOOLS_PATH}

    def show_output(self, stream):
        """Passes on what the solution prints, marked line by line, up to a limit; reads on so that nobody waits."""
        shown = 0
        for line in iter(lambda: stream.readline(4096), b""):
            text = printable(line.rstrip(b"\r\n"))
            self.last_line = text.strip() or self.last_line
            if shown <= SHOWN_OUTPUT_BYTES:
                say("  | " + text)
                shown += len(line)
                if shown > SHOWN_OUTPUT_BYTES:
                    say("  | (further output is not shown)")

    def kill(self):
        """Ends all that was started, those included that left the group; returns whether nothing is left."""
        if self.process is None:
            return True
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        all_ended = False
        while time.monotonic() < deadline:
            self.process.poll()
            remaining = descendants()
            kill_as_expert([process for process, state in remaining if state != "Z"])
            for process, state in remaining:
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)
                # Orphans of the solution are children of this process; the process itself is reaped by poll().
                if state == "Z" and process != self.process.pid:
                    with contextlib.suppress(OSError):
                        os.waitpid(process, os.WNOHANG)
            if not remaining:
                all_ended = True
                break
            time.sleep(0.005)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=2)
        self.output.join(timeout=2)
        return all_ended


class Channel:
    """JSON lines to and from a process of the solution, over a socket that is its stdin."""

    LONGEST_LINE_BYTES = 1_000_000

    def __init__(self):
        self.socket, self.theirs = socket.socketpair()
        self.received = b""

    def send(self, value):
        self.socket.sendall(json.dumps(value).encode() + b"\n")

    def receive(self, deadline):
        """The next value; raises socket.timeout, ConnectionError, or ValueError for what is no line of JSON."""
        while b"\n" not in self.received:
            if len(self.received) > self.LONGEST_LINE_BYTES:
                raise ValueError("a line is too long")
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the other end is closed")
            self.received += more
        line, _, self.received = self.received.partition(b"\n")
        return json.loads(line)


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


def kill_as_expert(processes):
    """The expert's processes can be ended by the expert's account alone."""
    if AS_EXPERT and processes:
        words = ["/bin/sh", "-c", 'kill -s KILL -- "$@"', "sh", *map(str, processes)]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(AS_EXPERT + words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=2)


def keep_modules(folder, *names):
    """Modules of this folder are imported as they are now, however late: what a solution writes there meanwhile does not count.
    No others are imported from there any more."""

    class Kept:
        sources = {}

        def find_spec(self, name, path=None, target=None):
            return importlib.util.spec_from_loader(name, self) if name in self.sources else None

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            exec(compile(self.sources[module.__name__], os.path.join(folder, f"{module.__name__}.py"), "exec"), module.__dict__)

    for name in names:
        with open(os.path.join(folder, f"{name}.py"), "rb") as file:
            Kept.sources[name] = file.read()
    sys.meta_path.insert(0, Kept())
    sys.path[:] = [path for path in sys.path if path != folder]


def shield_this_process():
    """Linux: keeps processes of the same account (unless it is root) from reading this one's memory and files, and
    makes orphaned descendants children of this process, so that a daemon cannot slip away."""
    set_dumpable, set_child_subreaper = 4, 36
    with contextlib.suppress(AttributeError):
        LIBRARY.prctl(set_dumpable, 0, 0, 0, 0)
        LIBRARY.prctl(set_child_subreaper, 1, 0, 0, 0)


def before_start():
    """What a process does right before it becomes one of the solution's; another account lacks these rights as it is."""
    return None if AS_EXPERT else give_up_tracing


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


def processor_seconds_of_children():
    used = os.times()
    return used.children_user + used.children_system


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def whole_number(name, least, most):
    """A setting from the environment, which the profile in task.json gives."""
    text = os.environ.get(name, "")
    if not text.isdecimal() or not least <= int(text) <= most:
        sys.exit(f"{name} must be a whole number from {least} to {most}.")
    return int(text)


def printable(raw):
    """Text of bytes that the solution wrote, without control characters."""
    text = raw.decode("utf-8", "replace").expandtabs(4)
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def say(line):
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)


def write_result(result):
    text = json.dumps(result, allow_nan=False)
    path = os.environ.get("BASELINER_RESULT")
    if not path:
        say(text)
        return
    partial = f"{path}.{os.getpid()}.partial"
    with open(partial, "w", encoding="utf-8") as file:
        file.write(text)
    # Renamed when it is whole: a reader sees all of the result or none of it.
    os.replace(partial, path)
