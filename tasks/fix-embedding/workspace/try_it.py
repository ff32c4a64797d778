"""`python3 try_it.py FILE` prints the loss of a model on the last tenth of the training data. The scoring never runs this file."""

import sys

import torch

import inputs
import weights


def loss_of(model, tokens):
    with torch.no_grad():
        logits = model(tokens[:, :-1])
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).item()


if __name__ == "__main__":
    tokens = inputs.training_data()[-819:]
    print(f"small model: loss {loss_of(inputs.small_model(), tokens):.4f}")
    model = inputs.broken_large_model()
    print(f"broken large model: loss {loss_of(model, tokens):.4f}")
    if len(sys.argv) > 1:
        model.load_state_dict(weights.load(sys.argv[1]))
        print(f"{sys.argv[1]}: loss {loss_of(model, tokens):.4f}")
