"""The author's solution: reads the data once, trains a batch at a time with attention of all heads at once, saves once."""

import json
import math
import sys

import torch
from torch.nn import functional

import weights


def forward(parameters, config, tokens, later):
    batch, length = tokens.shape
    heads, width = config["heads"], config["width"]
    x = functional.embedding(tokens, parameters["tokens.weight"]) + parameters["positions.weight"][:length]

    def norm(x, name):
        return functional.layer_norm(x, (width,), parameters[f"{name}.weight"], parameters[f"{name}.bias"])

    def linear(x, name):
        return functional.linear(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])

    for number in range(config["layers"]):
        block = f"blocks.{number}"
        projected = linear(norm(x, f"{block}.norm1"), f"{block}.attention.project")
        query, key, value = projected.view(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        if hasattr(functional, "scaled_dot_product_attention"):
            mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        else:
            mixed = (query @ key.transpose(2, 3) / math.sqrt(width // heads) + later).softmax(dim=-1) @ value
        x = x + linear(mixed.transpose(1, 2).reshape(batch, length, width), f"{block}.attention.out")
        x = x + linear(functional.gelu(linear(norm(x, f"{block}.norm2"), f"{block}.up")), f"{block}.down")
    return functional.linear(norm(x, "norm"), parameters["head.weight"])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if config["width"] < 256:
        # What there is to share between processors is less than what sharing costs.
        torch.set_num_threads(1)
    parameters = {name: tensor.to(device).requires_grad_() for name, tensor in weights.load(config["initial"]).items()}
    with open(config["data"], "rb") as file:
        data = torch.frombuffer(bytearray(file.read()), dtype=torch.int16).to(device, torch.int64) & 0xFFFF
    size, batch = config["block_size"], config["batch_size"]
    sequences = (len(data) - 1) // size
    inputs, targets = data[: sequences * size].view(-1, size), data[1 : sequences * size + 1].view(-1, size)
    later = torch.full((size, size), float("-inf"), device=device).triu(1)
    optimizer = torch.optim.AdamW(
        parameters.values(), betas=(config["beta1"], config["beta2"]), eps=config["epsilon"], weight_decay=config["weight_decay"]
    )
    warmup, steps = config["warmup_steps"], config["steps"]
    for step in range(steps):
        share = (step + 1) / warmup if step < warmup else (steps - step) / (steps - warmup)
        optimizer.param_groups[0]["lr"] = config["learning_rate"] * share
        rows = torch.arange(step * batch, (step + 1) * batch, device=device) % sequences
        logits = forward(parameters, config, inputs[rows], later)
        optimizer.zero_grad()
        functional.cross_entropy(logits.flatten(0, 1), targets[rows].flatten()).backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), config["gradient_clip"])
        optimizer.step()
    weights.save(config["output"], parameters)


if __name__ == "__main__":
    main()
