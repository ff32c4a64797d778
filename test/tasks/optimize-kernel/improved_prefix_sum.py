"""One pass over the vector instead of four."""

from array import array


def prefix_sum(x):
    """Running sum of the elements that come after an odd number of positive ones."""
    sums = []
    append = sums.append
    total = 0
    adding = False
    for value in x:
        if adding:
            total += value
        if value > 0:
            adding = not adding
        append(total)
    return array("i", sums)
