import { runFiles } from "../run-record";
import { roomForRecord, runScriptStatus, startWithin } from "./run-scripts";

/** What is fixed when a task is put on a box, so that nobody who starts a run has a say in it. */
export interface ProtectedRuns {
  /** Absolute path of a Python of 3.8 or later. */
  readonly python: string;
  /** Absolute path of sudo. */
  readonly sudo: string;
  /** Absolute path of the task's folder on the box; `workspace/`, `runs/` and `private/` lie in it. */
  readonly root: string;
  readonly scorer: string;
  readonly expert: string;
  /** Where programs are looked for, whatever the caller's PATH says. */
  readonly path: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly outputLimitBytes: number;
  /** Environment variables that tell the command where its result goes, and how to run a program as the expert. */
  readonly variables: { readonly result: string; readonly solver: string };
  /** A result over this size is not taken, in bytes. */
  readonly resultLimitBytes: number;
  /**
   * Whether the expert may not know scores: what the command prints and its result then stay in `private/`, and the expert's copy of the
   * result says only whether there is a score, and commits it.
   */
  readonly hidesScores: boolean;
}

/** Where the system's programs are, whatever anyone's PATH says. */
export const protectedPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The one program that the expert may run as the scorer: `ENTRY start|state|cancel RUN`. Called by anyone else, it calls
 * itself again through sudo. It keeps the run folder of
 * run-record.ts, which the expert can read, and what only the scorer may see in `private/`.
 */
export function protectedEntry(runs: ProtectedRuns): string {
  const settings = { ...runs, files: runFiles, status: runScriptStatus, startWithin, roomForRecord };
  // A JSON text is also the literal of a Python string.
  return `#!${runs.python} -IS\n${program.replace("SETTINGS_TEXT", () => JSON.stringify(JSON.stringify(settings)))}`;
}

