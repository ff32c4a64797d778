"""Better than the starting solution: a short training by policy gradient against the judge's preferences."""

import sys

import torch

import judge
import policy
import weights

STEPS = 15
QUESTIONS_A_STEP = 24
RIVALS = 8


def main():
    torch.manual_seed(1)
    model = policy.base_policy()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    for step in range(STEPS):
        asked = torch.randint(len(policy.QUESTIONS), (QUESTIONS_A_STEP,))
        answers, logs = policy.sample(model, asked.repeat_interleave(RIVALS))
        texts = [policy.text(answer) for answer in answers]
        rewards = torch.zeros(len(texts))
        for number, question in enumerate(asked.tolist()):
            rivals = range(number * RIVALS, (number + 1) * RIVALS)
            for first in rivals:
                for distance in (1, 2, 3):
                    second = rivals[(first - rivals[0] + distance) % RIVALS]
                    won = judge.prefers_first(policy.question_text(question), texts[first], texts[second])
                    rewards[first if won else second] += 1 / 6
        loss = -((rewards - 0.5)[:, None] * logs).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 10 == 9:
            print(f"step {step + 1}: {policy.question_text(asked[0].item())} {texts[0]}", flush=True)
    weights.save(sys.argv[1], model.state_dict())


if __name__ == "__main__":
    main()
