"""The author's solution: C where there is a compiler, else numpy, else the standard library alone.

REFERENCE_KIND=c, numpy or standard picks one of them; the profile cpu says standard, which is there on every box. On a GPU it is Triton.
"""

import ctypes
import functools
import importlib.util
import os
import shutil
import subprocess
import tempfile
from array import array

C_SOURCE = """
#include <stdint.h>
#include <stddef.h>

void prefix_sum(const int32_t *x, int32_t *result, size_t elements) {
    uint32_t mask = 0, total = 0;
    for (size_t i = 0; i < elements; i++) {
        int32_t value = x[i];
        total += (uint32_t)value & mask;
        mask ^= -(uint32_t)(value > 0);
        result[i] = (int32_t)total;
    }
}
"""


def with_compiler(compiler):
    folder = tempfile.mkdtemp()
    source, library = os.path.join(folder, "kernel.c"), os.path.join(folder, "kernel.so")
    with open(source, "w", encoding="utf-8") as file:
        file.write(C_SOURCE)
    subprocess.run([compiler, "-O3", "-shared", "-fPIC", "-o", library, source], check=True)
    kernel = ctypes.CDLL(library).prefix_sum
    kernel.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    kernel.restype = None

    def prefix_sum(x):
        # In place: an element is read before its result is written, and no fresh memory has to be mapped.
        address = ctypes.addressof((ctypes.c_int32 * len(x)).from_buffer(x))
        kernel(address, address, len(x))
        return x

    return prefix_sum


def with_numpy():
    import numpy

    def prefix_sum(x):
        values = numpy.frombuffer(x, dtype=numpy.int32)
        odd_after = numpy.logical_xor.accumulate(values > 0)
        selected = numpy.zeros_like(values)
        numpy.multiply(values[1:], odd_after[:-1], out=selected[1:])
        return numpy.cumsum(selected, dtype=numpy.int32)

    return prefix_sum


def with_standard_library(x):
    """Works on all chunks of the vector at once: one big integer holds one 32-bit lane for each chunk.

    The vector is cut into `lanes` chunks of `steps` elements. Row s holds element s of every chunk, so that one
    addition of two big integers advances the sums of all chunks by an element.
    """
    lanes = 1000
    elements = len(x)
    steps = -(-elements // lanes)
    padded = array("i")
    padded.frombytes(memoryview(x).cast("B"))
    padded.frombytes(bytes(4 * (lanes * steps - elements)))
    ones = int.from_bytes(b"\1\0\0\0" * lanes, "little")
    top = ones << 31
    low = top - ones

    # The top bit of a lane is set in `positive` where the element is positive.
    rows, positives, parity = [], [], 0
    for step in range(steps):
        row = int.from_bytes(padded[step::steps].tobytes(), "little") ^ top
        positive = ((row & low) + low) & row & top
        parity ^= positive
        rows.append(row)
        positives.append(positive)

    # Whether the number of positive elements in the chunks before is odd.
    odd = 0
    before = array("I")
    for flag in lanes_of(parity, lanes):
        before.append(odd)
        odd ^= flag
    parity = int.from_bytes(before.tobytes(), "little")

    # A sum is the integer of its signed lanes: lanes may borrow from each other, the total stays right.
    sums, total = [], 0
    for row, positive in zip(rows, positives):
        mask = (parity << 1) - (parity >> 31)
        total += (row & mask) - parity
        parity ^= positive
        sums.append(total)

    # What the chunks before add up to, with 2**31 on top so that every lane is positive.
    offsets = array("I")
    offset = 0
    for lane in lanes_of(total + top, lanes):
        offsets.append(offset + 2**31)
        offset += lane - 2**31
    offset = int.from_bytes(offsets.tobytes(), "little")

    for step, total in enumerate(sums):
        row = array("i")
        row.frombytes(((total + offset) ^ top).to_bytes(4 * lanes, "little"))
        padded[step::steps] = row
    return memoryview(padded)[:elements]


def lanes_of(number, lanes):
    return memoryview(number.to_bytes(4 * lanes, "little")).cast("I")


# Elements that one program of the GPU works on.
BLOCK = 4096


def with_tensors(x):
    """In three steps: what each block adds up to for either parity before it, the same over the blocks, and the sums within each."""
    if x.is_cuda:
        return with_triton(x)
    padded = functional_pad(x, -len(x) % BLOCK)
    blocks = padded.view(-1, BLOCK)
    positive = (blocks > 0).int()
    odd = (positive.cumsum(1) - positive) & 1
    parities, evens, odds = positive.sum(1) & 1, (blocks * odd).sum(1), (blocks * (1 - odd)).sum(1)
    entering, offsets = over_blocks(parities, evens, odds)
    return ((blocks * (odd ^ entering.int()[:, None])).cumsum(1) + offsets[:, None]).view(-1)[: len(x)].int()


def functional_pad(x, more):
    from torch.nn import functional

    return functional.pad(x, (0, more))


def over_blocks(parities, evens, odds):
    """Parity before each block, and the sum of all blocks before it."""
    entering = (parities.cumsum(0) - parities) & 1
    sums = odds * entering + evens * (1 - entering)
    return entering, sums.cumsum(0) - sums


def with_triton(x):
    import torch
    import triton

    summarize, finish = kernels()
    blocks = triton.cdiv(len(x), BLOCK)
    parities, evens, odds = torch.empty(3, blocks, dtype=torch.int32, device=x.device)
    summarize[(blocks,)](x, parities, evens, odds, len(x), BLOCK=BLOCK)
    entering, offsets = over_blocks(parities, evens, odds)
    result = torch.empty_like(x)
    finish[(blocks,)](x, result, entering.int(), offsets.int(), len(x), BLOCK=BLOCK)
    return result


@functools.lru_cache(maxsize=None)
def kernels():
    # Triton reads the source of its functions, and looks up in this module what they name.
    import triton_kernels

    return triton_kernels.summarize, triton_kernels.finish


def choose():
    wanted = os.environ.get("REFERENCE_KIND")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler and wanted in (None, "c"):
        return with_compiler(compiler)
    if importlib.util.find_spec("numpy") and wanted in (None, "numpy"):
        return with_numpy()
    return with_standard_library


of_buffer = choose()


def prefix_sum(x):
    return of_buffer(x) if isinstance(x, memoryview) else with_tensors(x)
