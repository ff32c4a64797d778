/** Name of the program that checks an exported record. */
export const verifierName = "verify.py";

/**
 * Checks an exported record with nothing but Python 3.6 and, for the snapshots, git:
 * written to be read by who does not trust us, and independent of all our other code.
 */
export const verifierProgram = String.raw`#!/usr/bin/env python3
"""Checks the exported record of a Baseliner session: python3 verify.py [FOLDER]

It needs Python 3.6 or later, and git for the snapshots. It changes nothing.
Exit status: 0 the record is whole, 1 it is not, 2 it could not be checked.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

folder = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
problems = []


def inside(*names):
    return os.path.join(folder, *names)


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def check_checksums():
    """Every file is in SHA256SUMS and as it says there."""
    listed = {}
    with open(inside("SHA256SUMS"), encoding="utf-8", newline="\n") as file:
        for line in file.read().split("\n"):
            if line:
                listed[line[66:]] = line[:64]
    there = set()
    for parent, _, names in os.walk(folder):
        for name in names:
            there.add(os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/"))
    there.discard("SHA256SUMS")
    for path in sorted(there - set(listed)):
        problems.append(path + " is not in SHA256SUMS")
    for path in sorted(listed):
        if path not in there:
            problems.append(path + " of SHA256SUMS is missing")
        elif sha256_of(inside(path)) != listed[path]:
            problems.append(path + " is not as SHA256SUMS says")
    return len(listed)


def read_journal():
    """The entries, and the SHA-256 of each line. Each line names the one before it."""
    with open(inside("session.jsonl"), "rb") as file:
        lines = file.read().split(b"\n")
    if lines.pop() != b"":
        problems.append("the journal ends in the middle of a line")
    entries, hashes = [], []
    for number, line in enumerate(lines):
        place = "journal line %d " % (number + 1)
        try:
            entry = json.loads(line.decode("utf-8"))
            if entry["prev"] != (hashes[-1] if hashes else "0" * 64):
                problems.append(place + "does not follow from the line before")
            if entry["seq"] != number:
                problems.append(place + "has the wrong number")
            entries.append((entry["type"], entry["data"]))
        except (ValueError, KeyError, TypeError):
            problems.append(place + "is not an entry")
            entries.append((None, {}))
        hashes.append(hashlib.sha256(line).hexdigest())
    return entries, hashes


def check_head(hashes):
    """The journal has not lost lines at its end."""
    with open(inside("journal.head"), encoding="utf-8") as file:
        head = json.load(file)
    if head["seq"] != len(hashes) - 1 or head["sha256"] != hashes[-1]:
        problems.append("the journal does not end where journal.head says")


def check_kept(path, kept):
    """A file is as the journal says; None where there was none."""
    there = os.path.isfile(path)
    name = os.path.relpath(path, folder)
    if there != (kept is not None):
        problems.append(name + (" is there, but not in the journal" if there else " is missing"))
    elif there and sha256_of(path) != kept["sha256"]:
        problems.append(name + " was changed since it was recorded")


def check_entries(entries, hashes):
    """Attempts and recordings are as the journal says, and none is there that it does not know."""
    known, ended, commits, names, closed = set(), set(), [], set(), False
    for (kind, data), line in zip(entries, hashes):
        if closed:
            problems.append("there is an entry behind the end of the session")
        if kind == "attempt.started":
            known.add("attempts/%d" % data["attempt"])
            commits.append(data["snapshot"])
            if re.match("[0-9a-f]{8}-[0-9a-f]{4}-8", data["run"]) and data["run"] not in names:
                problems.append("the run of attempt %d is named after a line that is not in the journal" % data["attempt"])
        elif kind in ("attempt.finished", "attempt.lost", "attempt.failed"):
            if data["attempt"] in ended or "attempts/%d" % data["attempt"] not in known:
                problems.append("attempt %d ends without a beginning, or twice" % data["attempt"])
            ended.add(data["attempt"])
            for name, kept in data.get("files", {}).items():
                check_kept(inside("attempts", str(data["attempt"]), os.path.basename(name)), kept)
            commits.append(data.get("changedTo"))
        elif kind == "snapshot.taken":
            commits.append(data["commit"])
        elif kind == "terminal.opened":
            known.add(data["file"])
        elif kind == "terminal.recorded" and "sha256" in data:
            check_kept(inside("terminals", os.path.basename(data["file"])), data)
        elif kind == "journal.cut":
            problems.append("the journal had lost lines at its end when it was opened again")
        elif kind == "session.closed":
            closed = True
        # A run is named after the first bits of the last line before it, as a UUID of version 8.
        bits = line[:12] + "8" + line[13:16] + "%x" % (8 | int(line[16], 16) & 3) + line[17:32]
        names.add("-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:])))
    for kind in ("attempts", "terminals"):
        for name in sorted(os.listdir(inside(kind))) if os.path.isdir(inside(kind)) else []:
            if kind + "/" + name not in known:
                problems.append(kind + "/" + name + " is kept, but the journal does not know it")
    return [commit for commit in commits if commit], len(ended)


def check_snapshots(commits):
    """Every snapshot that the journal names is in the bundle, with all of its files."""
    commits = list(dict.fromkeys(commits))
    if not commits:
        return "no snapshots"
    if not os.path.isfile(inside("snapshots.bundle")):
        problems.append("snapshots.bundle is missing")
        return "no snapshots"
    if shutil.which("git") is None:
        return "%d snapshots NOT CHECKED, because git is not installed" % len(commits)
    place = tempfile.mkdtemp(prefix="verify-")
    try:
        environment = dict(os.environ, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull, GIT_DIR=os.path.join(place, "git"))

        def git(*arguments):
            return subprocess.run(("git",) + arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        git("init", "--quiet", "--bare", "--template=")
        if git("fetch", "--quiet", inside("snapshots.bundle"), "refs/heads/session:refs/heads/session").returncode != 0:
            problems.append("snapshots.bundle is damaged")
            return "no snapshots"
        if git("fsck", "--full", "--strict").returncode != 0:
            problems.append("a snapshot holds damaged files")
        branch = git("rev-list", "--first-parent", "--reverse", "refs/heads/session").stdout.decode().split()
        places = [branch.index(commit) if commit in branch else -1 for commit in commits]
        if -1 in places or places != sorted(places):
            problems.append("the snapshots are not the ones that the journal names")
        if set(branch) - set(commits):
            problems.append("there are snapshots that the journal does not know")
        return "%d snapshots" % len(commits)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def main():
    files = check_checksums()
    entries, hashes = read_journal()
    check_head(hashes)
    commits, attempts = check_entries(entries, hashes)
    snapshots = check_snapshots(commits)
    for problem in problems:
        print(ascii(problem)[1:-1])
    print("%s: %d files, %d journal lines, %d attempts, %s" % ("NOT WHOLE" if problems else "whole", files, len(hashes), attempts, snapshots))
    print("SHA-256 of the journal's last line: " + (hashes[-1] if hashes else "none"))
    print("SHA-256 of SHA256SUMS: " + sha256_of(inside("SHA256SUMS")))
    return 1 if problems else 0


try:
    sys.exit(main())
except (OSError, ValueError, KeyError, TypeError) as error:
    for problem in problems:
        print(ascii(problem)[1:-1])
    print("NOT WHOLE: the record cannot be read: " + ascii(error))
    sys.exit(2)
`;
