"""Tries scaffold.py on the practice problems: `python3 try_it.py`. The scoring never runs this file, so change it as you like.

The model is the endpoint in RUST_MODEL_URL and RUST_MODEL, with the key in RUST_MODEL_KEY; without them, weak_model.py.
"""

import asyncio
import json
import os
import subprocess
import tempfile
import urllib.request

import weak_model
from scaffold import generate_solution

PRACTICE = [
    {
        "name": "Steep steps",
        "description": "# Steep steps\n\nYou are given a number n and then n whole numbers v_1 … v_n, and K = 4.\n\nHow many neighbours v_i, v_(i+1) differ by at least K?\n\nInput: one line with n, one line with the n numbers.\nOutput: one number.\n",
        "public_tests": [["4\n1 5 2 2\n", "1\n"], ["3\n0 -9 9\n", "2\n"]],
    },
    {
        "name": "Best window",
        "description": "# Best window\n\nYou are given a number n and then n whole numbers v_1 … v_n, and K = 2.\n\nWhat is the largest sum of K neighbours?\n\nInput: one line with n, one line with the n numbers.\nOutput: one number.\n",
        "public_tests": [["3\n-1 -2 -3\n", "-3\n"], ["4\n1 2 9 -5\n", "11\n"]],
    },
]


class Client:
    def __init__(self, url, model, key):
        self.url, self.model, self.key = url, model, key

    async def chat(self, messages, temperature=0.7):
        return await asyncio.get_running_loop().run_in_executor(None, self.ask, messages, temperature)

    def ask(self, messages, temperature):
        body = json.dumps({"model": self.model, "messages": messages, "temperature": temperature}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/chat/completions", body, headers), timeout=60) as answer:
            return json.load(answer)["choices"][0]["message"]["content"]


def passes(code, tests):
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/a.rs", "w", encoding="utf-8") as file:
            file.write(code)
        if subprocess.run(["rustc", "--edition", "2021", "-o", f"{folder}/a", f"{folder}/a.rs"], stderr=subprocess.DEVNULL).returncode:
            return "does not compile"
        printed = [subprocess.run([f"{folder}/a"], input=given, capture_output=True, text=True, timeout=10).stdout for given, _ in tests]
        return "passes" if all(one.split() == wanted.split() for one, (_, wanted) in zip(printed, tests)) else "is wrong"


async def main():
    url = os.environ.get("RUST_MODEL_URL") or f"http://127.0.0.1:{weak_model.serve().server_address[1]}/v1"
    client = Client(url, os.environ.get("RUST_MODEL", weak_model.NAME), os.environ.get("RUST_MODEL_KEY", ""))
    for problem in PRACTICE:
        code = await generate_solution(client, asyncio.Semaphore(8), dict(problem))
        print(f"----- {problem['name']}: the program {passes(code, problem['public_tests'])}\n{code}")


asyncio.run(main())
