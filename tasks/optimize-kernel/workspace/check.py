"""A quick check of prefix_sum.py on this machine: `python3 check.py [elements]`.

Compares small vectors with the definition, then times one call on a large one. The scoring does its own measuring and
never runs this file, so change it as you like.
"""

import random
import sys
import time
from array import array

from prefix_sum import prefix_sum


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
    """Calls prefix_sum as the scoring does: with a writable buffer of int32 items."""
    vector = memoryview(bytearray(array("i", values).tobytes())).cast("i")
    started = time.perf_counter()
    result = prefix_sum(vector)
    seconds = time.perf_counter() - started
    return memoryview(result).tolist(), seconds


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
    elements = int(sys.argv[1]) if len(sys.argv) > 1 else 2_500_000
    _, seconds = call(random.choices(range(-32768, 32768), k=elements))
    print(f"One call with {elements} elements took {1000 * seconds:.1f} ms.")
