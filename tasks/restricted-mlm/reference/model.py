"""The author's solution: each place adds up what its neighbours say, by a table for each distance, and a hidden layer corrects it.

A table is an embedding whose rows are logits. What neighbours say of the token between them does add up in a language in which each token
depends on the few before it, as long as none of the neighbours is masked; the hidden layer is there for those that are.
"""

import torch
from torch import nn

from language import BATCH, BLOCK, MASK, VOCABULARY

REACH = 3
HIDDEN = 32


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(VOCABULARY + 1, VOCABULARY + HIDDEN) for _ in range(2 * REACH))
        self.head = nn.Linear(HIDDEN, VOCABULARY)
        # What lies beyond the ends is as unknown as what is masked.
        self.register_buffer("edge", torch.full((BATCH, REACH), MASK))
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.1)

    def forward(self, tokens):
        x = torch.cat([self.edge, tokens, self.edge], dim=1)
        places = [place for place in range(2 * REACH + 1) if place != REACH]
        return self.answer([x[:, place : place + BLOCK] for place in places])

    def answer(self, neighbours):
        """Logits [..., VOCABULARY], for the tokens [...] at each distance."""
        said = self.tables[0](neighbours[0])
        for table, tokens in zip(list(self.tables)[1:], neighbours[1:]):
            said = said + table(tokens)
        return said[..., :VOCABULARY] + self.head(said[..., VOCABULARY:].relu())
