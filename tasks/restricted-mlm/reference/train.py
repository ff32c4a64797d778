"""`python3 train.py OUTPUT` trains Model and writes it to OUTPUT."""

import sys

import torch

import language
import restricted
from model import Model

STEPS = 45


def main():
    torch.manual_seed(1)
    chance = torch.Generator().manual_seed(2)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=STEPS)
    data = language.sample(language.BATCH * STEPS, chance).split(language.BATCH)
    for step, tokens in enumerate(data):
        given, _ = language.masked(tokens, chance)
        logits = model(given)
        hidden = given == language.MASK
        loss = torch.nn.functional.cross_entropy(logits[hidden], tokens[hidden])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 20 == 19:
            print(f"step {step + 1}: loss {loss.item():.3f}", flush=True)
    restricted.save(sys.argv[1], model)


if __name__ == "__main__":
    main()
