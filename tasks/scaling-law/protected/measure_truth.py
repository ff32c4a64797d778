"""For the author: measures the ground truth, `python3 measure_truth.py PROFILE SEEDS WIDTH...`, and adds it to truth.json.

Trains at the target number of FLOPs with every width, and takes the mean loss over the seeds.
"""

import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
profile, seeds, widths = sys.argv[1], int(sys.argv[2]), [int(text) for text in sys.argv[3:]]
os.environ["SCALING_PROFILE"] = profile
sys.path.insert(0, os.path.join(here, "..", "workspace"))

import experiment

path = os.path.join(here, "truth.json")
truth = {}
if os.path.exists(path):
    with open(path, encoding="utf-8") as file:
        truth = json.load(file)
points = truth.setdefault(profile, [])
for width in widths:
    steps = round(experiment.PROFILE["target"] / experiment.flops(width, 1))
    losses = [experiment.training_run(width, steps, seed) for seed in range(seeds)]
    points[:] = sorted([point for point in points if point["width"] != width] + [{"width": width, "loss": round(sum(losses) / seeds, 4)}], key=lambda point: point["width"])
    print(width, steps, losses, flush=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(truth, file, indent=2)
        file.write("\n")
