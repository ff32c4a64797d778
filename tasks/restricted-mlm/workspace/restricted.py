"""Turns a PyTorch module into a program of permitted operations, which is all that scoring runs.

`save(path, model)` follows `model.forward` once (torch.fx), writes down what it does with tensors, and stops with a sentence
at the first operation that is not permitted. Scoring reads the program with an interpreter of its own, which knows
nothing but these operations; what this file lets through by mistake is refused there.

Permitted: nn.Embedding, nn.Linear, nn.ReLU; relu, matmul (@), einsum, sum, +, *; indexing with whole numbers, slices and fixed tensors;
reshape, view, flatten, permute, transpose, unsqueeze, squeeze, cat. Parameters, buffers, and numbers may be used. Sizes are fixed: there is
no x.shape; a scoring evaluates batches of [BATCH, BLOCK] tokens.
"""

import json
import operator
import sys

import torch
from torch import fx, nn
from torch.nn import functional

import weights

FUNCTIONS = {
    operator.add: "add", torch.add: "add", operator.iadd: "add", operator.mul: "mul", torch.mul: "mul", operator.imul: "mul",
    operator.matmul: "matmul", torch.matmul: "matmul", torch.bmm: "matmul", torch.einsum: "einsum", torch.functional.einsum: "einsum",
    torch.sum: "sum", torch.relu: "relu", functional.relu: "relu", functional.linear: "linear", torch.cat: "cat",
    operator.getitem: "index", torch.reshape: "reshape", torch.flatten: "flatten", torch.permute: "permute",
    torch.transpose: "transpose", torch.unsqueeze: "unsqueeze", torch.squeeze: "squeeze",
}
METHODS = {
    "add": "add", "add_": "add", "mul": "mul", "mul_": "mul", "matmul": "matmul", "bmm": "matmul", "sum": "sum", "relu": "relu", "relu_": "relu",
    "reshape": "reshape", "view": "reshape", "flatten": "flatten", "permute": "permute", "transpose": "transpose",
    "unsqueeze": "unsqueeze", "squeeze": "squeeze", "contiguous": None, "clone": None,
}


class NotPermitted(Exception):
    pass


def save(path, model):
    program, tensors = export(model)
    weights.save(path, tensors, {"program": json.dumps(program)})


def export(model):
    """The program (a list of nodes) and the tensors it names. Node 0 is the input; the last one is the result."""
    try:
        graph = fx.symbolic_trace(model.eval()).graph
    except NotPermitted:
        raise
    except Exception as error:
        sys.exit(f"The forward pass cannot be followed: {error}")
    modules = dict(model.named_modules())
    program, tensors, places, moving = [], {}, {}, set()

    def depends_on_tokens(argument):
        listed = argument.get("list", []) if isinstance(argument, dict) else []
        return isinstance(argument, dict) and (argument.get("node") in moving or any(depends_on_tokens(item) for item in listed))

    def emit(op, *arguments, **options):
        if op == "index" and depends_on_tokens(arguments[1]):
            raise NotPermitted("indexing with a tensor that depends on the tokens is not permitted; nn.Embedding looks tokens up")
        if op == "input" or any(depends_on_tokens(argument) for argument in (*arguments, *options.values())):
            moving.add(len(program))
        program.append({"op": op, "args": list(arguments), **({"options": options} if options else {})})
        return {"node": len(program) - 1}

    def tensor(name):
        value = model
        for part in name.split("."):
            value = getattr(value, part)
        if isinstance(value, (int, float)):
            return value
        tensors[name] = value.detach()
        return emit("weight", name, whole=not value.dtype.is_floating_point)

    def plain(value):
        if isinstance(value, fx.Node):
            return places[value]
        if isinstance(value, (list, tuple)):
            return {"list": [plain(item) for item in value]}
        if isinstance(value, slice):
            return {"slice": [plain(value.start), plain(value.stop), plain(value.step)]}
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if value is Ellipsis:
            return {"ellipsis": True}
        raise NotPermitted(f"a value of type {type(value).__name__} cannot be used here")

    for node in graph.nodes:
        try:
            if node.op == "placeholder":
                places[node] = emit("input")
            elif node.op == "get_attr":
                places[node] = tensor(node.target)
            elif node.op == "output":
                if "node" not in (result := plain(node.args[0])):
                    raise NotPermitted("the result must be one tensor")
                emit("result", result)
            elif node.op == "call_module":
                module = modules[node.target]
                given = plain(node.args[0])
                if type(module) is nn.Linear:
                    bias = tensor(f"{node.target}.bias") if module.bias is not None else None
                    places[node] = emit("linear", given, tensor(f"{node.target}.weight"), bias)
                elif type(module) is nn.Embedding:
                    places[node] = emit("embedding", given, tensor(f"{node.target}.weight"))
                elif type(module) is nn.ReLU:
                    places[node] = emit("relu", given)
                elif type(module) is nn.Identity:
                    places[node] = given
                else:
                    raise NotPermitted(f"nn.{type(module).__name__} is not permitted")
            else:
                known = (METHODS if node.op == "call_method" else FUNCTIONS).get(node.target, "")
                if known == "":
                    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
                    raise NotPermitted(f"{name} is not permitted")
                options = {name: plain(value) for name, value in node.kwargs.items() if name != "inplace"}
                places[node] = emit(known, *(plain(value) for value in node.args), **options) if known else plain(node.args[0])
        except NotPermitted as reason:
            sys.exit(f"In the forward pass, {reason}.\n{node.stack_trace or ''}".rstrip())
    return program, tensors
