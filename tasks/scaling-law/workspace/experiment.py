"""One training run of the scaling study: `python3 experiment.py WIDTH STEPS`. This file may not be changed.

A transformer with the given embedding width is trained for the given number of steps on fresh data, and its loss on
held-out data is printed. Every run is entered in runs.jsonl.

Profile cpu: a synthetic language, small sizes. Profile h100 (SCALING_PROFILE=h100): tokens from a file, the real sizes.
"""

import json
import math
import os
import sys
import time

# PyTorch's threads wait for each other spinning, which on a machine that does other things too makes a training several times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

PROFILES = {
    "cpu": {"layers": 2, "block": 16, "batch": 16, "vocabulary": 64, "largest_run": 2.5e9, "target": 2.5e10, "data": None},
    "h100": {"layers": 4, "block": 1024, "batch": 64, "vocabulary": 50304, "largest_run": 1e16, "target": 5e17, "data": "/data/openwebtext.bin"},
}
PROFILE = PROFILES[os.environ.get("SCALING_PROFILE", "cpu")]
LEARNING_RATE = 1e-2
HEAD_SIZE = 8
HELD_OUT_BATCHES = 40


def flops(width, steps):
    """Training FLOPs, as this study counts them."""
    return PROFILE["layers"] * width**2 * 12 * 6 * PROFILE["block"] * PROFILE["batch"] * steps


def train(width, steps, seed=0):
    """Loss in nats per token on held-out data after training."""
    used = flops(width, steps)
    if used > PROFILE["largest_run"]:
        sys.exit(f"This run needs {used:.2e} FLOPs; a run may use {PROFILE['largest_run']:.2e}, which are {PROFILE['largest_run'] // flops(width, 1):.0f} steps of this width.")
    loss = training_run(width, steps, seed)
    with open("runs.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps({"time": time.time(), "width": width, "steps": steps, "seed": seed, "flops": used, "loss": loss}) + "\n")
    return loss


def training_run(width, steps, seed):
    import torch
    from torch.nn import functional

    if width % HEAD_SIZE:
        sys.exit(f"The width must be a multiple of {HEAD_SIZE}.")
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = transformer(torch, width).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    batches = Language(torch, seed + 1) if PROFILE["data"] is None else TokenFile(torch, PROFILE["data"], seed + 1)
    warmup = max(steps // 20, 1)
    for step in range(steps):
        rate = (step + 1) / warmup if step < warmup else 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * math.sqrt(32 / width) * rate
        tokens = batches.next().to(device)
        loss = functional.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    held_out = Language(torch, 999) if PROFILE["data"] is None else TokenFile(torch, PROFILE["data"], None)
    total = 0.0
    with torch.no_grad():
        for _ in range(HELD_OUT_BATCHES):
            tokens = held_out.next().to(device)
            total += functional.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()).item()
    return total / HELD_OUT_BATCHES


class Language:
    """Batches of a synthetic language: each token depends on the two before it, and on chance."""

    def __init__(self, torch, seed):
        self.torch = torch
        fixed = torch.Generator().manual_seed(20)
        vocabulary, rank = PROFILE["vocabulary"], 16
        left, middle, right = (torch.randn(vocabulary, rank, generator=fixed) for _ in range(3))
        scores = (left @ right.T)[None] * 0.5 + (middle @ right.T)[:, None] * 0.5 - 0.03 * torch.arange(vocabulary)
        self.table = scores.softmax(dim=2).cumsum(dim=2)
        self.chance = torch.Generator().manual_seed(seed)

    def next(self):
        """int64 [batch, block + 1]"""
        torch, batch = self.torch, PROFILE["batch"]
        tokens = torch.zeros(batch, PROFILE["block"] + 3, dtype=torch.int64)
        tokens[:, :2] = torch.randint(PROFILE["vocabulary"], (batch, 2), generator=self.chance)
        chances = torch.rand(batch, PROFILE["block"] + 3, generator=self.chance)
        for place in range(2, PROFILE["block"] + 3):
            rows = self.table[tokens[:, place - 2], tokens[:, place - 1]]
            tokens[:, place] = (rows < chances[:, place, None]).sum(dim=1).clamp(max=PROFILE["vocabulary"] - 1)
        return tokens[:, 2:]


class TokenFile:
    """Batches of a file of unsigned 16-bit tokens; its last hundredth is held out, and read where there is no seed."""

    def __init__(self, torch, path, seed):
        import numpy

        self.torch, self.numpy = torch, numpy
        tokens = numpy.memmap(path, dtype=numpy.uint16, mode="r")
        border = len(tokens) * 99 // 100
        self.tokens = tokens[border:] if seed is None else tokens[:border]
        self.chance = numpy.random.default_rng(seed or 0)

    def next(self):
        starts = self.chance.integers(len(self.tokens) - PROFILE["block"] - 1, size=PROFILE["batch"])
        rows = [self.tokens[start : start + PROFILE["block"] + 1].astype(self.numpy.int64) for start in starts]
        return self.torch.from_numpy(self.numpy.stack(rows))


def transformer(torch, width):
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.project, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x):
            batch, length, _ = x.shape
            query, key, value = self.project(self.norm1(x)).view(batch, length, 3, -1, HEAD_SIZE).permute(2, 0, 3, 1, 4)
            later = torch.full((length, length), float("-inf"), device=x.device).triu(1)
            weights = (query @ key.transpose(2, 3) / math.sqrt(HEAD_SIZE) + later).softmax(dim=3)
            x = x + self.out((weights @ value).transpose(1, 2).reshape(batch, length, width))
            return x + self.down(nn.functional.gelu(self.up(self.norm2(x))))

    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(PROFILE["vocabulary"], width)
            self.positions = nn.Embedding(PROFILE["block"], width)
            self.blocks = nn.Sequential(*(Block() for _ in range(PROFILE["layers"])))
            self.norm = nn.LayerNorm(width)
            self.head = nn.Linear(width, PROFILE["vocabulary"])

        def forward(self, tokens):
            x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1], device=tokens.device))
            return self.head(self.norm(self.blocks(x)))

    return Transformer()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Usage: python3 experiment.py WIDTH STEPS")
    print(f"loss {train(int(sys.argv[1]), int(sys.argv[2])):.4f}")
