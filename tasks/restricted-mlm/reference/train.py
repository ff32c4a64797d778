"""`python3 train.py OUTPUT` trains Model and writes it to OUTPUT. It trains on the masked places alone: the others have no loss."""

import sys

import torch

import language
import restricted
from model import REACH, Model

SEQUENCES = 12_000
STEPS = 180
PLACES = 2048


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    chance = torch.Generator().manual_seed(2)
    tokens = language.sample(SEQUENCES, chance)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-2, total_steps=STEPS, pct_start=0.1)
    edge = torch.full((SEQUENCES, REACH), language.MASK)
    for step in range(STEPS):
        rows = torch.randint(SEQUENCES, (PLACES,), generator=chance)
        places = torch.randint(language.BLOCK, (PLACES,), generator=chance)
        # Masked anew every time, so that no place is seen twice with the same neighbours hidden.
        given, _ = language.masked(tokens[rows], chance)
        padded = torch.cat([edge[:PLACES], given, edge[:PLACES]], dim=1)
        around = [padded.gather(1, (places + distance)[:, None])[:, 0] for distance in range(2 * REACH + 1) if distance != REACH]
        loss = torch.nn.functional.cross_entropy(model.answer(around), tokens[rows, places])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 50 == 49:
            print(f"step {step + 1}: loss {loss.item():.3f}", flush=True)
    restricted.save(sys.argv[1], model)


if __name__ == "__main__":
    main()