const program = String.raw`"""Scores for an account that may not score by itself: ENTRY start|state|cancel RUN.

Written by "baseliner task provision". Of the caller's, nothing counts but these two words: not the environment, the
folder, open files, signals or limits.
"""
import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import pwd
import re
import resource
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import time

SETTINGS = json.loads(SETTINGS_TEXT)
FILES = SETTINGS["files"]
STATUS = SETTINGS["status"]
ROOT = SETTINGS["root"]
WORKSPACE = ROOT + "/workspace"
RUNS = ROOT + "/runs"
PRIVATE = ROOT + "/private"
AS_EXPERT = [SETTINGS["sudo"], "-n", "-u", SETTINGS["expert"], "--"]

SET_CHILD_SUBREAPER = 36
ASKED_SECONDS = 2
KILL_SECONDS = 5
LAST_RESORT_SECONDS = 10
ROOM_SECONDS = 3600
BLOCK_BYTES = 1 << 16


def main():
    actions = {"start": start, "state": state, "cancel": cancel}
    run_id = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    if len(sys.argv) != 3 or sys.argv[1] not in actions or not run_id.fullmatch(sys.argv[2]):
        sys.exit("usage: start|state|cancel RUN")
    if os.getuid() != pwd.getpwnam(SETTINGS["scorer"]).pw_uid:
        # Whoever may becomes the scorer for this program alone; sudo turns all others away.
        os.execv(SETTINGS["sudo"], [SETTINGS["sudo"], "-n", "-u", SETTINGS["scorer"], "--", ROOT + "/entry", *sys.argv[1:]])
    try:
        isolate()
        status = actions[sys.argv[1]](sys.argv[2])
    except OSError as error:
        print(error.strerror)
        status = STATUS["problem"]
    sys.exit(status)


def isolate():
    """Leaves nothing in place that the caller could have prepared."""
    os.environ.clear()
    os.umask(0o022)
    os.chdir("/")
    for descriptor in os.listdir("/proc/self/fd"):
        if int(descriptor) > 2:
            with contextlib.suppress(OSError):
                os.close(int(descriptor))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    for number in range(1, signal.NSIG):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, least in {"FSIZE": None, "AS": None, "DATA": None, "CPU": None, "NOFILE": 1024}.items():
        number = getattr(resource, "RLIMIT_" + name)
        soft, hard = resource.getrlimit(number)
        if hard != resource.RLIM_INFINITY and (least is None or hard < least):
            raise OSError(errno.EPERM, f"it is called under a limit ({name} {hard}) that would change the score")
        resource.setrlimit(number, (hard if least is None else max(soft, least), hard))


# --- the three actions


def start(run):
    with contextlib.suppress(FileExistsError):
        os.mkdir(f"{RUNS}/{run}", 0o755)
    os.chdir(f"{RUNS}/{run}")
    if not os.path.lexists(FILES["claim"]):
        expect_room()
        write_whole(FILES["specification"], json.dumps(specification(run)))
        between = os.fork()
        if between == 0:
            with contextlib.suppress(BaseException):
                os.setsid()
                if os.fork() == 0:
                    supervise(run)
            os._exit(0)
        os.waitpid(between, 0)
    return 0 if claim_appears() else STATUS["gone"]


def expect_room():
    """A run whose end could not be recorded is not begun."""
    disk = os.statvfs(".")
    if disk.f_bavail * disk.f_frsize < SETTINGS["roomForRecord"] << 10:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def state(run):
    try:
        os.chdir(f"{RUNS}/{run}")
    except FileNotFoundError:
        print("unknown")
        return 0
    if not os.path.lexists(FILES["specification"]):
        print("unknown")
        return 0
    if not claim_appears():
        # So that it cannot begin later.
        claim({"abandonedAt": now()})
    owner = read_record(FILES["claim"])
    if "pid" not in owner:
        print("unknown")
    elif print_end():
        pass
    elif identity_of(owner["pid"]) == owner["identity"]:
        print("running")
    # It may have ended in its own time a moment ago.
    elif not print_end():
        child = read_record(FILES["child"])
        if "pid" in child and identity_of(child["pid"]) == child["identity"]:
            with contextlib.suppress(OSError):
                os.killpg(child["pid"], signal.SIGKILL)
        print("vanished")
    return 0


def cancel(run):
    with contextlib.suppress(FileNotFoundError):
        os.close(os.open(f"{RUNS}/{run}/{FILES['cancel']}", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644))
    return 0


def print_end():
    try:
        with open(FILES["exit"], encoding="utf-8") as file:
            print("ended\n" + file.read(), end="")
            return True
    except FileNotFoundError:
        return False


# --- the supervisor of one run, whose working folder is the run's


def specification(run):
    environment = {
        "PATH": SETTINGS["path"],
        "HOME": PRIVATE,
        "USER": SETTINGS["scorer"],
        "LOGNAME": SETTINGS["scorer"],
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
        **SETTINGS["environment"],
        "TMPDIR": f"{PRIVATE}/{run}/tmp",
        SETTINGS["variables"]["result"]: f"{PRIVATE}/{run}/result.json",
        SETTINGS["variables"]["solver"]: json.dumps(AS_EXPERT),
    }
    return {
        "id": run,
        "command": SETTINGS["command"],
        "folder": WORKSPACE,
        "environment": environment,
        "timeoutSeconds": SETTINGS["timeoutSeconds"],
        "outputLimitBytes": SETTINGS["outputLimitBytes"],
    }


def supervise(run):
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    started = now()
    if not claim({"pid": os.getpid(), "identity": identity_of(os.getpid()), "startedAt": started}):
        return
    supervisor = Supervisor(run)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.stop("killed"))
    ending = supervisor.run()
    ended = now()
    supervisor.keep_output()
    retried(lambda: publish_result(run))
    shutil.rmtree(f"{PRIVATE}/{run}/tmp", ignore_errors=True)
    # The next run may begin as soon as the end of this one can be seen.
    supervisor.unlock()
    shown = [0, 0] if SETTINGS["hidesScores"] else supervisor.written
    record = {"startedAt": started, "endedAt": ended, "stdoutBytes": shown[0], "stderrBytes": shown[1]}
    retried(lambda: write_whole(FILES["exit"], json.dumps({**ending, **record}, separators=(",", ":"))))


class Supervisor:
    def __init__(self, run):
        self.specification = specification(run)
        self.run_id = run
        self.reason = None
        self.child = None
        self.status = None
        self.lock = None
        self.outputs = []
        self.pending = [b"", b""]
        self.written = [0, 0]
        self.selector = selectors.DefaultSelector()

    def stop(self, reason):
        self.reason = self.reason or reason

    def run(self):
        """Runs the command to its end and that of all it started; returns how it ended."""
        try:
            problem = self.begin()
        except OSError as error:
            problem = f"the scoring could not be prepared: {error.strerror}"
        if problem is not None:
            return {"kind": "not-started", "code": None, "signal": None, "problem": problem}
        self.watch()
        self.end_all()
        self.pump_until(time.monotonic() + ASKED_SECONDS, lambda: not self.selector.get_map())
        code = os.WEXITSTATUS(self.status) if self.status is not None and os.WIFEXITED(self.status) else None
        number = os.WTERMSIG(self.status) if self.status is not None and os.WIFSIGNALED(self.status) else None
        kind = self.reason or ("killed" if number else "exited")
        return {"kind": kind, "code": code, "signal": signal.Signals(number).name if number else None, "problem": None}

    def begin(self):
        """Starts the command; returns why it cannot, in words for the expert."""
        os.makedirs(f"{PRIVATE}/{self.run_id}/tmp", 0o700)
        place = f"{PRIVATE}/{self.run_id}/" if SETTINGS["hidesScores"] else ""
        self.outputs = [os.open(place + FILES[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o644) for name in ("stdout", "stderr")]
        self.lock = os.open(f"{PRIVATE}/lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "another scoring of this task is under way on this box"
        # Whatever the command starts stays below this process, however it detaches itself.
        if ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            return "this system cannot keep track of processes"
        if not stat.S_ISDIR(os.lstat(WORKSPACE).st_mode):
            return f"{WORKSPACE} is not a folder"
        # What the command writes is the scorer's alone, unless it says otherwise.
        os.umask(0o077)
        try:
            self.child = subprocess.Popen(
                self.specification["command"],
                cwd=WORKSPACE,
                env=self.specification["environment"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except PermissionError as error:
            return f"{error.filename} is closed to the account that scores"
        except FileNotFoundError:
            return f"{self.specification['command'][0]} is not installed or not on the PATH"
        finally:
            os.umask(0o022)
        for index, pipe in enumerate((self.child.stdout, self.child.stderr)):
            os.set_blocking(pipe.fileno(), False)
            self.selector.register(pipe, selectors.EVENT_READ, index)
        with contextlib.suppress(OSError):
            write_whole(FILES["child"], json.dumps({"pid": self.child.pid, "identity": identity_of(self.child.pid)}, separators=(",", ":")))
        return None

    def watch(self):
        """Returns when the command has ended, or was stopped for a reason."""
        end_at = time.monotonic() + SETTINGS["timeoutSeconds"]
        while self.status is None:
            if os.path.lexists(FILES["cancel"]):
                self.stop("cancelled")
            if time.monotonic() > end_at:
                self.stop("timed-out")
            if sum(self.written) > SETTINGS["outputLimitBytes"]:
                self.stop("output-limit")
            if self.reason is not None:
                with contextlib.suppress(OSError):
                    os.killpg(self.child.pid, signal.SIGTERM)
                self.pump_until(time.monotonic() + ASKED_SECONDS, lambda: self.status is not None)
                return
            self.pump(0.1)

    def pump_until(self, deadline, done):
        while not done() and time.monotonic() < deadline:
            self.pump(0.05)

    def pump(self, seconds):
        """Takes over what the command printed, and the processes that ended."""
        # What found no room on the disk waits here, and the command with it.
        for index in (0, 1):
            self.write_pending(index)
        ready = self.selector.select(seconds)
        if any(self.pending):
            time.sleep(seconds)
        for key, _ in ready:
            if self.pending[key.data] == b"":
                with contextlib.suppress(BlockingIOError):
                    block = os.read(key.fd, BLOCK_BYTES)
                    if block == b"":
                        self.selector.unregister(key.fileobj)
                    self.pending[key.data] = block
                    self.write_pending(key.data)
        self.reap()

    def write_pending(self, index):
        with contextlib.suppress(OSError):
            while self.pending[index]:
                size = os.write(self.outputs[index], self.pending[index])
                self.pending[index] = self.pending[index][size:]
                self.written[index] += size

    def reap(self):
        """Whether anything is left below this process, which nothing there can hide: orphans become its children."""
        try:
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if process == 0:
                    return True
                if process == self.child.pid:
                    self.status = status
                    self.child.returncode = 0
        except ChildProcessError:
            return False

    def end_all(self):
        """Ends the command and all below it: the scorer's processes itself, the expert's by the expert's own hand."""
        began = time.monotonic()
        while True:
            self.pump(0)
            if not self.reap() or time.monotonic() - began > LAST_RESORT_SECONDS:
                return
            others = []
            left = descendants()
            for process in left:
                try:
                    os.kill(process, signal.SIGKILL)
                except PermissionError:
                    others.append(str(process))
                except OSError:
                    pass
            # Processes that come and go faster than they can be named are ended with all others of their account.
            everything = time.monotonic() - began > KILL_SECONDS and (not left or any(is_expert(process) for process in others))
            if others or everything:
                ending = AS_EXPERT + ["/bin/sh", "-c", 'kill -s KILL -- "$@" 2>/dev/null', "sh"] + (["-1"] if everything else others)
                with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                    subprocess.run(ending, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=ASKED_SECONDS, cwd="/", env={"PATH": SETTINGS["path"]})
            time.sleep(0.01)

    def keep_output(self):
        for index in (0, 1):
            deadline = time.monotonic() + ROOM_SECONDS
            self.write_pending(index)
            while self.pending[index] and time.monotonic() < deadline:
                time.sleep(1)
                self.write_pending(index)

    def unlock(self):
        if self.lock is not None:
            os.close(self.lock)


def publish_result(run):
    """Gives the expert the result without what is for authors and reviewers only."""
    try:
        descriptor = os.open(f"{PRIVATE}/{run}/result.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.EACCES):
            return
        raise
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return
        raw = file.read(SETTINGS["resultLimitBytes"] + 1)
    if len(raw) > SETTINGS["resultLimitBytes"]:
        # As invalid as before, and of it nothing but its size.
        text = " " * len(raw)
    else:
        try:
            result = json.loads(raw.decode("utf-8"))
            if SETTINGS["hidesScores"]:
                write_whole("result.json", receipt(run, raw, result))
                return
            text = json.dumps({name: result[name] for name in ("score", "message") if name in result} if isinstance(result, dict) else None)
        except (ValueError, RecursionError):
            text = ""
    write_whole("result.json", text)


def receipt(run, raw, result):
    """What the expert gets in place of a hidden result: whether there is a score, what commits it, and why there is none."""
    score = result.get("score", "") if isinstance(result, dict) else ""
    if score is None:
        message = result.get("message")
        error = message.get("error") if isinstance(message, dict) else None
        return json.dumps({"score": None, "message": {"error": error} if isinstance(error, str) else {}})
    if isinstance(score, bool) or not isinstance(score, (int, float)):
        return json.dumps({"score": "not a number"})
    if not -1.7976931348623157e308 <= score <= 1.7976931348623157e308:
        return '{"score": NaN}'
    # Without it, the score could be found out by trying.
    nonce = os.urandom(32).hex()
    write_whole(f"{PRIVATE}/{run}/nonce", nonce)
    commitment = hashlib.sha256(nonce.encode() + raw).hexdigest()
    return json.dumps({"score": None, "message": {}, "hidden": {"commitment": commitment}})


# --- processes


def descendants():
    """Ids of every process below this one that has not ended."""
    below = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:
                # The name of the program comes before these fields, in brackets, and may contain anything.
                fields = file.read().rpartition(b")")[2].split()
                below.setdefault(int(fields[1]), []).append((int(name), has_ended(fields)))
    found = []
    waiting = [os.getpid()]
    while waiting:
        for process, ended in below.get(waiting.pop(), []):
            waiting.append(process)
            if not ended:
                found.append(process)
    return found


def is_expert(process):
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{process}/status", encoding="utf-8", errors="replace") as file:
        real = re.search(r"^Uid:\s*(\d+)", file.read(), re.M)
        return real is not None and int(real.group(1)) == pwd.getpwnam(SETTINGS["expert"]).pw_uid
    return False


def identity_of(process):
    """What tells a process from later ones of the same number; None where there is none."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if has_ended(fields) else f"{boot}/{fields[19].decode()}"


def has_ended(fields):
    """Of /proc/PID/stat, behind the name. What has ended its first thread looks like a zombie while its others go on."""
    return fields[0] in (b"Z", b"X") and int(fields[17]) <= 1


# --- records


def now():
    return int(time.time() * 1000)


def claim(record):
    """Whether this process is the one that the run belongs to. A link appears whole or not at all, and once."""
    draft = f"{FILES['claim']}.{os.getpid()}"
    write_whole(draft, json.dumps(record, separators=(",", ":")))
    try:
        os.link(draft, FILES["claim"])
        return True
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)


def claim_appears():
    deadline = time.monotonic() + SETTINGS["startWithin"]
    while not os.path.lexists(FILES["claim"]):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def read_record(name):
    try:
        with open(name, encoding="utf-8") as file:
            record = json.load(file)
        return record if isinstance(record, dict) else {}
    except (OSError, ValueError):
        return {}


def write_whole(name, text):
    draft = f"{name}.{os.getpid()}.draft"
    try:
        with open(draft, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, name)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def retried(work):
    """A full disk may get room again."""
    deadline = time.monotonic() + ROOM_SECONDS
    while True:
        try:
            return work()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


main()
`;
