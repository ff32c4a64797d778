"""Trains Model for longer, and with larger steps: `python3 train.py OUTPUT`."""

import sys

import torch

import language
import restricted
from model import Model

STEPS = 60


def main():
    torch.manual_seed(1)
    chance = torch.Generator().manual_seed(2)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(STEPS):
        tokens = language.sample(language.BATCH, chance)
        given, hidden = language.masked(tokens, chance)
        loss = torch.nn.functional.cross_entropy(model(given)[hidden], tokens[hidden])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 10 == 9:
            print(f"step {step + 1}: loss {loss.item():.3f}", flush=True)
    restricted.save(sys.argv[1], model)


if __name__ == "__main__":
    main()
