"""The language model of profile cpu: a transformer of one block. Its architecture is fixed."""

import math

import torch
from torch import nn


class LanguageModel(nn.Module):
    def __init__(self, vocabulary, width, block):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(block, width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.up, self.down = nn.Linear(width, 2 * width, bias=False), nn.Linear(2 * width, width, bias=False)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, tokens):
        """Logits [batch, length, vocabulary] of the next tokens, for int64 tokens [batch, length]."""
        length = tokens.shape[1]
        x = self.tokens(tokens) + self.positions(torch.arange(length, device=tokens.device))
        scores = self.query(x) @ self.key(x).transpose(1, 2) / math.sqrt(x.shape[2])
        later = torch.full((length, length), float("-inf"), device=x.device).triu(1)
        x = x + self.out((scores + later).softmax(dim=2) @ self.value(x))
        x = x + self.down(self.up(x).relu())
        return self.head(x)
