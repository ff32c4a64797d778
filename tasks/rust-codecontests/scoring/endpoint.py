"""An OpenAI-compatible chat completions endpoint. The same file lies in several tasks."""

import http.client
import json
import socket
import time
import urllib.error
import urllib.request

from solver import Unable, printable

TRIES = 3
ANSWER_BYTES = 4_000_000
# Bad request, content too large, unprocessable content: the endpoint is well and this call is not.
REFUSING = (400, 413, 422)


class Refused(Unable):
    """The endpoint does not take this call; `reason` is what it says of that, without its address."""

    def __init__(self, url, reason):
        super().__init__(f"the model endpoint {url} {reason}; check it and score again.")
        self.reason = reason


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect does not decide where the key goes."""

    def redirect_request(self, *_):
        return None


class Endpoint:
    """@param url ends in /v1; @param seconds an answer may take this long."""

    def __init__(self, url, model, key, seconds):
        self.url, self.model, self.key, self.seconds = url.rstrip("/") + "/chat/completions", model, key, seconds
        # What listens on this computer is reached without the proxy that the environment may name.
        proxy = urllib.request.ProxyHandler(*([{}] if "//127.0.0.1" in self.url else []))
        if not self.url.startswith(("http://", "https://")):
            raise Unable(f"the model endpoint {printable(url.encode('utf-8', 'replace'))!r} is no address; one begins with http:// or https:// and ends in /v1.")
        self.opener = urllib.request.build_opener(proxy, NoRedirects)

    def chat(self, messages, temperature, **options):
        """The text of the answer; raises Unable once all tries have failed."""
        body = json.dumps({"model": self.model, "messages": messages, "temperature": temperature, **options}).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.key}"} if self.key else {})}
        for attempt in range(1, TRIES + 1):
            try:
                deadline = time.monotonic() + self.seconds
                with self.opener.open(urllib.request.Request(self.url, body, headers), timeout=self.seconds) as answer:
                    text = json.loads(content_of(answer, deadline))["choices"][0]["message"]["content"]
                if not isinstance(text, str):
                    raise ValueError
                return text
            except urllib.error.HTTPError as error:
                problem = f"answers with HTTP status {error.code}{said_by(error)}"
                if error.code in REFUSING:
                    raise Refused(self.url, problem) from None
                if error.code in (401, 403, 404):
                    break
            except (socket.timeout, TimeoutError):
                problem = f"did not answer within {self.seconds} s"
                break
            except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
                reason = getattr(error, "reason", error)
                problem = f"did not answer within {self.seconds} s" if isinstance(reason, (socket.timeout, TimeoutError)) else f"cannot be reached ({reason})"
            except (ValueError, LookupError, TypeError):
                problem = "answers with something that is no chat completion"
            if attempt < TRIES:
                time.sleep(0.5 * attempt)
        raise Unable(f"the model endpoint {self.url} {problem}; check it and score again.")


def content_of(answer, deadline):
    """The bytes of an answer, which may come slowly, but not longer than until the deadline."""
    content = b""
    while len(content) < ANSWER_BYTES and (part := answer.read1(65536)):
        content += part
        if time.monotonic() > deadline:
            raise TimeoutError
    return content


def said_by(error):
    """What the endpoint says of its error, in one line with a colon in front; nothing where that is a page or no words."""
    try:
        said = error.read(10_000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    try:
        said = json.loads(said)["error"]["message"]
    except (LookupError, TypeError):
        return ""
    except (ValueError, RecursionError):
        pass
    text = printable(" ".join(str(said).split()).encode("utf-8", "replace"))[:500].rstrip(".")
    return f": {text}" if text and not text.startswith("<") else ""
