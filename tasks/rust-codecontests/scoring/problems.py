"""Problems with tests. In profile cpu they are made anew for every scoring, so no test is known before; else they come from a file."""

import json
import random

DESCRIPTION = """# {title}

You are given a number n and then n whole numbers v_1 … v_n, and K = {k}.

{task}

Input: one line with n ({least} ≤ n ≤ 300), one line with the n numbers (−1000 ≤ v_i ≤ 1000).
Output: one number.
"""


def drops(v, k):
    return max([0] + [v[i] - v[j] for i in range(len(v)) for j in range(i, min(len(v), i + k + 1))])


def longest(v, k):
    best = run = 0
    for value in v:
        run = run + 1 if value % k == 0 else 0
        best = max(best, run)
    return best


# Title: what is asked for, range of K, and the answer.
KINDS = {
    "Steep steps": ("How many neighbours v_i, v_(i+1) differ by at least K?", (2, 9), lambda v, k: sum(abs(a - b) >= k for a, b in zip(v, v[1:]))),
    "Longest stretch": ("How long is the longest stretch of neighbours that are all divisible by K? 0 if none is.", (2, 3), longest),
    "Best window": ("What is the largest sum of K neighbours?", (2, 6), lambda v, k: max(sum(v[i : i + k]) for i in range(len(v) - k + 1))),
    "Remainders": ("How many different remainders (from 0 to K−1) do the numbers leave when divided by K?", (3, 40), lambda v, k: len({x % k for x in v})),
    "Every so often": ("What is the sum of v_K, v_2K, v_3K, …? 0 if there is no v_K.", (2, 9), lambda v, k: sum(v[k - 1 :: k])),
    "Largest drop": ("What is the largest v_i − v_j with i ≤ j ≤ i+K?", (2, 6), drops),
    "Lookouts": ("How many v_i are larger than each of the K numbers right before it (or all before it where there are fewer)?", (2, 6), lambda v, k: sum(all(x < v[i] for x in v[max(0, i - k) : i]) for i in range(len(v)))),
    "Clamped sum": ("Numbers above K count as K, numbers below −K count as −K. What is the sum?", (2, 500), lambda v, k: sum(max(-k, min(k, x)) for x in v)),
}


def make(number, chance):
    """`number` problems: dicts with name, description, public_tests and tests, which are lists of [input, output]."""
    made = []
    titles = list(KINDS)
    while len(made) < number:
        title = titles[len(made) % len(titles)]
        task, (least, most), solve = KINDS[title]
        k = chance.randint(least, most)
        tests = [test(solve, k, size, spread, chance) for size, spread in ((12, 3), (9, 9), (15, 1000), (40, 5), (300, 1000), (k, 1000), (60, 8))]
        tests.append(shaped([-chance.randint(1, 1000) for _ in range(30)], solve, k))
        tests.append(shaped(sorted((chance.randint(-1000, 1000) for _ in range(30)), reverse=True), solve, k))
        tests.append(shaped([chance.choice([-k, 0, k]) for _ in range(40)], solve, k))
        made.append({
            "name": f"{len(made) + 1}. {title}",
            "description": DESCRIPTION.format(title=title, k=k, task=task, least=k),
            "public_tests": tests[:3],
            "tests": tests,
        })
    return made


def test(solve, k, size, spread, chance):
    return shaped([chance.randint(-spread, spread) for _ in range(max(size, k))], solve, k)


def shaped(values, solve, k):
    return [f"{len(values)}\n{' '.join(map(str, values))}\n", f"{solve(values, k)}\n"]


def load(path):
    """Problems of a file of JSON lines with the same fields."""
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def fresh(number):
    return make(number, random.SystemRandom())


def stripped(problem):
    """What a solution gets to see."""
    return {name: problem[name] for name in ("name", "description", "public_tests")}
