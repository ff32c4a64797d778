"""What you are given, in profile h100: files that the author put into EMBEDDING_DATA (/data/fix-embedding unless given).

    broken/          GPT-2 XL whose token embedding was scrambled, as safetensors of transformers; its head is apart from the embedding
    small/           GPT-2 small, healthy
    train.bin        OpenWebText as tokens of GPT-2: unsigned 16-bit numbers
"""

import os

import numpy
import torch
from transformers import GPT2LMHeadModel

FOLDER = os.environ.get("EMBEDDING_DATA", "/data/fix-embedding")


def broken_large_model():
    return GPT2LMHeadModel.from_pretrained(os.path.join(FOLDER, "broken"), local_files_only=True)


def small_model():
    return GPT2LMHeadModel.from_pretrained(os.path.join(FOLDER, "small"), local_files_only=True)


def training_data(block=1024):
    """A dataset of int64 [block + 1], read as far as they are used."""
    tokens = numpy.memmap(os.path.join(FOLDER, "train.bin"), dtype=numpy.uint16, mode="r")
    rows = tokens[: len(tokens) // (block + 1) * (block + 1)].reshape(-1, block + 1)
    return Rows(rows)


class Rows(torch.utils.data.Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return torch.from_numpy(self.rows[index].astype(numpy.int64))
