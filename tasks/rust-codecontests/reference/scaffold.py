"""The author's solution: asks for Rust, tries programs on the public tests, and tells the model what went wrong."""

import asyncio
import os
import re
import tempfile

SAMPLES = 5
REPAIRS = 2


async def generate_solution(client, semaphore, problem):
    question = {"role": "user", "content": f"Solve this problem in Rust. Answer with one complete program in a ```rust block.\n\n{problem['description']}"}
    best, most = "", -1
    for _ in range(SAMPLES):
        messages = [question]
        for _ in range(1 + REPAIRS):
            async with semaphore:
                answer = await client.chat(messages)
                found = re.search(r"```(?:rust)?\n(.*?)```", answer, re.DOTALL)
                code = found.group(1) if found else answer
                passed, complaint = await trial(code, problem["public_tests"])
            if passed > most:
                best, most = code, passed
            if not complaint:
                return code
            messages = [question, {"role": "assistant", "content": answer}, {"role": "user", "content": complaint}]
    return best


async def trial(code, tests):
    """How many public tests pass, and what to tell the model; an empty text where all do."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "a.rs"), os.path.join(folder, "a")
        with open(source, "w", encoding="utf-8") as file:
            file.write(code)
        status, _, errors = await run(["rustc", "--edition", "2021", "-C", "debuginfo=0", "-o", program, source], "", 30)
        if status != 0:
            return -1, f"The program does not compile. The compiler's error:\n{errors[:2000]}\nWrite the whole program again."
        for number, (given, expected) in enumerate(tests):
            _, printed, _ = await run([program], given, 5)
            if printed.split() != expected.split():
                return number, f"The program is wrong. For the input\n{given}expected was\n{expected}and it printed\n{printed[:500]}\nWrite the whole program again."
    return len(tests), ""


async def run(words, given, seconds):
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        printed, errors = await asyncio.wait_for(process.communicate(given.encode()), seconds)
    except asyncio.TimeoutError:
        process.kill()
        return 1, "", "It took too long."
    return process.returncode, printed.decode("utf-8", "replace"), errors.decode("utf-8", "replace")
