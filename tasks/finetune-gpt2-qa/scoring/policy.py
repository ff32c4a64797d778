"""The model of profile cpu: it answers a question word by word. The same file lies in `workspace/` and in `scoring/`; scoring uses its own.

Its architecture is fixed; `base_policy()` is what you begin with.
"""

import torch
from torch import nn

TOPICS = {
    "cats": "whiskers purr kitten fur paws meow claws nap",
    "rivers": "water bank flow bridge boat fish stream delta",
    "bread": "flour oven crust dough yeast butter slice bake",
    "winter": "snow ice cold scarf sledge frost boots fire",
    "music": "song drum violin tune choir note piano dance",
    "trees": "leaf bark root branch forest acorn shade wood",
}
COMMON = "the a and with of is has in very some it they"
WORDS = [".", *COMMON.split(), *(word for words in TOPICS.values() for word in words.split())]
QUESTIONS = list(TOPICS)
END = 0
LONGEST = 12
WIDTH = 32


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.questions = nn.Embedding(len(QUESTIONS), WIDTH)
        self.words = nn.Embedding(len(WORDS) + 1, WIDTH)
        self.places = nn.Embedding(LONGEST, WIDTH)
        self.hidden = nn.Linear(3 * WIDTH, 2 * WIDTH)
        self.head = nn.Linear(2 * WIDTH, len(WORDS))

    def forward(self, questions, before, place):
        """Logits [batch, words] of the next word, for int64 [batch] of questions and of the words before (len(WORDS) at the start)."""
        position = self.places(torch.full_like(before, place))
        return self.head(self.hidden(torch.cat([self.questions(questions), self.words(before), position], dim=1)).relu())


def sample(policy, questions, chance=None, temperature=1.0):
    """Answers: int64 [batch, LONGEST], END from the end on; and the log-probability of each word, 0 after the end."""
    before, ended = torch.full_like(questions, len(WORDS)), torch.zeros_like(questions, dtype=torch.bool)
    answers, logs = [], []
    for place in range(LONGEST):
        log = (policy(questions, before, place) / temperature).log_softmax(dim=1)
        word = torch.multinomial(log.detach().exp(), 1, generator=chance)[:, 0]
        word = torch.where(ended, torch.full_like(word, END), word)
        logs.append(log.gather(1, word[:, None])[:, 0] * (~ended).float())
        answers.append(word)
        ended, before = ended | (word == END), word
    return torch.stack(answers, dim=1), torch.stack(logs, dim=1)


def text(answer):
    """An answer as words."""
    words = []
    for word in answer.tolist():
        words.append(WORDS[word])
        if word == END:
            break
    return " ".join(words)


def question_text(question):
    return f"What do you know about {QUESTIONS[question]}?"


def base_policy():
    """What you begin with: it knows words, and little of what belongs together."""
    chance = torch.Generator().manual_seed(71)
    policy = Policy()
    state = {name: 0.3 * torch.randn(value.shape, generator=chance) for name, value in policy.state_dict().items()}
    state["head.bias"][END] = -0.5
    policy.load_state_dict(state)
    return policy
