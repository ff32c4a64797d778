"""For the author, once on the box, as root, with network: `python3 prepare_h100.py TASK_FOLDER DATA_FOLDER`.

Writes OpenWebText as tokens of GPT-2 to DATA_FOLDER/openwebtext.bin; the measured losses are then made with protected/measure_truth.py.
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


def tokens_of(dataset, tokenizer, documents):
    """The tokens of so many documents, each with the end-of-text token behind it."""
    from datasets import load_dataset
    from transformers import AutoTokenizer

    encode = AutoTokenizer.from_pretrained(tokenizer)
    for row in load_dataset(dataset, split="train", streaming=True).take(documents):
        yield [*encode(row["text"], verbose=False)["input_ids"], encode.eos_token_id]


def write(path, rows):
    import numpy

    with open(path, "wb") as file:
        for row in rows:
            file.write(numpy.asarray(row, dtype=numpy.uint16).tobytes())


def main():
    rows = tokens_of(names["SCALING_TEXT"], names["SCALING_TOKENIZER"], 2_000_000)
    write(os.path.join(data, "openwebtext.bin"), rows)


if __name__ == "__main__":
    main()
