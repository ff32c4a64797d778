"""The two passes over the vector on a GPU: each reads it once, the second one writes the result."""

import triton
import triton.language as tl


@triton.jit
def summarize(x, parities, evens, odds, elements, BLOCK: tl.constexpr):
    """Of each block: whether its positives are odd in number, and what it adds where the number before it is even, or odd."""
    block = tl.program_id(0)
    places = block * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + places, mask=places < elements, other=0)
    positive = (value > 0).to(tl.int32)
    odd = (tl.cumsum(positive, 0) - positive) & 1
    tl.store(parities + block, tl.sum(positive, 0) & 1)
    tl.store(evens + block, tl.sum(value * odd, 0))
    tl.store(odds + block, tl.sum(value * (1 - odd), 0))


@triton.jit
def finish(x, result, entering, offsets, elements, BLOCK: tl.constexpr):
    block = tl.program_id(0)
    places = block * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + places, mask=places < elements, other=0)
    positive = (value > 0).to(tl.int32)
    odd = ((tl.cumsum(positive, 0) - positive) & 1) ^ tl.load(entering + block)
    sums = tl.cumsum(value * odd, 0) + tl.load(offsets + block)
    tl.store(result + places, sums, mask=places < elements)
