"""Scores a task of the METR Task Standard by its own family, which lies unchanged in protected/family/.

The family is called in a process of its own (family.py), with the workspace as /home/agent, copies of the files there that its start kept from
the participant or from being changed (protected/home/), whatever lies in the workspace in their place, and a copy of what it left in /protected.
What it prints is kept with the details: the standard shows the participant the message alone.

Run it in the workspace folder as `python3 -I score.py`.

Environment (the profile in task.json gives it):
    BASELINER_RESULT                          the file that receives the result; without it the result is printed
    BASELINER_ACCOUNTS                        words that begin a command which may take on the participant's account (a protected box gives them)
    TASK_STANDARD_FAMILY, TASK_STANDARD_TASK  names of the family and of its task
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROTECTED = os.path.join(os.path.dirname(HERE), "protected")
KEPT_OUTPUT = 20_000
LARGEST_ANSWER = 900_000


def main():
    family, task = os.environ.get("TASK_STANDARD_FAMILY", ""), os.environ.get("TASK_STANDARD_TASK", "")
    folder = os.path.join(PROTECTED, "family", family)
    if not family or not os.path.isdir(folder):
        return unable("the family (protected/family/) is not here; the author keeps it: score on a box that the task was provisioned on.")
    place = tempfile.mkdtemp(prefix="family-")
    try:
        state, kept = os.path.join(place, "protected"), os.path.join(place, "home")
        for source, copy in (("state", state), ("home", kept)):
            if os.path.isdir(os.path.join(PROTECTED, source)):
                shutil.copytree(os.path.join(PROTECTED, source), copy, symlinks=True)
            else:
                os.mkdir(copy)
        say(f"Asking {family}/{task} for a score")
        answer, output, status = ask(folder, task, os.getcwd(), state, kept)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return result_of(answer, output, status, family)


def ask(folder, task, home, protected, kept):
    """What the family answers (None where it left no answer), the end of what it printed, and its exit status."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BASELINER_", "TASK_STANDARD_"))}
    accounts = json.loads(os.environ.get("BASELINER_ACCOUNTS") or "[]")
    owners = os.path.join(PROTECTED, "owners.json")
    with tempfile.TemporaryFile() as written:
        process = subprocess.Popen(
            [*accounts, sys.executable, "-B", os.path.join(HERE, "family.py"), "score", folder, task, home, protected, kept, owners],
            env=environment, stdin=subprocess.PIPE, stdout=written, stderr=subprocess.PIPE,
        )
        if accounts:
            # What may be secret is no argument, which everyone sees.
            process.stdin.write(json.dumps(environment).encode())
        process.stdin.close()
        output = b""
        for chunk in iter(lambda: process.stderr.read1(65536), b""):
            output = (output + chunk)[-KEPT_OUTPUT:]
        status = process.wait()
        written.seek(0)
        answer = written.read(LARGEST_ANSWER)
    try:
        value = json.loads(answer)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else None, output.decode("utf-8", "replace"), status


def result_of(answer, output, status, family):
    details = {"family": family, "output": output}
    if answer is None:
        return invalid(f"The family {family} ended with status {status} and gave no score.", details)
    if "missing" in answer:
        return unable(f"the family needs the environment variable {' and '.join(answer['missing'])}; set it for the scoring.", details)
    if "refused" in answer:
        return unable(f"the family expects the workspace as /home/agent, and this box does not allow a view in which it lies there ({answer['refused']}); make /home/agent a link to the workspace.", details)
    if "alone" in answer:
        groups = " and ".join(answer["alone"])
        return unable(f"the family runs programs as the account agent with the group {groups}, which takes root or a protected box: score as root, or provision the task as root.", details)
    if "failed" in answer:
        return invalid(f"The family {family} could not score it: {answer['failed']}", {**details, "traceback": answer.get("traceback", "")})
    message = answer.get("message") if isinstance(answer.get("message"), dict) else {"message": str(answer.get("message"))}
    details["details"] = answer.get("details")
    if answer.get("score") is None:
        said = message.get("error") or message.get("message") or f"the family {family} gave {answer.get('notANumber', 'no score')}"
        return {"score": None, "message": {**message, "error": str(said)}, "details": details}
    say("Valid.")
    return {"score": answer["score"], "message": message, "details": details}


def invalid(reason, details):
    say(f"Invalid: {reason}")
    return {"score": None, "message": {"error": reason}, "details": details}


def unable(reason, details=None):
    said = f"Not scored, and not the solution's fault: {reason}"
    say(said)
    return {"score": None, "message": {"error": said}, "details": {**(details or {}), "environment": reason}}


def say(line):
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
    os.replace(partial, path)


if __name__ == "__main__":
    write_result(main())
