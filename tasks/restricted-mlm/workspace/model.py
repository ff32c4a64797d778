"""The starting solution: every token by itself."""

from torch import nn

from language import VOCABULARY


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY + 1, 32)
        self.head = nn.Linear(32, VOCABULARY)

    def forward(self, tokens):
        """Logits [BATCH, BLOCK, VOCABULARY] for int64 tokens [BATCH, BLOCK], of which some are MASK."""
        return self.head(self.tokens(tokens).relu())
