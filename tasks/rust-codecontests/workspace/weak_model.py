"""A small deterministic model behind the chat completions API, in place of a language model where none can be had.

It knows a few kinds of problems, writes Rust for them, and makes mistakes as a weak model does: code that does not compile,
code that is wrong on some inputs. It makes fewer when it is told of them. `python3 weak_model.py [PORT]` serves it.
The same file lies in `workspace/` and in `scoring/`; scoring uses its own.
"""

import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "weak-model"
PROGRAM = """use std::io::Read;

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let numbers: Vec<i64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let values = &numbers[1..];
    let k: usize = KKK;
    BODY
    println!("{}", answer);
}
"""

# Title of the kind: body, and what a mistaken body has in place of a part of it.
KNOWN = {
    "Steep steps": ("let answer = values.windows(2).filter(|pair| (pair[0] - pair[1]).abs() >= k as i64).count();", (">=", ">")),
    "Longest stretch": (
        "let (mut answer, mut run) = (0, 0);\n    for value in values {\n        run = if value % k as i64 == 0 { run + 1 } else { 0 };\n        answer = answer.max(run);\n    }",
        ("else { 0 }", "else { run }"),
    ),
    "Best window": ("let answer = values.windows(k).map(|window| window.iter().sum::<i64>()).max().unwrap();", (".max().unwrap()", ".max().unwrap().max(0)")),
    "Remainders": (
        "let mut seen: Vec<i64> = values.iter().map(|value| value.rem_euclid(k as i64)).collect();\n    seen.sort();\n    seen.dedup();\n    let answer = seen.len();",
        ("value.rem_euclid(k as i64)", "value % k as i64"),
    ),
    "Every so often": ("let answer: i64 = values.iter().skip(k - 1).step_by(k).sum();", (".skip(k - 1)", "")),
    "Largest drop": (
        "let mut answer = 0;\n    for first in 0..values.len() {\n        for second in first..values.len().min(first + k + 1) {\n            answer = answer.max(values[first] - values[second]);\n        }\n    }",
        ("first + k + 1", "first + k"),
    ),
    "Lookouts": ("let answer = (0..values.len()).filter(|&i| (i.saturating_sub(k)..i).all(|j| values[j] < values[i])).count();", ("values[j] < values[i]", "values[j] <= values[i]")),
    "Clamped sum": ("let answer: i64 = values.iter().map(|&value| value.max(-(k as i64)).min(k as i64)).sum();", (".max(-(k as i64))", "")),
}


class WeakModel:
    def __init__(self):
        self.asked = {}
        self.lock = threading.Lock()

    def answer(self, messages):
        """The text that follows the messages. The same messages get another answer each time, in a fixed order."""
        text = "\n".join(str(message.get("content", "")) for message in messages)
        with self.lock:
            count = self.asked[text] = self.asked.get(text, 0) + 1
        chance = hashlib.sha256(f"{text}\n{count}".encode()).digest()
        title = next((title for title in KNOWN if title in text), None)
        if title is None or "rust" not in text.lower():
            return "I would read the numbers, keep track of what is asked for, and print it. Which programming language do you want?"
        body, (good, bad) = KNOWN[title]
        told = text.lower()
        if chance[0] < (20 if "expected" in told and "wrong" in told else 150):
            body = body.replace(good, bad)
        digits = text.split("K = ", 1)[-1].split(None, 1)[0].strip(".,;")
        program = PROGRAM.replace("KKK", digits if digits.isdecimal() else "1").replace("BODY", body)
        if chance[1] < (20 if "error" in told and "compile" in told else 130):
            program = program.replace("let mut text", "let text")
        return f"The numbers are read from standard input first.\n\n```rust\n{program}```\n\nThis runs fast enough."


def serve(port=0, key=None):
    """Starts the server in a thread; returns it. Its address is in server_address. Where there is a key, callers must have it."""
    model = WeakModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            try:
                request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                if key is not None and self.headers.get("Authorization") != f"Bearer {key}":
                    raise PermissionError
                message = {"role": "assistant", "content": model.answer(request["messages"])}
                status, answer = 200, {"object": "chat.completion", "model": NAME, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
            except PermissionError:
                status, answer = 401, {"error": {"message": "The key is missing or wrong."}}
            except (ValueError, KeyError, AttributeError, TypeError):
                status, answer = 400, {"error": {"message": "This is no chat completions request."}}
            content = json.dumps(answer).encode()
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
