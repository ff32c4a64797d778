"""Scores a solution of "Optimize LLM Foundry": the natural logarithm of the seconds that its train.py takes.

Every scoring makes new data, a new initial model and a new config, has train.py run on them in processes of the
solution's own, and only afterwards trains the same model here, straightforwardly, to compare. So there are no reference
weights, nor anything to prepare, while the solution runs.

Run it in the workspace folder as `python3 -I score.py`: files of the workspace and PYTHON* variables stay out of this process.

Environment, besides what solver.py names (the profile in task.json gives it):
    FOUNDRY_LAYERS FOUNDRY_HEADS FOUNDRY_WIDTH FOUNDRY_VOCABULARY FOUNDRY_BLOCK FOUNDRY_BATCH FOUNDRY_STEPS   the sizes
    FOUNDRY_TOKENS    length of the data
    FOUNDRY_SECONDS   limit of train.py
    FOUNDRY_MILLINORM the largest difference to the right weights that is valid, in thousandths
    FOUNDRY_GPUS, FOUNDRY_GPU_MODEL   how many GPUs are needed, and a part of their name
"""

import ctypes
import json
import math
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gpu
from solver import Invalid, Solver, Unable, keep_modules, report, say, sha256, whole_number

SETTINGS = {"hidden": ("FOUNDRY_",)}
LARGEST_FILE_BYTES = 20_000_000_000
HERE = os.path.dirname(os.path.abspath(__file__))


def measure(details):
    keep_modules(HERE, "weights", "model")
    seconds_limit = whole_number("FOUNDRY_SECONDS", 1, 3600)
    largest_difference = whole_number("FOUNDRY_MILLINORM", 1, 10**6) / 1000
    with Solver(**SETTINGS) as solver:
        source = solver.read("train.py", 10_000_000)
        if source is None:
            raise Invalid("There is no readable file train.py in the workspace.")
        details["sha256"] = sha256(source)
        torch, weights = pytorch()
        config = new_config(solver)
        random_numbers = torch.Generator().manual_seed(int.from_bytes(os.urandom(7), "little"))
        tokens = new_tokens(torch, random_numbers, config["vocabulary"])
        initial = new_model(torch, random_numbers, config)
        small = tokens.to(torch.int16).contiguous()
        solver.put("tokens.bin", ctypes.string_at(small.data_ptr(), 2 * small.numel()))
        solver.put("initial.safetensors", weights.to_bytes(initial))
        solver.put("config.json", json.dumps(config).encode())
        say("Running train.py")
        seconds = solver.run(["train.py", solver.path("config.json")], seconds_limit, "train.py")
        details["processorSeconds"] = solver.processor_seconds
        say(f"train.py took {seconds:.2f} s; training the same model here, to compare")
        written = solver.read(config["output"], min(LARGEST_FILE_BYTES, 2 * sum(4 * part.numel() for part in initial.values()) + 10**6), "The trained model")
    if written is None:
        raise Invalid("train.py did not write the trained model where the config says (output).")
    try:
        trained = weights.from_bytes(written)
    except ValueError as error:
        raise Invalid(f"The trained model cannot be read. {error}") from None
    check_names(trained, initial)
    right = train(torch, config, initial, tokens)
    moved = sum((right[name] - initial[name]).norm().item() for name in initial)
    difference = sum((trained[name] - right[name]).norm().item() for name in initial)
    details["normOfTraining"] = moved
    if not difference <= largest_difference:
        raise Invalid(f"The trained weights differ too much from those of the starting script: {difference:.4f}, at most {largest_difference} is valid.")
    return math.log(seconds), {
        "seconds": round(seconds, 3),
        "normDifference": round(difference, 6),
        "largestNormDifference": largest_difference,
    }


def pytorch():
    try:
        import torch
        import weights
    except ImportError as error:
        raise Unable(f"PyTorch cannot be loaded by {sys.executable} ({error}); install it for this python3.") from None
    gpu.expect(torch, whole_number("FOUNDRY_GPUS", 0, 64), os.environ.get("FOUNDRY_GPU_MODEL", ""))
    # PyTorch loads what optimisers need with the first one: now, not once something of the solution runs.
    torch.optim.AdamW([torch.zeros(1, requires_grad=True)]).zero_grad()
    return torch, weights


