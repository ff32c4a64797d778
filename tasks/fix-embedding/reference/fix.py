"""The author's solution: finds which row of the broken embedding belongs to which token, by the distances between rows.

Both models were trained on one language, so a token lies about as far from all others in the small model's embedding as
in the large one's. The sorted distances of a row are its signature. Where that is unsure, a linear map from the small
embedding to the large one, fitted to all pairs so far, settles it.
"""

import sys

import torch

import inputs
import weights


def assign(costs):
    """A pairing of rows and columns with small cost: the cheapest pair first, greedily."""
    pairs = torch.full((len(costs),), -1)
    costs = costs.clone()
    for _ in range(len(costs)):
        row, column = divmod(costs.argmin().item(), costs.shape[1])
        pairs[row] = column
        costs[row], costs[:, column] = float("inf"), float("inf")
    return pairs


def main():
    model = inputs.broken_large_model()
    broken = model.tokens.weight.detach().clone()
    small = inputs.small_model().tokens.weight.detach()
    signatures = [torch.cdist(embedding, embedding).sort(dim=1).values for embedding in (small, broken)]
    pairs = assign(torch.cdist(signatures[0], signatures[1]))
    for _ in range(40):
        # Only pairs that fit best decide the map, so that wrong ones lose their say.
        fitted = torch.linalg.lstsq(small, broken[pairs], driver="gelsd").solution
        worth = (small @ fitted - broken[pairs]).norm(dim=1).argsort()[: len(small) * 3 // 4]
        fitted = torch.linalg.lstsq(small[worth], broken[pairs[worth]], driver="gelsd").solution
        better = assign(torch.cdist(small @ fitted, broken))
        if torch.equal(better, pairs):
            break
        pairs = better
    with torch.no_grad():
        model.tokens.weight.copy_(broken[pairs])
    weights.save(sys.argv[1], model.state_dict())


if __name__ == "__main__":
    main()
