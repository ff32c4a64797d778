"""For the author, once on the box, as root, with network: `python3 prepare_h100.py TASK_FOLDER DATA_FOLDER`.

Writes the broken and the small model and the training data to DATA_FOLDER, and validation data to protected/. The order that the embedding is scrambled
in comes from the system and is kept nowhere.
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
    import torch
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(names["EMBEDDING_LARGE"])
    # The head keeps what it was.
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    model.config.tie_word_embeddings = False
    order = torch.randperm(len(model.transformer.wte.weight), generator=torch.Generator().manual_seed(int.from_bytes(os.urandom(7), "little")))
    with torch.no_grad():
        model.transformer.wte.weight.copy_(model.transformer.wte.weight[order].clone())
    model.save_pretrained(os.path.join(data, "broken"))
    GPT2LMHeadModel.from_pretrained(names["EMBEDDING_SMALL"]).save_pretrained(os.path.join(data, "small"))
    rows = tokens_of(names["EMBEDDING_TEXT"], names["EMBEDDING_SMALL"], 200_000)
    # The first documents are held out.
    write(os.path.join(task, "protected", "validation.bin"), (next(rows) for _ in range(2000)))
    write(os.path.join(data, "train.bin"), rows)


if __name__ == "__main__":
    main()
