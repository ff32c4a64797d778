"""The starting solution: right, easy to follow, and slow. On a buffer in profile cpu, on a tensor in profile h100."""

from array import array


def prefix_sum(x):
    """Running sum of the elements that come after an odd number of positive ones.

    x: buffer of n int32 items, or an int32 tensor [n]. Returns the same kind of thing.
    """
    return of_buffer(x) if isinstance(x, memoryview) else of_tensor(x)


def of_tensor(x):
    positive = (x > 0).long()
    positives_before = positive.cumsum(0) - positive
    selected = x.long() * (positives_before % 2)
    return selected.cumsum(0).int()


def of_buffer(x):
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
