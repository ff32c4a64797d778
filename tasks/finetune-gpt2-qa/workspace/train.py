"""`python3 train.py OUTPUT` writes the weights of the fine-tuned model to OUTPUT. The starting solution does not train at all."""

import sys

import torch

import judge
import policy
import weights


def main():
    torch.manual_seed(1)
    model = policy.base_policy()
    questions = torch.arange(len(policy.QUESTIONS))
    answers, _ = policy.sample(model, questions)
    for question, answer in zip(questions.tolist(), answers):
        print(f"{policy.question_text(question)} {policy.text(answer)}")
    question = policy.question_text(0)
    first = judge.prefers_first(question, policy.text(answers[0]), policy.text(answers[1]))
    print(f"To the first question, the judge likes the {'first' if first else 'second'} of these responses better.")
    weights.save(sys.argv[1], model.state_dict())


if __name__ == "__main__":
    main()
