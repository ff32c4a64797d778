"""Calls a family of the METR Task Standard, unchanged, and writes what it answers as one line of JSON to stdout; what it prints goes to stderr.

    python3 family.py describe FAMILY_FOLDER [TASK]
    python3 family.py start FAMILY_FOLDER TASK        HOME PROTECTED
    python3 family.py install FAMILY_FOLDER TASK      HOME PROTECTED    install, then start
    python3 family.py score FAMILY_FOLDER TASK        HOME PROTECTED KEPT OWNERS

HOME is what the family sees as /home/agent, PROTECTED as /protected, and its own folder as /root, in which it is called. The files of KEPT
lie in /home/agent as well: those that its start kept from the participant. OWNERS is a file with the owners that a start gave to what lies in
/protected and KEPT. Folders PROTECTED.view, PROTECTED.accounts and PROTECTED.workspace are made for all that; the first is left empty.
"""

import csv
import importlib
import inspect
import json
import math
import os
import pwd
import shutil
import stat
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import accounts
from places import Refused, lie_at

HOME, PROTECTED, ROOT = "/home/agent", "/protected", "/root"
SCORE_LOG = f"{PROTECTED}/score.log"
SUBMISSION = f"{HOME}/submission.txt"
OPTIONAL = ["install", "start", "score", "intermediate_score", "aggregate_scores", "get_permissions", "get_aux_vm_spec", "teardown"]
# No two ways of summing up a log come to the same here: first, last, lowest, highest, mean, median.
PROBE = [0.4, 0.9, 0.2, 0.3]


def main():
    what, folder, *words = sys.argv[1:]
    folder = os.path.abspath(folder)
    name = os.path.basename(os.path.normpath(folder))
    task, *places = words or [None]
    result = os.fdopen(os.dup(1), "w")
    # What a family prints is no answer.
    os.dup2(2, 1)
    if what == "describe":
        os.chdir(folder)
        answer = guarded(lambda: describe(load(folder, name), task))
    else:
        answer = guarded(lambda: call(what, folder, name, task, *map(os.path.abspath, places)))
    json.dump(answer, result, default=str)
    result.close()


def guarded(work):
    try:
        return work()
    except Refused as error:
        return {"refused": str(error)}
    except BaseException as error:
        return {"failed": traceback.format_exception_only(type(error), error)[-1].strip(), "traceback": traceback.format_exc()}


def load(folder, name):
    sys.path.insert(0, folder)
    return importlib.import_module(name).TaskFamily


def describe(family, task=None):
    tasks = family.get_tasks()
    answer = {
        "standardVersion": str(getattr(family, "standard_version", "")),
        "tasks": list(tasks),
        "members": [member for member in OPTIONAL if hasattr(family, member)],
        "requiredEnvironmentVariables": list(getattr(family, "required_environment_variables", []) or []),
        "manifest": manifest(),
    }
    if task in tasks:
        chosen = tasks[task]
        answer["instructions"] = str(family.get_instructions(chosen))
        answer["permissions"] = list(family.get_permissions(chosen)) if hasattr(family, "get_permissions") else []
        answer["aggregate"] = aggregation(family, chosen)
        answer["needsMachines"] = hasattr(family, "get_aux_vm_spec") and family.get_aux_vm_spec(chosen) is not None
    return answer


def manifest():
    """manifest.yaml as a value; None where there is none; text where it cannot be read."""
    if not os.path.exists("manifest.yaml"):
        return None
    try:
        import yaml
    except ImportError:
        return "PyYAML is missing for this python3 (pip install pyyaml)"
    with open("manifest.yaml", encoding="utf-8") as file:
        return yaml.safe_load(file)


def aggregation(family, task):
    """How a family sums up its score log: `max`, `min`, `last`, `other`; None where it does not say."""
    if not hasattr(family, "aggregate_scores"):
        return None
    log = [{"score": score, "message": {}, "details": {}, "scored_at": f"2024-01-01T00:00:0{index}", "elapsed_seconds": index} for index, score in enumerate(PROBE)]
    try:
        total = family.aggregate_scores(task, log)
    except Exception:
        return "other"
    return {max(PROBE): "max", min(PROBE): "min", PROBE[-1]: "last"}.get(total, "other")


