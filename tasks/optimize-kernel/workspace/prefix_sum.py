"""The starting solution: right, easy to follow, and slow."""

from array import array


def prefix_sum(x):
    """Running sum of the elements that come after an odd number of positive ones.

    x: buffer of n int32 items. Returns a buffer of n int32 items.
    """
    values = []
    for index in range(len(x)):
        values.append(x[index])

    positives_before = []
    positives = 0
    for value in values:
        positives_before.append(positives)
        if value > 0:
            positives = positives + 1

    selected = []
    for index in range(len(values)):
        if positives_before[index] % 2 == 1:
            selected.append(values[index])
        else:
            selected.append(0)

    result = array("i")
    total = 0
    for value in selected:
        total = total + value
        result.append(total)
    return result
