"""Better than the starting solution: every token sees its two neighbours, added up."""

import torch
from torch import nn

from language import BATCH, VOCABULARY


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY + 1, 32)
        self.edge = nn.Parameter(torch.zeros(BATCH, 1, 32))
        self.left, self.right = nn.Linear(32, 64), nn.Linear(32, 64)
        self.own = nn.Linear(32, 64)
        self.head = nn.Linear(64, VOCABULARY)

    def forward(self, tokens):
        x = torch.cat([self.edge, self.tokens(tokens), self.edge], dim=1)
        return self.head((self.own(x[:, 1:-1]) + self.left(x[:, :-2]) + self.right(x[:, 2:])).relu())
