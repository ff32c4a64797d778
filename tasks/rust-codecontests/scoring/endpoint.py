"""An OpenAI-compatible chat completions endpoint. The same file lies in several tasks."""

import json
import socket
import time
import urllib.error
import urllib.request

from solver import Unable

TRIES = 3
ANSWER_BYTES = 4_000_000


class Endpoint:
    """@param url ends in /v1; @param seconds an answer may take this long."""

    def __init__(self, url, model, key, seconds):
        self.url, self.model, self.key, self.seconds = url.rstrip("/") + "/chat/completions", model, key, seconds

    def chat(self, messages, temperature, **options):
        """The text of the answer; raises Unable once all tries have failed."""
        body = json.dumps({"model": self.model, "messages": messages, "temperature": temperature, **options}).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        for attempt in range(1, TRIES + 1):
            try:
                request = urllib.request.Request(self.url, body, headers)
                # No proxy of the environment and no redirect decides where the key goes.
                with urllib.request.build_opener(urllib.request.ProxyHandler({}) if "//127.0.0.1" in self.url else urllib.request.ProxyHandler()).open(request, timeout=self.seconds) as answer:
                    text = json.loads(answer.read(ANSWER_BYTES))["choices"][0]["message"]["content"]
                if not isinstance(text, str):
                    raise ValueError
                return text
            except urllib.error.HTTPError as error:
                problem = f"answers with HTTP status {error.code}"
                if error.code in (400, 401, 403, 404):
                    break
            except (socket.timeout, TimeoutError):
                problem = f"did not answer within {self.seconds} s"
                break
            except (urllib.error.URLError, OSError) as error:
                reason = getattr(error, "reason", error)
                problem = f"did not answer within {self.seconds} s" if isinstance(reason, (socket.timeout, TimeoutError)) else f"cannot be reached ({reason})"
            except (ValueError, LookupError, TypeError):
                problem = "answers with something that is no chat completion"
            if attempt < TRIES:
                time.sleep(0.5 * attempt)
        raise Unable(f"the model endpoint {self.url} {problem}; check it and score again.")
