"""A small deterministic judge behind the chat completions API, in place of a language model where none can be had.

It is asked which of two responses to a question is better, and answers A or B. It likes words that have to do with the question, no
repetition, and a response that says something and comes to an end. `python3 weak_judge.py [PORT]` serves it. The same file lies in `workspace/`
and in `scoring/`; scoring uses its own.
"""

import hashlib
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "weak-judge"
RELATED = {
    "cats": "whiskers purr kitten fur paws meow claws nap",
    "rivers": "water bank flow bridge boat fish stream delta",
    "bread": "flour oven crust dough yeast butter slice bake",
    "winter": "snow ice cold scarf sledge frost boots fire",
    "music": "song drum violin tune choir note piano dance",
    "trees": "leaf bark root branch forest acorn shade wood",
}


def quality(question, response):
    subject = next((subject for subject in RELATED if subject in question), None)
    related = set(RELATED.get(subject, "").split())
    words = response.replace(".", " .").split()
    content = [word for word in words if word != "."]
    fitting = len({word for word in content if word in related})
    repeated = len(content) - len(set(content))
    foreign = sum(word in other.split() for name, other in RELATED.items() if name != subject for word in content)
    if len(content) < 3:
        return -10 + len(content)
    return min(fitting, 5) - 0.7 * foreign - 0.8 * repeated + (1 if words[-1:] == ["."] else 0)


def answer(text):
    found = re.search(r"Question: (.*?)\nResponse A: (.*?)\nResponse B: (.*?)\n", text, re.DOTALL)
    if found is None:
        return "Give me a question and two responses, please."
    question, first, second = found.groups()
    difference = quality(question, first) - quality(question, second)
    if difference == 0:
        difference = 1 if hashlib.sha256(text.encode()).digest()[0] % 2 else -1
    return "A" if difference > 0 else "B"


def serve(port=0):
    """Starts the server in a thread; returns it. Its address is in server_address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            try:
                request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                message = {"role": "assistant", "content": answer(request["messages"][-1]["content"])}
                status, value = 200, {"object": "chat.completion", "model": NAME, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
            except (ValueError, LookupError, AttributeError, TypeError):
                status, value = 400, {"error": {"message": "This is no chat completions request."}}
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    running = serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print(f"http://127.0.0.1:{running.server_address[1]}/v1", flush=True)
    threading.Event().wait()
