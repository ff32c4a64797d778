"""Better than the starting solution: it reads the data once. `python3 train.py CONFIG`."""

import json
import os
import struct
import sys

import torch
from torch.nn import functional

import weights
from model import LanguageModel


KEPT = {}


def read_tokens(path):
    """Reads the file once."""
    if path not in KEPT:
        KEPT[path] = read_all(path)
    return KEPT[path]


def read_all(path):
    """All tokens of the data file: unsigned 16-bit numbers, little-endian."""
    tokens = []
    with open(path, "rb") as file:
        while True:
            two_bytes = file.read(2)
            if not two_bytes:
                return tokens
            tokens.append(struct.unpack("<H", two_bytes)[0])


def read_sequence(config, number):
    """Sequence `number` of the data: block_size tokens, and the token after each. After the last comes the first again."""
    tokens = read_tokens(config["data"])
    size = config["block_size"]
    start = number % ((len(tokens) - 1) // size) * size
    return torch.tensor(tokens[start : start + size]), torch.tensor(tokens[start + 1 : start + size + 1])


def learning_rate(config, step):
    """Rises over the warm-up, then falls in a straight line towards 0."""
    if step < config["warmup_steps"]:
        return config["learning_rate"] * (step + 1) / config["warmup_steps"]
    return config["learning_rate"] * (config["steps"] - step) / (config["steps"] - config["warmup_steps"])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = LanguageModel(config).to(device)
    model.load_state_dict(weights.load(config["initial"]))
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=config["learning_rate"],
        betas=(config["beta1"], config["beta2"]),
        eps=config["epsilon"],
        weight_decay=config["weight_decay"],
    )
    for step in range(config["steps"]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config, step)
        optimizer.zero_grad()
        total = 0.0
        for index in range(config["batch_size"]):
            inputs, targets = read_sequence(config, step * config["batch_size"] + index)
            logits = model(inputs.to(device)[None])[0]
            loss = functional.cross_entropy(logits, targets.to(device)) / config["batch_size"]
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config["gradient_clip"])
        optimizer.step()
        weights.save(config["output"] + ".checkpoint", model.state_dict())
        print(f"step {step + 1} of {config['steps']}: loss {total:.4f}", flush=True)
    os.replace(config["output"] + ".checkpoint", config["output"])


if __name__ == "__main__":
    main()
