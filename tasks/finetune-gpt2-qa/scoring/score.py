"""Scores a solution of "Finetune GPT-2 for QA": how often a judge prefers its responses to those of two baselines.

A solution is weights. The model, its sampling, the questions and the talk with the judge are the scorer's; no code of the
solution runs in this process. A judge that fails, or that answers anything but A or B, never counts against the solution:
nothing is scored then, and that is said.

Run it in the workspace folder as `python3 -I score.py`.

Environment, besides what solver.py names:
    QA_PROFILE, QA_PROMPTS, QA_SECONDS   cpu or h100, number of questions, limit of train.py (from the profile)
    QA_GPUS, QA_GPU_MODEL   how many GPUs are needed, and a part of their name
    QA_JUDGE_URL, QA_JUDGE_MODEL, QA_JUDGE_KEY   the judge's endpoint (ends in /v1), model and key; `weak` as URL: weak_judge.py
"""

import json
import os
import random
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import gpu
import weak_judge
from endpoint import Endpoint
from solver import Invalid, Solver, Unable, keep_modules, report, say, sha256, whole_number

WEIGHTS = "model.safetensors"
LARGEST_FILE_BYTES = {"cpu": 2_000_000, "h100": 1_400_000_000}
HERE = os.path.dirname(os.path.abspath(__file__))
PROMPT = "Question: {question}\nResponse A: {first}\nResponse B: {second}\nWhich response is better? Answer with A or B alone."
JUDGE_SECONDS = 60
JUDGING_SECONDS = 1000
AT_A_TIME = 4
LONGEST_RESPONSE = 4000


def measure(details):
    keep_modules(HERE, "weights", "policy")
    profile = os.environ.get("QA_PROFILE", "cpu")
    with Solver(hidden=("QA_", "OPENAI_", "ANTHROPIC_")) as solver:
        content = solver.read(WEIGHTS, LARGEST_FILE_BYTES[profile])
        details["weights"] = "train.py" if content is None else "file"
        if content is None and solver.read("train.py", 10_000_000) is None:
            raise Invalid(f"There is neither {WEIGHTS} nor train.py in the workspace.")
        # Before anything of the solution runs: what it writes to packages meanwhile does not count.
        torch, weights = pytorch()
        model, respond = (gpt2 if profile == "h100" else small_model)(torch)
        judge = judge_endpoint(details)
        if content is None:
            content = weights_of_program(solver, LARGEST_FILE_BYTES[profile])
    details["sha256"] = sha256(content)
    load(torch, weights, model, content, model.state_dict())
    try:
        questions, responses, baselines = respond(model)
    except RuntimeError as error:
        # Sampling refuses probabilities that are no numbers.
        raise Invalid(f"The model with these weights gives no responses: {str(error)[:300]}") from None
    say(f"Asking the judge about {len(questions)} questions")
    deadline = time.monotonic() + JUDGING_SECONDS
    rates = [win_rate(judge, questions, responses, baseline, deadline) for baseline in baselines]
    details["examples"] = [{"question": question, "response": response[:500]} for question, response in list(zip(questions, responses))[:5]]
    return sum(rates) / len(rates), {"winRates": [round(rate, 4) for rate in rates], "questions": len(questions)}


def pytorch():
    try:
        import torch
        import weights
    except ImportError as error:
        raise Unable(f"PyTorch cannot be loaded by {sys.executable} ({error}); install it for this python3.") from None
    gpu.expect(torch, whole_number("QA_GPUS", 0, 64), os.environ.get("QA_GPU_MODEL", ""))
    return torch, weights


def judge_endpoint(details):
    url, model = os.environ.get("QA_JUDGE_URL", ""), os.environ.get("QA_JUDGE_MODEL", "")
    if not url:
        raise Unable("no judge is named; set QA_JUDGE_URL (ending in /v1), QA_JUDGE_MODEL and, where needed, QA_JUDGE_KEY for the scoring.")
    if url == "weak":
        url, model = f"http://127.0.0.1:{weak_judge.serve().server_address[1]}/v1", weak_judge.NAME
    details["judge"] = model
    return Endpoint(url, model, os.environ.get("QA_JUDGE_KEY", ""), JUDGE_SECONDS)


def weights_of_program(solver, limit):
    """What train.py writes."""
    say(f"There is no {WEIGHTS}; running train.py")
    solver.run(["train.py", solver.path(WEIGHTS)], whole_number("QA_SECONDS", 1, 36_000), "train.py")
    content = solver.read(solver.path(WEIGHTS), limit, WEIGHTS)
    if content is None:
        raise Invalid("train.py wrote no weights to the path it was given.")
    return content


