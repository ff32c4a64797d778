"""Scores a solution that works on a tensor of PyTorch, on a GPU: the milliseconds of one call.

The data never come over the channel. Both sides hold two vectors of random numbers; the vector of a call is the first one XORed
with the second one turned by a distance that is sent when the clock starts, so there is nothing to work on before. When the solution
says that it is done, it is asked for some thousand elements of its result at random places, and the clock stops when they are here: a result
that is not there yet cannot be told. Then the whole result is fetched and compared, and so are those elements with it.

What making the vector and fetching the elements takes is measured here, on the same GPU, and taken off: no more of it than before the
solution was started, since what that leaves to the GPU goes on while its processes are paused. What is left counts as no less
than copying the vector takes, which reads and writes as much as any solution must: one that works the making of the vector into its own
computation would otherwise have time taken off that it never spent.
"""

import os
import random
import site
import statistics
import struct
import sys
import time

from score import CALLS, Invalid, LOADING_SECONDS, SOLUTION, Solver, Unable, fingerprint_of_solution, gc, middle_of_timed, say, whole_number

LARGEST_VECTOR = 1_000_000_000
SAMPLES = 4096
SEED_BITS = 62


def measure(workspace, details):
    """Returns the milliseconds of a timed call and the number of elements; raises Invalid or Unable."""
    torch = pytorch()
    device = os.environ["KERNEL_DEVICE"]
    elements = whole_number("KERNEL_ELEMENTS", None, 2, LARGEST_VECTOR)
    call_seconds = whole_number("KERNEL_CALL_SECONDS", 20, 1, 3600)
    details.update({"sha256": fingerprint_of_solution(workspace), "torch": torch.__version__, "device": torch.cuda.get_device_name() if device == "cuda" else device})
    chance = random.SystemRandom()
    say("Measuring what is taken off")
    at_rest = own_times(torch, *(random_vector(torch, elements, device, seed) for seed in (1, 2)), elements // 3, [chance.randrange(elements) for _ in range(SAMPLES)], device)
    with Solver(workspace, elements, device, script="tensor_process.py") as solver:
        say(f"Loading {SOLUTION}")
        solver.wait_until_ready("while it was loaded", LOADING_SECONDS)
        for name in CALLS:
            details.setdefault("milliseconds", []).append(checked_call(torch, solver, name, elements, device, call_seconds, chance, at_rest, details))
        details["processesAtTheEnd"] = len(solver.processes())
    return middle_of_timed(details["milliseconds"]), elements


def pytorch():
    # Packages are taken in only now: the other profile does without them.
    site.main()
    try:
        import torch
    except ImportError as error:
        raise Unable(f"PyTorch cannot be loaded by {sys.executable} ({error}); install it for this python3.") from None
    sys.modules["solver"] = sys.modules["score"]
    import gpu

    gpu.expect(torch, whole_number("KERNEL_GPUS", 0, 0, 64), os.environ.get("KERNEL_GPU_MODEL", ""))
    if os.environ["KERNEL_DEVICE"] == "cuda" and not torch.cuda.is_available():
        raise Unable("this profile needs an NVIDIA GPU, and PyTorch finds none; use a box that has one, or the profile cpu.")
    return torch


def checked_call(torch, solver, name, elements, device, seconds, chance, at_rest, details):
    seeds = [chance.getrandbits(SEED_BITS) for _ in range(2)]
    shift, places = chance.randrange(1, elements), [chance.randrange(elements) for _ in range(SAMPLES)]
    with solver.explained(f"before {name}", seconds):
        solver.socket.settimeout(seconds)
        solver.socket.sendall(struct.pack("<2q", *seeds))
        solver.expect(b"R", time.monotonic() + seconds)
    solver.freeze()
    first, second = (random_vector(torch, elements, device, seed) for seed in seeds)
    asked = struct.pack(f"<{SAMPLES}q", *places)
    overhead, copying = lesser(at_rest, own_times(torch, first, second, shift, places, device))
    if solver.has_unread_answer():
        raise Invalid(f"The solution's process sent something before {name} was made.")
    paused = solver.paused()
    sampled, whole = bytearray(4 * SAMPLES), bytearray(4 * elements)
    gc.collect()
    gc.disable()
    with solver.explained(f"in {name}", seconds):
        started = time.perf_counter_ns()
        deadline = time.monotonic() + seconds
        for process in paused:
            solver.resume(process)
        solver.socket.sendall(struct.pack("<q", shift))
        solver.expect(b"D", deadline)
        solver.socket.sendall(asked)
        solver.receive_into(memoryview(sampled), deadline)
        finished = time.perf_counter_ns()
    gc.enable()
    with solver.explained(f"after {name}", 120):
        solver.socket.settimeout(120)
        solver.socket.sendall(b"W")
        solver.receive_into(memoryview(whole), time.monotonic() + 120)
    compare(torch, definition(torch, vector_of_call(torch, first, second, shift)), whole, sampled, places, name)
    total = (finished - started) / 1e6
    details.setdefault("overheadMilliseconds", []).append(round(overhead, 3))
    details.setdefault("copyingMilliseconds", []).append(round(copying, 3))
    milliseconds = time_of_solution(total, overhead, copying)
    say(f"{name[0].upper()}{name[1:]}: {milliseconds:.3f} ms, every element is right")
    return milliseconds


def random_vector(torch, elements, device, seed):
    return torch.randint(-32768, 32768, (elements,), dtype=torch.int32, device=device, generator=torch.Generator(device).manual_seed(seed))


def vector_of_call(torch, first, second, shift):
    x = torch.empty_like(first)
    border = len(x) - shift
    torch.bitwise_xor(first[:border], second[shift:], out=x[:border])
    torch.bitwise_xor(first[border:], second[:shift], out=x[border:])
    return x


def lesser(at_rest, now):
    """Of each of two times the lesser: work that the solution left to the GPU makes all else take longer."""
    return tuple(map(min, at_rest, now))


def time_of_solution(total, overhead, copying):
    """All in milliseconds."""
    return round(max(total - overhead, copying, 0.001), 3)


def own_times(torch, first, second, shift, places, device):
    """Median milliseconds of what every solution's time has in it besides the solution, and of copying a vector."""
    own, copying = [], []
    for _ in range(5):
        synchronize(torch, device)
        started = time.perf_counter_ns()
        x = vector_of_call(torch, first, second, shift)
        synchronize(torch, device)
        x[torch.tensor(places, device=device)].cpu()
        between = time.perf_counter_ns()
        first.clone()
        synchronize(torch, device)
        own.append((between - started) / 1e6)
        copying.append((time.perf_counter_ns() - between) / 1e6)
    return statistics.median(own), statistics.median(copying)


def synchronize(torch, device):
    if device == "cuda":
        torch.cuda.synchronize()


def definition(torch, x):
    positive = (x > 0).to(torch.int32)
    odd_before = (positive.cumsum(0, dtype=torch.int32) - positive) & 1
    return (x * odd_before).cumsum(0, dtype=torch.int64).to(torch.int32)


def compare(torch, expected, whole, sampled, places, name):
    result = torch.frombuffer(whole, dtype=torch.int32).to(expected.device)
    differs = (result != expected).nonzero()[:, 0]
    if len(differs):
        first = int(differs[0])
        raise Invalid(f"The result of {name} differs at {len(differs)} of {len(expected)} places, first at index {first} (expected {int(expected[first])}, got {int(result[first])}).")
    told = torch.frombuffer(sampled, dtype=torch.int32)
    if not torch.equal(told, expected[torch.tensor(places, device=expected.device)].cpu()):
        raise Invalid(f"The result of {name} was not there when the solution said that it was done.")
