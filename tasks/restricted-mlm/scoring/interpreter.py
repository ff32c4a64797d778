"""Runs a program of permitted operations on tensors. There is no way to compute anything else with it."""

import torch

MOST_NODES = 5000
# Operations whose second argument must be fixed: else they would look up what the data decide in what the data made.
FIXED_SECOND = {"index": "takes an index", "embedding": "takes a table"}
LARGEST_TENSOR = 400_000_000


class Refused(Exception):
    """The program is not permitted; the text says why."""


def run(program, tensors, tokens):
    """The result of the program for int64 tokens [batch, block]; raises Refused."""
    if not isinstance(program, list) or not 1 <= len(program) <= MOST_NODES:
        raise Refused(f"A program is a list of 1 to {MOST_NODES} operations")
    values, decided = [], []

    def value(argument):
        if isinstance(argument, dict):
            if set(argument) == {"node"} and type(argument["node"]) is int and 0 <= argument["node"] < len(values):
                return values[argument["node"]]
            if set(argument) == {"list"} and isinstance(argument["list"], list):
                return [value(item) for item in argument["list"]]
            if set(argument) == {"slice"} and len(argument["slice"]) == 3:
                return slice(*(optional_whole(part) for part in argument["slice"]))
            if set(argument) == {"ellipsis"}:
                return Ellipsis
            raise Refused("An argument is neither a value nor a reference to an earlier operation")
        return argument

    for number, node in enumerate(program):
        operation = OPERATIONS.get(node.get("op")) if isinstance(node, dict) and isinstance(node.get("op"), str) else None
        if operation is None:
            raise Refused(f"Operation {number}, {str(node.get('op') if isinstance(node, dict) else node)[:60]!r}, is not permitted")
        try:
            references = [list(referenced(argument)) for argument in [*node["args"], *node.get("options", {}).values()]]
            # What the tokens decide: everything but weights, and what is made of weights alone.
            moving = [any(decided[reference] for reference in of_one) for of_one in references]
            decided.append(node["op"] == "input" or any(moving))
            if node["op"] in FIXED_SECOND and (len(node["args"]) != 2 or any(moving[1:])):
                raise Refused(f"Operation {number} ({node['op']}) {FIXED_SECOND[node['op']]} that is fixed before the forward pass, and this one depends on the tokens")
            arguments = [value(argument) for argument in node["args"]]
            options = {name: value(argument) for name, argument in node.get("options", {}).items()}
            if node["op"] == "input":
                made = tokens
            elif node["op"] == "weight":
                made = tensors[arguments[0]].to(tokens.device)
                made = made.long() if options.get("whole") is True else made
            else:
                made = operation(*arguments, **options)
        except Refused:
            raise
        except Exception as error:
            raise Refused(f"Operation {number} ({node['op']}) cannot be carried out: {str(error)[:300] or type(error).__name__}") from None
        if not isinstance(made, torch.Tensor) or made.numel() > LARGEST_TENSOR:
            raise Refused(f"Operation {number} ({node['op']}) does not make a tensor of at most {LARGEST_TENSOR} elements")
        values.append(made)
    return values[-1]


def referenced(argument):
    """Numbers of the operations that an argument refers to."""
    if isinstance(argument, dict):
        if type(argument.get("node")) is int and argument["node"] >= 0:
            yield argument["node"]
        for item in argument["list"] if isinstance(argument.get("list"), list) else []:
            yield from referenced(item)


def optional_whole(value):
    if value is None or type(value) is int:
        return value
    raise Refused("A slice has whole numbers")


def tensor(value):
    if isinstance(value, torch.Tensor):
        return value
    raise Refused("A tensor is needed here")


def tensor_or_number(value):
    if isinstance(value, torch.Tensor) or type(value) in (int, float):
        return value
    raise Refused("A tensor or a number is needed here")


def sizes(values):
    listed = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    return [optional_whole(size) for size in listed]


def add(a, b, alpha=1):
    return tensor_or_number(a) + tensor_or_number(b) * alpha if alpha != 1 else tensor_or_number(a) + tensor_or_number(b)


def index(x, places):
    places = places if isinstance(places, list) else [places]
    for place in places:
        if isinstance(place, torch.Tensor):
            # A mask would be a condition.
            if place.dtype != torch.int64:
                raise Refused("Tensors may be indexed with whole numbers only")
        elif not (place is None or place is Ellipsis or isinstance(place, slice) or type(place) is int):
            raise Refused("Tensors may be indexed with whole numbers, slices and tensors of whole numbers only")
    return tensor(x)[tuple(places)]


def einsum(equation, *operands):
    operands = operands[0] if len(operands) == 1 and isinstance(operands[0], list) else operands
    return torch.einsum(equation, *(tensor(operand) for operand in operands))


OPERATIONS = {
    "input": lambda: None,
    "weight": lambda name: None,
    "result": tensor,
    "embedding": lambda x, weight: torch.nn.functional.embedding(tensor(x), tensor(weight)),
    "linear": lambda x, weight, bias=None: torch.nn.functional.linear(tensor(x), tensor(weight), bias),
    "relu": lambda x: tensor(x).relu(),
    "matmul": lambda a, b: tensor(a) @ tensor(b),
    "einsum": einsum,
    "sum": lambda x, dim, keepdim=False: tensor(x).sum(dim, keepdim=keepdim),
    "add": add,
    "mul": lambda a, b: tensor_or_number(a) * tensor_or_number(b),
    "index": index,
    "cat": lambda parts, dim=0: torch.cat([tensor(part) for part in parts], dim),
    "reshape": lambda x, *shape: tensor(x).reshape(sizes(shape)),
    "flatten": lambda x, start_dim=0, end_dim=-1: tensor(x).flatten(start_dim, end_dim),
    "permute": lambda x, *dims: tensor(x).permute(sizes(dims)),
    "transpose": lambda x, first, second: tensor(x).transpose(first, second),
    "unsqueeze": lambda x, dim: tensor(x).unsqueeze(dim),
    "squeeze": lambda x, dim: tensor(x).squeeze(dim),
}
