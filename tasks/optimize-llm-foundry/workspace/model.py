"""The language model that is fine-tuned. `config` has vocabulary, block_size, layers, heads, width."""

import math

import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config["heads"]
        self.project = nn.Linear(config["width"], 3 * config["width"])
        self.out = nn.Linear(config["width"], config["width"])

    def forward(self, x):
        length, width = x.shape[1], x.shape[2]
        size = width // self.heads
        query, key, value = self.project(x).split(width, dim=2)
        mixed = []
        for head in range(self.heads):
            part = slice(head * size, (head + 1) * size)
            scores = query[:, :, part] @ key[:, :, part].transpose(1, 2) / math.sqrt(size)
            later = torch.ones(length, length, device=x.device).triu(1).bool()
            scores = scores.masked_fill(later, float("-inf"))
            mixed.append(scores.softmax(dim=-1) @ value[:, :, part])
        return self.out(torch.cat(mixed, dim=2))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["width"]
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(config)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(nn.functional.gelu(self.up(self.norm2(x))))


class LanguageModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.tokens = nn.Embedding(config["vocabulary"], config["width"])
        self.positions = nn.Embedding(config["block_size"], config["width"])
        self.blocks = nn.ModuleList(Block(config) for _ in range(config["layers"]))
        self.norm = nn.LayerNorm(config["width"])
        self.head = nn.Linear(config["width"], config["vocabulary"], bias=False)

    def forward(self, tokens):
        """Logits [batch, length, vocabulary] for int64 tokens [batch, length]."""
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))
