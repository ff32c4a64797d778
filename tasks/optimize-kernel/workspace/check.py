"""A quick check of prefix_sum.py on this machine: `python3 check.py [elements]`, on a GPU where PyTorch finds one.

Compares small vectors with the definition, then times one call on a large one, without the transfer of data that a scoring
includes. The scoring does its own measuring and never runs this file, so change it as you like.
"""

import random
import sys
import time
from array import array

from prefix_sum import prefix_sum

try:
    import torch

    torch = torch if torch.cuda.is_available() else None
except ImportError:
    torch = None


def by_definition(values):
    """The definition, word for word; takes time proportional to the square of the length."""
    result = []
    for end in range(len(values)):
        total = 0
        for index in range(end + 1):
            positives_before = sum(1 for value in values[:index] if value > 0)
            if positives_before % 2 == 1:
                total += values[index]
        result.append(total)
    return result


def call(values):
    """Calls prefix_sum as the scoring does: on a GPU with a tensor, where there is one; else with a writable buffer of int32 items."""
    if torch is not None:
        return call_with_tensor(values)
    vector = memoryview(bytearray(array("i", values).tobytes())).cast("i")
    started = time.perf_counter()
    result = prefix_sum(vector)
    seconds = time.perf_counter() - started
    return memoryview(result).cast("B").cast("i").tolist(), seconds


def call_with_tensor(values):
    result, seconds = timed_on_gpu(torch.tensor(values, dtype=torch.int32, device="cuda"))
    return result.tolist(), seconds


def timed_on_gpu(vector):
    torch.cuda.synchronize()
    started = time.perf_counter()
    result = prefix_sum(vector)
    torch.cuda.synchronize()
    return result, time.perf_counter() - started


def large_call(elements):
    """Seconds of the second of two calls: the first may have to compile."""
    if torch is None:
        return [call(random.choices(range(-32768, 32768), k=elements))[1] for _ in range(2)][1]
    return [timed_on_gpu(torch.randint(-32768, 32768, (elements,), dtype=torch.int32, device="cuda"))[1] for _ in range(2)][1]


def check():
    examples = [[5], [-5], [0], [1, 2], [3, -1, 4, 0, 2, -6, 5], [0] * 9, [-1] * 9, [1] * 9]
    examples += [[random.randint(-spread, spread) for _ in range(60)] for spread in (1, 9, 32767) for _ in range(5)]
    for values in examples:
        expected = by_definition(values)
        result, _ = call(values)
        if result != expected:
            sys.exit(f"Wrong for {values}:\nexpected {expected}\ngot      {result}")
    print(f"{len(examples)} small vectors are right.")


if __name__ == "__main__":
    check()
    elements = int(sys.argv[1]) if len(sys.argv) > 1 else 2_500_000 if torch is None else 100_000_000
    print(f"One call with {elements} elements took {1000 * large_call(elements):.1f} ms.")
