"""The language of profile cpu, and the masking. The same file lies in `workspace/` and in `scoring/`; scoring uses its own."""

import math

import torch

VOCABULARY, BLOCK, BATCH = 64, 16, 64
MASK = VOCABULARY
MASKED_SHARE = 0.15
RANK = 10


def sample(sequences, chance):
    """int64 [sequences, BLOCK] of a language in which each token depends on the two before it."""
    fixed = torch.Generator().manual_seed(61)
    nature = torch.randn(VOCABULARY, RANK, generator=fixed)
    first, second = (torch.randn(RANK, RANK, generator=fixed) / math.sqrt(RANK) for _ in range(2))
    after_first = 0.5 * nature @ first @ nature.T - 0.02 * torch.arange(VOCABULARY)
    after_second = 0.32 * nature @ second @ nature.T
    tokens = torch.randint(VOCABULARY, (sequences, 2), generator=chance)
    while tokens.shape[1] < BLOCK + 2:
        scores = after_first[tokens[:, -1]] + after_second[tokens[:, -2]]
        tokens = torch.cat([tokens, torch.multinomial(scores.softmax(dim=1), 1, generator=chance)], dim=1)
    return tokens[:, 2:]


def masked(tokens, chance):
    """The tokens with about 15 % of them replaced by MASK, and where: bool, of the same shape."""
    hidden = torch.rand(tokens.shape, generator=chance) < MASKED_SHARE
    return torch.where(hidden, torch.full_like(tokens, MASK), tokens), hidden
