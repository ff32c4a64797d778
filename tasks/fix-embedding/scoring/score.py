"""Scores a solution of "Fix Embedding": the natural logarithm of the large model's validation loss less 1.5.

The weights are read as plain numbers and evaluated here, in the scorer's own copy of the architecture, on data that are
sampled anew for every scoring (profile cpu) or lie in protected/ (profile h100). Nothing of the solution runs in this process.

Run it in the workspace folder as `python3 -I score.py`.

Environment, besides what solver.py names (the profile in task.json gives it):
    EMBEDDING_PROFILE   cpu or h100
    EMBEDDING_SECONDS   limit of fix.py, where there is no weights file
    EMBEDDING_GPUS, EMBEDDING_GPU_MODEL   how many GPUs are needed, and a part of their name
"""

import math
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gpu
from solver import Invalid, Solver, Unable, keep_modules, report, say, sha256, whole_number

WEIGHTS = "fixed.safetensors"
LARGEST_FILE_BYTES = {"cpu": 2_000_000, "h100": 14_000_000_000}
SEQUENCES = 1024
HERE = os.path.dirname(os.path.abspath(__file__))


def measure(details):
    keep_modules(HERE, "weights", "inputs", "model")
    profile = os.environ.get("EMBEDDING_PROFILE", "cpu")
    with Solver(hidden=("EMBEDDING_",)) as solver:
        content = solver.read(WEIGHTS, LARGEST_FILE_BYTES[profile])
        details["weights"] = "fix.py" if content is None else "file"
        if content is None and solver.read("fix.py", 10_000_000) is None:
            raise Invalid(f"There is neither {WEIGHTS} nor fix.py in the workspace.")
        # Before anything of the solution runs: what it writes to packages meanwhile does not count.
        torch, weights = pytorch()
        # Files are looked for before anyone waits for fix.py; data are sampled only when it has ended.
        ready = evaluation(torch) if profile == "h100" else None
        if content is None:
            content = weights_of_program(solver, LARGEST_FILE_BYTES[profile])
    model, tokens = ready or evaluation(torch)
    expected = model.state_dict()
    details["sha256"] = sha256(content)
    try:
        given = weights.from_bytes(content)
    except ValueError as error:
        raise Invalid(f"The weights cannot be read. {error}") from None
    if set(given) != set(expected):
        name = sorted(set(given) ^ set(expected))[0]
        raise Invalid(f"The weights {'lack' if name in expected else 'have an unknown'} tensor {name[:100]!r}.")
    for name, tensor in given.items():
        if tensor.shape != expected[name].shape:
            raise Invalid(f"Tensor {name!r} has shape {list(tensor.shape)} instead of {list(expected[name].shape)}.")
        if not torch.isfinite(tensor).all():
            raise Invalid(f"Tensor {name!r} has values that are not finite.")
    model.load_state_dict(given)
    loss = mean_loss(torch, model, tokens)
    if not 1.5 < loss < 1e6:
        raise Invalid(f"The validation loss is {loss:.4g}; a loss from 1.5 to 1,000,000 can be scored.")
    say(f"Validation loss {loss:.4f}")
    return math.log(loss - 1.5), {"loss": round(loss, 4)}


def weights_of_program(solver, limit):
    """What fix.py writes."""
    say(f"There is no {WEIGHTS}; running fix.py")
    solver.run(["fix.py", solver.path(WEIGHTS)], whole_number("EMBEDDING_SECONDS", 1, 36_000), "fix.py")
    content = solver.read(solver.path(WEIGHTS), limit, WEIGHTS)
    if content is None:
        raise Invalid("fix.py wrote no weights to the path it was given.")
    return content


def pytorch():
    try:
        import torch
        import weights
    except ImportError as error:
        raise Unable(f"PyTorch cannot be loaded by {sys.executable} ({error}); install it for this python3.") from None
    gpu.expect(torch, whole_number("EMBEDDING_GPUS", 0, 64), os.environ.get("EMBEDDING_GPU_MODEL", ""))
    return torch, weights


def evaluation(torch):
    """An empty model of the right architecture, and int64 [sequences, length + 1] to evaluate it on."""
    if os.environ.get("EMBEDDING_PROFILE") == "h100":
        return evaluation_of_gpt2(torch)
    import inputs

    chance = torch.Generator().manual_seed(int.from_bytes(os.urandom(7), "little"))
    return inputs.LanguageModel(inputs.VOCABULARY, inputs.LARGE, inputs.BLOCK), inputs.Language().sample(SEQUENCES, chance)


def evaluation_of_gpt2(torch):
    """GPT-2 XL with a scrambled embedding, evaluated on held-out web text."""
    try:
        import numpy
        from transformers import GPT2Config, GPT2LMHeadModel
    except ImportError as error:
        raise Unable(f"this profile needs numpy and transformers ({error}); install them for {sys.executable}.") from None
    path = os.path.join(HERE, "..", "protected", "validation.bin")
    try:
        tokens = numpy.fromfile(path, dtype=numpy.uint16)[: 256 * 1025].astype(numpy.int64).reshape(-1, 1025)
    except (OSError, ValueError):
        raise Unable("the validation data (protected/validation.bin) are not here: the author makes them with prepare_h100.py and keeps them; score on a box that the task was provisioned on.") from None

    class Logits(GPT2LMHeadModel):
        def forward(self, tokens):
            return super().forward(tokens).logits

    return Logits(GPT2Config(n_embd=1600, n_layer=48, n_head=25, tie_word_embeddings=False)), torch.from_numpy(tokens)


def mean_loss(torch, model, tokens):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).eval()
    total = 0.0
    with torch.no_grad():
        for rows in tokens.split(256 if device == "cpu" else 4):
            rows = rows.to(device)
            logits = model(rows[:, :-1]).float()
            total += torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()).item() * len(rows)
    return total / len(tokens)


if __name__ == "__main__":
    report(measure)
