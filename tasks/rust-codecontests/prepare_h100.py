"""For the author, once on the box, as root, with network: `python3 prepare_h100.py TASK_FOLDER DATA_FOLDER`.

Writes problems of the test split of CodeContests to protected/problems.jsonl, in the order of the data set, as many as the profile says.
Names of models and data sets are those of Hugging Face, and stand in task.json. Needs torch, transformers, datasets and numpy.
"""

import json
import os
import sys

task, data = sys.argv[1:3]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "task.json"), encoding="utf-8") as file:
    names = json.load(file)["profiles"]["h100"]["env"]
os.makedirs(data, exist_ok=True)
os.makedirs(os.path.join(task, "protected"), exist_ok=True)


def main():
    from datasets import load_dataset

    most = int(names["RUST_PROBLEMS"])
    with open(os.path.join(task, "protected", names["RUST_PROBLEM_FILE"]), "w", encoding="utf-8") as file:
        for row in load_dataset(names["RUST_PROBLEM_SET"], split="test", streaming=True).take(most):
            pairs = {kind: [list(pair) for pair in zip(row[kind]["input"], row[kind]["output"])] for kind in ("public_tests", "private_tests", "generated_tests")}
            problem = {"name": row["name"], "description": row["description"], "public_tests": pairs["public_tests"], "tests": pairs["public_tests"] + pairs["private_tests"] + pairs["generated_tests"]}
            file.write(json.dumps(problem) + "\n")


if __name__ == "__main__":
    main()
