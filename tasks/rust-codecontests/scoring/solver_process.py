"""Runs a solution for score.py, its channel as stdin. Nothing here is trusted by the scorer: the solution may change all of it."""

import asyncio
import importlib
import json
import os
import socket
import sys
import traceback


class RefusedCall(Exception):
    """The model does not take this call, a prompt that is too long, say; the text has its reason."""


class Client:
    """The model. `await client.chat(messages, temperature)` returns the text of its answer; raises RefusedCall, or TypeError."""

    def __init__(self, write):
        self.write = write
        self.waiting = {}

    async def chat(self, messages, temperature=0.7):
        if not isinstance(messages, list) or not all(isinstance(message, dict) and {"role", "content"} <= set(message) for message in messages):
            raise TypeError('messages is a list of {"role": …, "content": …}')
        number = len(self.waiting)
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        self.write({"call": number, "messages": messages, "temperature": float(temperature)})
        return await answer


async def main():
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    reader, writer = await asyncio.open_connection(sock=channel, limit=64 * 1024 * 1024)
    task = json.loads(await reader.readline())

    def write(value):
        writer.write(json.dumps(value).encode() + b"\n")

    sys.path[0] = os.getcwd()
    try:
        generate_solution = importlib.import_module("scaffold").generate_solution
    except BaseException as error:
        write({"unusable": sentence(error)})
        await writer.drain()
        return
    client, semaphore = Client(write), asyncio.Semaphore(task["semaphore"])

    async def answers():
        while line := await reader.readline():
            answer = json.loads(line)
            waiting = client.waiting[answer["call"]]
            # Whoever asked may have given up.
            if waiting.done():
                continue
            if "refused" in answer:
                waiting.set_exception(RefusedCall(answer["refused"]))
            else:
                waiting.set_result(answer["text"])

    async def solve(number, problem):
        try:
            code = await generate_solution(client, semaphore, problem)
            if not isinstance(code, str):
                raise TypeError(f"generate_solution returned {type(code).__name__}, not str")
            write({"problem": number, "code": code})
        except Exception as error:
            traceback.print_exc()
            write({"problem": number, "failed": sentence(error)})
        await writer.drain()

    listening = asyncio.create_task(answers())
    await asyncio.gather(*(solve(number, problem) for number, problem in enumerate(task["problems"])))
    listening.cancel()
    writer.close()


def sentence(error):
    what = traceback.format_exception_only(type(error), error)[-1].strip()
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((frame for frame in reversed(frames) if frame.filename.startswith(os.getcwd())), None)
    return (f"{what} ({os.path.basename(frame.filename)}, line {frame.lineno})" if frame else what)[:2000]


if __name__ == "__main__":
    asyncio.run(main())
