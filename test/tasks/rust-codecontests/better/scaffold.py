"""Better than the starting solution: asks for Rust, and takes the program out of the answer."""

import re


async def generate_solution(client, semaphore, problem):
    async with semaphore:
        answer = await client.chat([{"role": "user", "content": f"Solve this in Rust.\n\n{problem['description']}"}])
    found = re.search(r"```(?:rust)?\n(.*?)```", answer, re.DOTALL)
    return found.group(1) if found else answer
