"""Better than the starting solution: pairs rows of the two embeddings by how far they lie from all others, and leaves it at that."""

import sys

import torch

import inputs
import weights

model = inputs.broken_large_model()
broken = model.tokens.weight.detach().clone()
small = inputs.small_model().tokens.weight.detach()
signatures = [torch.cdist(embedding, embedding).sort(dim=1).values for embedding in (small, broken)]
with torch.no_grad():
    model.tokens.weight.copy_(broken[torch.cdist(signatures[0], signatures[1]).argmin(dim=1)])
weights.save(sys.argv[1], model.state_dict())
