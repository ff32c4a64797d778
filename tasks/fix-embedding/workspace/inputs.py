"""What you are given, in profile cpu: a broken large model, a healthy small one, and training data. This file may not be changed.

Everything is made here, from fixed seeds, in place of files to download. How the large model was broken, and what it
was before, may not be taken from here.
"""

import math

import torch

from model import LanguageModel

VOCABULARY, BLOCK, RANK = 256, 16, 12
LARGE, SMALL = 64, 36


class Language:
    """Each token depends on the one before and on the one before that."""

    def __init__(self):
        fixed = torch.Generator().manual_seed(41)
        self.nature = torch.randn(VOCABULARY, RANK, generator=fixed)
        first, second = (torch.randn(RANK, RANK, generator=fixed) / math.sqrt(RANK) for _ in range(2))
        self.first, self.second = 0.7 * first, 0.55 * second
        self.rarity = 0.01 * torch.arange(VOCABULARY)

    def sample(self, sequences, chance):
        """int64 [sequences, BLOCK + 1]"""
        after_first = self.nature @ self.first @ self.nature.T - self.rarity
        after_second = self.nature @ self.second @ self.nature.T
        tokens = torch.randint(VOCABULARY, (sequences, 1), generator=chance)
        scores = after_first[tokens[:, 0]]
        while tokens.shape[1] <= BLOCK:
            tokens = torch.cat([tokens, torch.multinomial(scores.softmax(dim=1), 1, generator=chance)], dim=1)
            scores = after_first[tokens[:, -1]] + after_second[tokens[:, -2]]
        return tokens


def healthy(width, noise, seed):
    """A model that knows the language; `noise` makes it know less."""
    chance = torch.Generator().manual_seed(seed)
    language, waves = Language(), min(8, (width - 2 * RANK) // 2)
    nature = language.nature + noise * torch.randn(VOCABULARY, RANK, generator=chance)
    basis, _ = torch.linalg.qr(torch.randn(width, width, generator=chance))
    token, place, before = basis[:, :RANK], basis[:, RANK : RANK + 2 * waves], basis[:, RANK + 2 * waves : 2 * RANK + 2 * waves]
    speed = torch.linspace(0.4, 2.8, waves)

    def waves_at(position):
        return torch.cat([torch.cos(speed * position), torch.sin(speed * position)])

    back = torch.zeros(2 * waves, 2 * waves)
    for wave in range(waves):
        cos, sin = math.cos(speed[wave]), math.sin(speed[wave])
        back[wave, wave] = back[wave + waves, wave + waves] = cos
        back[wave, wave + waves], back[wave + waves, wave] = sin, -sin
    model = LanguageModel(VOCABULARY, width, BLOCK)
    state = {
        "tokens.weight": nature @ token.T,
        "positions.weight": torch.stack([waves_at(position) for position in range(BLOCK)]) @ place.T,
        "query.weight": 12 * math.sqrt(width) * place @ back @ place.T,
        "key.weight": place @ place.T,
        "value.weight": token @ token.T,
        "out.weight": before @ token.T,
        "up.weight": 0.1 * torch.randn(2 * width, width, generator=chance),
        "down.weight": torch.zeros(width, 2 * width),
        "head.weight": torch.cat([nature @ language.first.T, nature @ language.second.T], dim=1) @ torch.cat([token, before], dim=1).T,
        "head.bias": -language.rarity,
    }
    model.load_state_dict(state)
    return model


def broken_large_model():
    """LanguageModel of width LARGE; the rows of its token embedding were put in another order."""
    model = healthy(LARGE, 0.0, seed=42)
    order = torch.randperm(VOCABULARY, generator=torch.Generator().manual_seed(43))
    with torch.no_grad():
        model.tokens.weight.copy_(model.tokens.weight[order].clone())
    return model


def small_model():
    """LanguageModel of width SMALL, healthy."""
    return healthy(SMALL, 0.12, seed=44)


def training_data():
    """int64 [8192, BLOCK + 1]: sequences of the language."""
    return Language().sample(8192, torch.Generator().manual_seed(45))
