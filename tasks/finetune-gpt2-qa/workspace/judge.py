"""Asks the judge, as you may while you train. QA_JUDGE_URL (ending in /v1), QA_JUDGE_MODEL and QA_JUDGE_KEY name it; without them, weak_judge.py."""

import json
import os
import urllib.request

import weak_judge

PROMPT = "Question: {question}\nResponse A: {first}\nResponse B: {second}\nWhich response is better? Answer with A or B alone."


def prefers_first(question, first, second):
    """Whether the judge finds the first of two responses better."""
    text = PROMPT.format(question=question, first=first, second=second)
    url = os.environ.get("QA_JUDGE_URL")
    if not url:
        return weak_judge.answer(text) == "A"
    body = {"model": os.environ.get("QA_JUDGE_MODEL", ""), "messages": [{"role": "user", "content": text}], "temperature": 0}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ.get('QA_JUDGE_KEY', '')}"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers), timeout=60) as answer:
        return json.load(answer)["choices"][0]["message"]["content"].strip().startswith("A")
