"""The same figures as `analyse`, written in numpy as one would write them: for each resample, draw runs, then take means, sorted results and quantiles.

Reads the arrays that the benchmark wrote, prints the seconds that the computing took and the mean result of each series, as JSON.
"""

import json
import sys
import time

import numpy

folder, resamples = sys.argv[1], int(sys.argv[2])
shape = json.load(open(f"{folder}/shape.json"))
runs, attempts, tasks, groups = shape["runs"], shape["attempts"], shape["tasks"], shape["groups"]
times = numpy.fromfile(f"{folder}/times.bin").reshape(runs, attempts)
scores = numpy.fromfile(f"{folder}/scores.bin").reshape(runs, attempts)
task_of = numpy.fromfile(f"{folder}/tasks.bin", dtype=numpy.uint32)
group_of = numpy.fromfile(f"{folder}/groups.bin", dtype=numpy.uint32)
lengths = numpy.array(shape["lengths"])
start, reference = shape["start"], shape["reference"]
budgets = numpy.array(shape["budgets"])
generator = numpy.random.default_rng(1)

began = time.perf_counter()
normalised = numpy.where(numpy.isnan(scores), 0.0, numpy.maximum(0.0, (scores - start) / (reference - start)))
best = numpy.maximum.accumulate(normalised, axis=1)


def on_grid(rows, length):
    """Best so far of runs at the points of their trajectory."""
    points = numpy.sort(numpy.concatenate([length * numpy.arange(33) / 32, length / 64 / 2 ** (numpy.arange(9) / 2)]))
    places = numpy.empty((len(rows), len(points)), dtype=numpy.int64)
    for index, row in enumerate(rows):
        places[index] = numpy.searchsorted(times[row], points, side="right")
    padded = numpy.concatenate([numpy.zeros((len(rows), 1)), best[rows]], axis=1)
    return numpy.take_along_axis(padded, places, axis=1), points


def chances(n, k):
    """C(m, k) / C(n, k) for m = 0 … n."""
    k = min(k, n)
    found = numpy.zeros(n + 1)
    m = numpy.arange(n, k, -1)
    found[n] = 1
    found[n - 1 : k - 1 if k > 0 else None : -1] = numpy.cumprod((m - k) / m)
    return found


def statistics(grid, points, results, hours, first, weights, experts):
    """All figures of one sample of runs."""
    rows = [results.mean(), (results > 0).mean(), (results >= 1).mean(), attempts * len(hours) / hours.sum(), numpy.quantile(first, 0.5, method="inverted_cdf")]
    descending = numpy.sort(results)[::-1]
    rows += [(weight * descending).sum() for weight in weights]
    trajectory = grid.mean(axis=0)
    if experts is not None:
        expert_results, expert_trajectory, expert_points = experts
        below = numpy.searchsorted(expert_results, results, side="left")
        upto = numpy.searchsorted(expert_results, results, side="right")
        rows.append(50 * (below + upto).mean() / len(expert_results))
        for value in [rows[0], *rows[5 : 5 + len(weights)]]:
            place = numpy.searchsorted(expert_trajectory, value)
            rows.append(expert_points[place] if place < len(expert_points) else numpy.inf)
    return numpy.concatenate([rows, trajectory])


means = {}
sums = {}
for task in range(tasks):
    samples = []
    for group in range(groups):
        rows = numpy.flatnonzero((task_of == task) & (group_of == group))
        length = lengths[group]
        grid, points = on_grid(rows, length)
        results = best[rows, -1]
        improved = best[rows] > 0
        first = numpy.where(improved.any(axis=1), times[rows, improved.argmax(axis=1)], numpy.inf)
        n = len(rows)
        ks = numpy.floor(budgets / length + 1e-9).astype(int)
        weights = [-numpy.diff(chances(n, k)[::-1]) for k in ks if k >= 1]
        samples.append((grid, points, results, numpy.full(n, length / 3.6e6), first, weights))
    drawn = [[] for _ in samples]
    for resample in range(resamples):
        experts = None
        for group, (grid, points, results, hours, first, weights) in enumerate(samples):
            index = generator.integers(len(results), size=len(results))
            drawn[group].append(statistics(grid[index], points, results[index], hours[index], first[index], weights, experts))
            if group == 0:
                experts = (numpy.sort(results[index]), drawn[0][-1][-len(points) :], points)
    for group, values in enumerate(drawn):
        values = numpy.array(values)
        numpy.nanquantile(values, [0.025, 0.975], axis=0)
        sums[group] = sums.get(group, 0) + values
        means.setdefault(group, []).append(samples[group][2].mean())
for values in sums.values():
    numpy.nanquantile(values / tasks, [0.025, 0.975], axis=0)
print(json.dumps({"seconds": time.perf_counter() - began, "means": [float(numpy.mean(means[group])) for group in range(groups)]}))