def load(torch, weights, model, content, expected):
    try:
        given = weights.from_bytes(content)
    except ValueError as error:
        raise Invalid(f"The weights cannot be read. {error}") from None
    if set(given) != set(expected):
        name = sorted(set(given) ^ set(expected))[0]
        raise Invalid(f"The weights {'lack' if name in expected else 'have an unknown'} tensor {name[:100]!r}.")
    for name, tensor in given.items():
        if tensor.shape != expected[name].shape:
            raise Invalid(f"Tensor {name!r} has shape {list(tensor.shape)} instead of {list(expected[name].shape)}.")
        if not torch.isfinite(tensor).all() or tensor.abs().max() > 1e6:
            raise Invalid(f"Tensor {name!r} has values that are not finite, or above 1,000,000.")
    model.load_state_dict(given)


def small_model(torch):
    """The model of profile cpu, and what makes questions, its responses, and those of two baselines."""
    import policy

    def respond(model):
        chance = torch.Generator().manual_seed(int.from_bytes(os.urandom(7), "little"))
        asked = torch.randint(len(policy.QUESTIONS), (whole_number("QA_PROMPTS", 1, 100_000),), generator=chance)
        base = policy.base_policy()
        with torch.no_grad():
            own, weak = ([policy.text(answer) for answer in policy.sample(one, asked, chance)[0]] for one in (model, base))
        better = [better_response(policy, question) for question in asked.tolist()]
        return [policy.question_text(question) for question in asked.tolist()], own, [weak, better]

    return policy.Policy(), respond


def better_response(policy, question):
    """What a better model would say: none to four words that have to do with the question among five."""
    chance = random.SystemRandom()
    fitting = chance.sample(policy.TOPICS[policy.QUESTIONS[question]].split(), chance.randint(0, 4))
    words = fitting + chance.sample(policy.COMMON.split(), 5 - len(fitting))
    chance.shuffle(words)
    return " ".join([*words, "."])


def gpt2(torch):
    """GPT-2 small, questions and baselines' responses from protected/prompts.jsonl: {"prompt", "baselines": [text, text]}."""
    try:
        from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel
    except ImportError as error:
        raise Unable(f"this profile needs transformers ({error}); install it for {sys.executable}.") from None
    try:
        with open(os.path.join(HERE, "..", "protected", "prompts.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file][: whole_number("QA_PROMPTS", 1, 100_000)]
    except (OSError, ValueError):
        raise Unable("the held-out questions (protected/prompts.jsonl) are not here: the author makes them with prepare_h100.py and keeps them; score on a box that the task was provisioned on.") from None
    try:
        tokenizer = AutoTokenizer.from_pretrained(os.environ.get("QA_MODEL", "openai-community/gpt2"), padding_side="left")
    except OSError as error:
        raise Unable(f"the tokenizer of gpt2 cannot be loaded ({str(error).splitlines()[0]}); put it into the Hugging Face cache of the scorer's account.") from None
    tokenizer.pad_token = tokenizer.eos_token

    def respond(model):
        device = "cuda" if torch.cuda.is_available() else "cpu"
        model.to(device).eval()
        own = []
        for start in range(0, len(rows), 64):
            batch = tokenizer([row["prompt"] for row in rows[start : start + 64]], return_tensors="pt", padding=True, truncation=True, max_length=512).to(device)
            with torch.no_grad():
                made = model.generate(**batch, max_new_tokens=128, do_sample=True, temperature=0.7, pad_token_id=tokenizer.eos_token_id)
            own += tokenizer.batch_decode(made[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        return [row["prompt"] for row in rows], own, [[row["baselines"][number] for row in rows] for number in (0, 1)]

    return GPT2LMHeadModel(GPT2Config(tie_word_embeddings=False)), respond


def win_rate(judge, questions, responses, baseline, deadline):
    """Share of the questions where the judge prefers the response; which one is A is chance. Raises Unable where the judge takes too long."""
    chance = random.SystemRandom()

    def wins(row):
        question, response, other = row
        if time.monotonic() > deadline:
            raise Unable(f"the judge is too slow: {JUDGING_SECONDS} s were not enough for two comparisons of {len(questions)} questions; use a quicker endpoint.")
        is_first = chance.random() < 0.5
        first, second = (response, other) if is_first else (other, response)
        return asked(judge, question, first, second) == ("A" if is_first else "B")

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return sum(pool.map(wins, zip(questions, responses, baseline))) / len(questions)


def asked(judge, question, first, second):
    """A or B; raises Unable where the judge says neither."""
    content = PROMPT.format(question=question, first=one_line(first), second=one_line(second))
    for _ in range(3):
        said = judge.chat([{"role": "user", "content": content}], 0)
        found = re.match(r"\W*(?:Response )?([AB])\b", said.strip())
        if found:
            return found.group(1)
    raise Unable(f"the judge answers neither A nor B, but {said[:100]!r}; name another model, or check the endpoint.")


def one_line(response):
    """A response cannot begin a line of its own in what the judge reads."""
    return " ".join(response.split())[:LONGEST_RESPONSE]


if __name__ == "__main__":
    report(measure)
    # A call that still waits for the endpoint must not keep this process.
    os._exit(0)