def call(what, folder, name, task, home, protected, kept=None, owners_file=None):
    # As in the containers that families are written for: what others cannot read, a start has kept from them.
    os.umask(0o022)
    own = {f"{ROOT}/{entry}": os.path.join(folder, entry) for entry in os.listdir(folder)}
    owners = owners_in(owners_file)
    groups = {group for place in owners.values() for _, group, _ in place.values()} - {"root", accounts.AGENT}
    if groups and accounts.only_one():
        return {"alone": sorted(groups)}
    known = accounts.files(groups, f"{protected}.accounts")
    if groups and accounts.is_everything():
        # The workspace of whoever is root here is not agent's to write.
        home = shutil.copytree(home, f"{protected}.workspace", symlinks=True)
    lie_at({HOME: home, PROTECTED: protected, **own, **known, **(files_of_home(kept) if kept else {})}, f"{protected}.view")
    accounts.give_back(PROTECTED, owners["protected"])
    if home.startswith(protected):
        accounts.give_to_agent(HOME)
    accounts.give_back(HOME, owners["home"])
    try:
        return ask(what, folder, name, task)
    finally:
        if what == "score":
            accounts.take_back(PROTECTED)


def owners_in(path):
    if path is None or not os.path.exists(path):
        return {"protected": {}, "home": {}}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def ask(what, folder, name, task):
    os.chdir(ROOT if os.path.exists(f"{ROOT}/{name}.py") else folder)
    family = load(os.getcwd(), name)
    missing = [variable for variable in getattr(family, "required_environment_variables", []) or [] if not os.environ.get(variable)]
    if missing:
        return {"missing": missing}
    tasks = family.get_tasks()
    if task not in tasks:
        return {"failed": f"the family has no task {task}"}
    if what in ("install", "start"):
        if what == "install" and hasattr(family, "install"):
            family.install()
        if hasattr(family, "start"):
            family.start(tasks[task])
        hidden, fixed = kept_from_participant(HOME)
        return {"hidden": hidden, "fixed": fixed, "owners": {"protected": accounts.owners_below(PROTECTED), "home": accounts.owners_below(HOME, [*hidden, *fixed])}}
    return score(family, tasks[task])


def files_of_home(hidden):
    """{path in /home/agent: file} of all files in a folder."""
    files = [os.path.join(folder, name) for folder, _, names in os.walk(hidden) for name in names]
    return {f"{HOME}/{os.path.relpath(file, hidden)}": file for file in files}


def kept_from_participant(home):
    """Paths in a folder, as short as possible, that the account agent may not read, and those of files that it may read and nobody may write."""
    try:
        agent = pwd.getpwnam(accounts.AGENT).pw_uid
    except KeyError:
        agent = None
    found, fixed = [], []
    for folder, folders, names in os.walk(home):
        for name in [*folders, *names]:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode) or status.st_uid == agent:
                continue
            if not status.st_mode & stat.S_IROTH:
                found.append(os.path.relpath(path, home))
            elif stat.S_ISREG(status.st_mode) and not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
                fixed.append(os.path.relpath(path, home))
        folders[:] = [name for name in folders if os.path.relpath(os.path.join(folder, name), home) not in found]
    return sorted(found), sorted(fixed)


def score(family, task):
    before = rows_of_log()
    if hasattr(family, "intermediate_score"):
        result = family.intermediate_score(task)
    elif hasattr(family, "score"):
        result = family.score(task, submission())
    else:
        return {"failed": "the family has neither intermediate_score nor score: a person scores it"}
    if inspect.isawaitable(result):
        import asyncio

        result = asyncio.run(result)
    answer = {"score": None, "message": {}, "details": {}}
    if isinstance(result, dict):
        answer.update({key: result[key] for key in answer if key in result})
    elif isinstance(result, tuple) and result:
        # As early versions of the standard had it.
        answer.update({"score": result[0], "message": {"message": str(result[1])} if len(result) > 1 else {}})
    else:
        answer["score"] = result
    logged = rows_of_log()[len(before) :]
    if result is None and logged:
        answer.update(logged[-1])
    if isinstance(answer["score"], bool) or (answer["score"] is not None and not isinstance(answer["score"], float)):
        # numpy and torch have numbers of their own.
        answer["score"] = float(answer["score"])
    if answer["score"] is not None and not math.isfinite(answer["score"]):
        answer["notANumber"] = str(answer["score"])
        answer["score"] = None
    return plain(answer)


def plain(value):
    """A value as JSON has it: no NaN, and text for what JSON does not know."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def submission():
    try:
        with open(SUBMISSION, encoding="utf-8", errors="replace") as file:
            return file.read(1_000_000)
    except OSError:
        return ""


def rows_of_log():
    """Rows of the score log that families of RE-Bench keep: CSV of timestamp, score, message and details, the last two JSON."""
    try:
        with open(SCORE_LOG, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, csv.Error):
        return []
    found = []
    for row in rows:
        try:
            number = float(row.get("score") or "nan")
        except ValueError:
            number = math.nan
        found.append({"score": number, "message": parsed(row.get("message")), "details": parsed(row.get("details"))})
    return found


def parsed(text):
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {"message": text}
    return value if isinstance(value, dict) else {"message": str(value)}


if __name__ == "__main__":
    main()
