"""The starting solution: it asks the model once, and takes whatever the model says for a program."""


async def generate_solution(client, semaphore, problem):
    """Returns a Rust program for the problem.

    client: `await client.chat(messages, temperature=0.7)` returns the text of the model's answer.
    semaphore: use `async with semaphore:` around calls, so that not all problems call at once.
    problem: dict with name, description, and public_tests, a list of [input, output].
    """
    async with semaphore:
        return await client.chat([{"role": "user", "content": problem["description"]}])