def new_config(solver):
    """Sizes as the profile says; everything else differs from scoring to scoring, so that the script has to read it."""
    size = {name: whole_number(f"FOUNDRY_{name.upper()}", 1, 10**6) for name in ("layers", "heads", "width", "vocabulary")}
    chance = random.SystemRandom()
    return {
        "data": solver.path("tokens.bin"),
        "initial": solver.path("initial.safetensors"),
        "output": solver.path(f"trained-{chance.randrange(10**9)}.safetensors"),
        **size,
        "block_size": whole_number("FOUNDRY_BLOCK", 1, 10**6),
        "steps": whole_number("FOUNDRY_STEPS", 2, 10**6),
        "batch_size": whole_number("FOUNDRY_BATCH", 1, 10**6),
        "learning_rate": chance.uniform(0.8e-3, 1.2e-3),
        "warmup_steps": chance.randint(1, whole_number("FOUNDRY_STEPS", 2, 10**6) // 3 + 1),
        "beta1": chance.uniform(0.85, 0.92),
        "beta2": chance.uniform(0.93, 0.97),
        "epsilon": chance.uniform(0.5e-6, 2e-6),
        "weight_decay": chance.uniform(0.05, 0.2),
        # Below the norms of the gradients, so that it always has an effect.
        "gradient_clip": chance.uniform(0.1, 0.35),
    }


def new_tokens(torch, random_numbers, vocabulary):
    """A sequence with something to learn: each token is followed by one of four, chosen at random for this scoring."""
    length = whole_number("FOUNDRY_TOKENS", 100, 10**9)
    followers = torch.randint(vocabulary, (vocabulary, 4), generator=random_numbers).tolist()
    choices = torch.randint(4, (length,), generator=random_numbers).tolist()
    tokens, token = [], 0
    for choice in choices:
        token = followers[token][choice]
        tokens.append(token)
    return torch.tensor(tokens)


def new_model(torch, random_numbers, config):
    """Weights of a model that has been trained already, as far as sizes go: norms near 1, small noise elsewhere."""
    from model import LanguageModel

    initial = {}
    for name, parameter in LanguageModel(config).state_dict().items():
        noise = torch.randn(parameter.shape, generator=random_numbers)
        initial[name] = (1 if "norm" in name and name.endswith("weight") else 0) + 0.02 * noise
    return initial


def check_names(trained, initial):
    if set(trained) != set(initial):
        name = sorted(set(trained) ^ set(initial))[0]
        raise Invalid(f"The trained model {'lacks' if name in initial else 'has an unknown'} tensor {name[:100]!r}.")
    for name, tensor in trained.items():
        if tensor.shape != initial[name].shape:
            raise Invalid(f"Tensor {name!r} of the trained model has shape {list(tensor.shape)} instead of {list(initial[name].shape)}.")


def train(torch, config, initial, tokens):
    """What train.py has to do, a batch at a time."""
    from model import LanguageModel

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = LanguageModel(config).to(device)
    model.load_state_dict(initial)
    optimizer = torch.optim.AdamW(
        model.parameters(), betas=(config["beta1"], config["beta2"]), eps=config["epsilon"], weight_decay=config["weight_decay"]
    )
    size, steps, warmup = config["block_size"], config["steps"], config["warmup_steps"]
    sequences = (len(tokens) - 1) // size
    inputs, targets = tokens[: sequences * size].view(-1, size), tokens[1 : sequences * size + 1].view(-1, size)
    for step in range(steps):
        share = (step + 1) / warmup if step < warmup else (steps - step) / (steps - warmup)
        optimizer.param_groups[0]["lr"] = config["learning_rate"] * share
        rows = torch.arange(step * config["batch_size"], (step + 1) * config["batch_size"]) % sequences
        logits = model(inputs[rows].to(device))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets[rows].flatten().to(device)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config["gradient_clip"])
        optimizer.step()
    return {name: parameter.detach().cpu() for name, parameter in model.state_dict().items()}


if __name__ == "__main__":
    report(measure)
