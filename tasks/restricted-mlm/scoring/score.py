"""Scores a solution of "Restricted Architecture MLM": the natural logarithm of the loss on masked tokens less 1.5.

A solution is a program of permitted operations and its weights, in one file. It is run by an interpreter here, which knows
only these operations, on data that are sampled anew for every scoring (profile cpu) or lie in protected/ (h100). No code
of the solution runs in this process.

Run it in the workspace folder as `python3 -I score.py`.

Environment, besides what solver.py names (the profile in task.json gives it):
    MLM_PROFILE   cpu or h100
    MLM_SECONDS   limit of train.py, where there is no file of the solution
    MLM_MEGABYTES largest file of a solution
    MLM_GPUS, MLM_GPU_MODEL   how many GPUs are needed, and a part of their name
"""

import json
import math
import os
import resource
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gpu
from solver import Invalid, Solver, Unable, keep_modules, report, say, sha256, whole_number

SOLUTION = "model.safetensors"
PROGRAM_MEMORY_BYTES = 4_000_000_000
BATCHES = 128
HERE = os.path.dirname(os.path.abspath(__file__))


def measure(details):
    keep_modules(HERE, "weights", "interpreter", "language")
    largest = whole_number("MLM_MEGABYTES", 1, 100_000) * 10**6
    with Solver(hidden=("MLM_",)) as solver:
        content = solver.read(SOLUTION, largest)
        details["weights"] = "train.py" if content is None else "file"
        if content is None and solver.read("train.py", 10_000_000) is None:
            raise Invalid(f"There is neither {SOLUTION} nor train.py in the workspace.")
        # Before anything of the solution runs: what it writes to packages meanwhile does not count.
        torch, weights, interpreter = pytorch()
        # Files are looked for before anyone waits for train.py; data are sampled only when it has ended.
        ready = evaluation(torch) if os.environ.get("MLM_PROFILE") == "h100" else None
        if content is None:
            content = file_of_program(solver, largest)
    data = ready or evaluation(torch)
    details["sha256"] = sha256(content)
    try:
        tensors = weights.from_bytes(content)
        program = json.loads(weights.metadata_of(content)["program"])
    except KeyError:
        raise Invalid(f"{SOLUTION} has no program in it; restricted.save() writes one.") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise Invalid(f"{SOLUTION} cannot be read. {error}") from None
    details["operations"] = len(program) if isinstance(program, list) else 0
    loss = mean_loss(torch, interpreter, program, tensors, *data)
    if not 1.5 < loss < 1e6:
        raise Invalid(f"The loss is {loss:.4g}; a loss from 1.5 to 1,000,000 can be scored.")
    say(f"Loss on masked tokens {loss:.4f}")
    return math.log(loss - 1.5), {"loss": round(loss, 4), "operations": len(program)}


def file_of_program(solver, largest):
    """What train.py writes."""
    say(f"There is no {SOLUTION}; running train.py")
    solver.run(["train.py", solver.path(SOLUTION)], whole_number("MLM_SECONDS", 1, 36_000), "train.py")
    content = solver.read(solver.path(SOLUTION), largest, SOLUTION)
    if content is None:
        raise Invalid("train.py wrote nothing to the path it was given.")
    return content


def pytorch():
    try:
        import torch
        import interpreter
        import weights
    except ImportError as error:
        raise Unable(f"PyTorch cannot be loaded by {sys.executable} ({error}); install it for this python3.") from None
    gpu.expect(torch, whole_number("MLM_GPUS", 0, 64), os.environ.get("MLM_GPU_MODEL", ""))
    return torch, weights, interpreter


def evaluation(torch):
    """Tokens, tokens with masks, where the masks are (all [n, block]), number of tokens, and size of a batch."""
    chance = torch.Generator().manual_seed(int.from_bytes(os.urandom(7), "little"))
    if os.environ.get("MLM_PROFILE") == "h100":
        return evaluation_of_text(torch, chance)
    import language

    tokens = language.sample(language.BATCH * BATCHES, chance)
    return (tokens, *language.masked(tokens, chance), language.VOCABULARY, language.BATCH)


def evaluation_of_text(torch, chance):
    """Held-out web text, 50,257 tokens and the mask, in batches of 32 sequences of 128."""
    path = os.path.join(HERE, "..", "protected", "validation.bin")
    try:
        import numpy

        tokens = torch.from_numpy(numpy.fromfile(path, dtype=numpy.uint16)[: 1024 * 128].astype(numpy.int64).reshape(-1, 128))
    except ImportError as error:
        raise Unable(f"this profile needs numpy ({error}); install it for {sys.executable}.") from None
    except (OSError, ValueError):
        raise Unable("the validation data (protected/validation.bin) are not here: the author makes them with prepare_h100.py and keeps them; score on a box that the task was provisioned on.") from None
    hidden = torch.rand(tokens.shape, generator=chance) < 0.15
    return tokens, torch.where(hidden, torch.full_like(tokens, 50257), tokens), hidden, 50257, 32


def mean_loss(torch, interpreter, program, tensors, tokens, given, hidden, vocabulary, batch):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        limit_memory()
    tensors = {name: tensor.to(device) for name, tensor in tensors.items()}
    total, count = 0.0, 0
    with torch.no_grad():
        for rows, masked, places in zip(tokens.split(batch), given.split(batch), hidden.split(batch)):
            try:
                logits = interpreter.run(program, tensors, masked.to(device))
            except interpreter.Refused as reason:
                raise Invalid(f"The program is refused. {reason}.") from None
            if not logits.dtype.is_floating_point:
                raise Invalid("The program makes whole numbers instead of logits.")
            if logits.shape != (*masked.shape, vocabulary):
                raise Invalid(f"The program makes a tensor of shape {list(logits.shape)} instead of logits {[*masked.shape, vocabulary]}.")
            loss = torch.nn.functional.cross_entropy(logits[places.to(device)].float(), rows[places].to(device), reduction="sum").item()
            total, count = total + loss, count + int(places.sum())
    return total / count


def limit_memory():
    """A program that asks for more memory than this is refused, before it brings down the scorer or the machine."""
    try:
        with open("/proc/self/statm", "rb") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + PROGRAM_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (OSError, ValueError):
        # Where the system has no such limit, or a lower one.
        pass


if __name__ == "__main__":
    report(measure)
