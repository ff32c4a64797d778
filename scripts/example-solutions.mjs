// What the solvers of the example hand in: plain ideas, as far as each of them takes them.

/** Prefix sums from slow to fast, and one that is wrong. */
const kernel = {
  twoPasses: `from array import array


def prefix_sum(x):
    values = x.tolist()
    selected = []
    positives = 0
    for value in values:
        selected.append(value if positives % 2 == 1 else 0)
        if value > 0:
            positives += 1
    result = array("i")
    total = 0
    for value in selected:
        total += value
        result.append(total)
    return result
`,
  onePass: `from array import array


def prefix_sum(x):
    odd = False
    total = 0
    sums = []
    append = sums.append
    for value in x.tolist():
        if odd:
            total += value
        append(total)
        if value > 0:
            odd = not odd
    return array("i", sums)
`,
  wrong: `from array import array
from itertools import accumulate


def prefix_sum(x):
    return array("i", accumulate(value if value > 0 else 0 for value in x.tolist()))
`,
  iterators: `from array import array
from itertools import accumulate
from operator import mul, xor


def prefix_sum(x):
    values = x.tolist()
    odd = accumulate(map((0).__lt__, values), xor, initial=False)
    return array("i", accumulate(map(mul, values, odd)))
`,
};

/** @param {number} steps Of training, after which the embedding is as far as it gets. */
const trainedEmbedding = (steps) => `import sys

import torch

import inputs
import weights

torch.manual_seed(1)
model = inputs.broken_large_model()
data = inputs.training_data()
for name, parameter in model.named_parameters():
    parameter.requires_grad_(name == "tokens.weight")
optimizer = torch.optim.Adam([model.tokens.weight], lr=0.05)
for step in range(${steps}):
    batch = data[torch.randint(len(data), (32,))]
    logits = model(batch[:, :-1])
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
weights.save(sys.argv[1], model.state_dict())
`;

/** @param {number} tries How often the model is asked for a program that passes the tests that are known; with 1 it is taken as it comes. */
const askedForRust = (tries) => `import asyncio
import subprocess
import tempfile


async def generate_solution(client, semaphore, problem):
    ask = [{"role": "user", "content": "Write a Rust program. Answer with code alone.\\n\\n" + problem["description"]}]
    program = ""
    for _ in range(${tries}):
        async with semaphore:
            answer = await client.chat(ask)
            program = answer.split("\`\`\`rust\\n")[-1].split("\`\`\`")[0]
            if ${tries} == 1 or await asyncio.to_thread(passes, program, problem["public_tests"]):
                break
    return program


def passes(program, tests):
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/a.rs", "w") as file:
            file.write(program)
        if subprocess.run(["rustc", "--edition", "2021", "-o", folder + "/a", folder + "/a.rs"], capture_output=True).returncode:
            return False
        printed = [subprocess.run([folder + "/a"], input=given, capture_output=True, text=True, timeout=10).stdout for given, _ in tests]
        return all(one.split() == wanted.split() for one, (_, wanted) in zip(printed, tests))
`;

/**
 * The tasks, which file of each a solver writes, and its solutions: wrong, and by a little, more or much work.
 * @type {Readonly<Record<string, { file: string, solutions: Readonly<Record<"wrong" | "little" | "more" | "much", string>> }>>}
 */
export const exampleTasks = {
  "optimize-kernel": { file: "prefix_sum.py", solutions: { wrong: kernel.wrong, little: kernel.twoPasses, more: kernel.onePass, much: kernel.iterators } },
  "fix-embedding": { file: "fix.py", solutions: { wrong: "import inputs\n", little: trainedEmbedding(5), more: trainedEmbedding(15), much: trainedEmbedding(100) } },
  "rust-codecontests": { file: "scaffold.py", solutions: { wrong: "import rust\n", little: askedForRust(1), more: askedForRust(3), much: askedForRust(12) } },
};
