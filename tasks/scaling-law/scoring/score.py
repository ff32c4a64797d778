"""Scores an answer to "Scaling Law Experiment": how close the predicted best training run is to the real best.

The answer is a JSON file of three numbers; nothing of the solution is run. The measured losses lie in protected/, which
never reaches the participant, and neither score nor loss is shown: only whether the answer is valid.

Run it in the workspace folder as `python3 -I -S score.py`.

Environment, besides what solver.py names (the profile in task.json gives it):
    SCALING_PROFILE   cpu or h100: which of the measured losses count
    SCALING_FLOPS_PER_WIDTH2_STEP, SCALING_TARGET_GIGAFLOPS   the size of the target run
    SCALING_WIDTH_MULTIPLE   widths are multiples of this
"""

import json
import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from solver import Invalid, Solver, Unable, keep_modules, report, say, sha256, whole_number

ANSWER = "answer.json"
HERE = os.path.dirname(os.path.abspath(__file__))
TRUTH = os.path.join(HERE, "..", "protected", "truth.json")


def measure(details):
    keep_modules(HERE)
    points = ground_truth()
    with Solver() as solver:
        content = solver.read(ANSWER, 100_000)
    if content is None:
        raise Invalid(f"There is no readable file {ANSWER} in the workspace.")
    details["sha256"] = sha256(content)
    width, steps, predicted = read_answer(content)
    multiple = whole_number("SCALING_WIDTH_MULTIPLE", 1, 10**6)
    target = whole_number("SCALING_TARGET_GIGAFLOPS", 1, 10**12) * 1e9
    share = whole_number("SCALING_FLOPS_PER_WIDTH2_STEP", 1, 10**12) * width**2 * steps / target
    if width % multiple:
        raise Invalid(f"The width must be a multiple of {multiple}.")
    if not 0.9 <= share <= 1.1:
        raise Invalid(f"A run with this width and number of steps has {share:.3f} of the target FLOPs; 0.9 to 1.1 is valid.")
    if points is None:
        # Whoever answers is told at least this.
        raise Unable(f"the measured losses (protected/truth.json) are not here; the author keeps them: score on a box that the task was provisioned on. The answer is in order as far as that can be told here, and has {share:.3f} of the target FLOPs.")
    loss = interpolated(points, width)
    best = min(point["loss"] for point in points)
    details.update({"width": width, "steps": steps, "predictedLoss": predicted, "interpolatedLoss": loss, "bestLoss": best})
    say(f"The answer is valid and has {share:.3f} of the target FLOPs.")
    return 1 - ((loss - best) + abs(predicted - loss)), {"valid": True, "shareOfFlops": round(share, 4)}


def ground_truth():
    """The measured losses by width; None where the author keeps them elsewhere."""
    profile = os.environ.get("SCALING_PROFILE", "")
    try:
        with open(TRUTH, encoding="utf-8") as file:
            points = json.load(file)[profile]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError):
        raise Unable(f"protected/truth.json has no measured losses for profile {profile!r}; the author makes them with protected/measure_truth.py.") from None
    return sorted(points, key=lambda point: point["width"])


def read_answer(content):
    """Width, steps and predicted loss; raises Invalid for anything but an object of these three numbers."""
    try:
        answer = json.loads(content.decode(), object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Invalid(f"{ANSWER} is not JSON.") from None
    names = ("width", "steps", "loss")
    if not isinstance(answer, dict) or set(answer) != set(names):
        raise Invalid(f"{ANSWER} must be an object with the numbers width, steps and loss, and nothing else.")
    width, steps, loss = (answer[name] for name in names)
    for name, value in (("width", width), ("steps", steps)):
        if type(value) is not int or not 1 <= value <= 10**9:
            raise Invalid(f"{name} in {ANSWER} must be a whole number from 1.")
    if type(loss) not in (int, float) or not 0 <= loss <= 100:
        raise Invalid(f"loss in {ANSWER} must be a number from 0 to 100.")
    return width, steps, loss


def once(pairs):
    """An object of JSON in which no name stands twice: which of the two counts would be a matter of who reads it."""
    if len(dict(pairs)) < len(pairs):
        raise Invalid(f"{ANSWER} gives a number twice.")
    return dict(pairs)


def interpolated(points, width):
    """Loss at a width between measured ones: a straight line over the logarithm of the width; none beyond the ends."""
    if not points[0]["width"] <= width <= points[-1]["width"]:
        raise Invalid(f"The width must be from {points[0]['width']} to {points[-1]['width']}.")
    for lower, upper in zip(points, points[1:]):
        if width <= upper["width"]:
            share = (math.log(width) - math.log(lower["width"])) / (math.log(upper["width"]) - math.log(lower["width"]))
            return lower["loss"] + share * (upper["loss"] - lower["loss"])
    return points[-1]["loss"]


if __name__ == "__main__":
    report(measure)
