"""Runs a solution on tensors for tensors.py, which starts this as `tensor_process.py WORKSPACE ELEMENTS DEVICE`, its channel as stdin.

Nothing here is trusted by the scorer: the solution shares this process and may change all of it.
"""

import os
import socket
import struct
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from solver_process import Wrong, describe, end_with_parent, load, receive_into


def main():
    workspace, elements, device = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    end_with_parent()
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        import torch

        prefix_sum = load(workspace)
        channel.sendall(b"R")
        while (seeds := received(channel, 16)) is not None:
            first, second = (random_vector(torch, elements, device, seed) for seed in struct.unpack("<2q", seeds))
            x = torch.empty_like(first)
            synchronize(torch, device)
            channel.sendall(b"R")
            (shift,) = struct.unpack("<q", received(channel, 8) or bytes(8))
            border = elements - shift
            torch.bitwise_xor(first[:border], second[shift:], out=x[:border])
            torch.bitwise_xor(first[border:], second[:shift], out=x[border:])
            result = prefix_sum(x)
            check(torch, result, x)
            synchronize(torch, device)
            channel.sendall(b"D")
            places = torch.frombuffer(bytearray(received(channel, 8 * 4096) or b""), dtype=torch.int64).to(device)
            channel.sendall(result[places].cpu().numpy().tobytes())
            if received(channel, 1) is None:
                return
            channel.sendall(memoryview(result.contiguous().cpu().numpy()).cast("B"))
    except BaseException as error:
        if not isinstance(error, (Wrong, SyntaxError)):
            traceback.print_exc()
        text = describe(error, workspace).encode("utf-8", "replace")[:2000]
        channel.sendall(b"E" + struct.pack("<H", len(text)) + text)


def random_vector(torch, elements, device, seed):
    return torch.randint(-32768, 32768, (elements,), dtype=torch.int32, device=device, generator=torch.Generator(device).manual_seed(seed))


def synchronize(torch, device):
    if device == "cuda":
        torch.cuda.synchronize()


def check(torch, result, x):
    # One of a class of its own might compute an element when that is asked for.
    if type(result) is not torch.Tensor:
        raise Wrong(f"prefix_sum returned {type(result).__name__}, which is not a plain tensor.")
    if result.dtype != torch.int32 or result.shape != x.shape or result.device != x.device:
        raise Wrong(f"prefix_sum returned a tensor of {result.dtype}, shape {list(result.shape)}, on {result.device}, instead of {x.dtype}, {list(x.shape)}, on {x.device}.")


def received(channel, size):
    """So many bytes; None if the scorer closed the channel."""
    content = bytearray(size)
    return content if receive_into(channel, memoryview(content)) else None


if __name__ == "__main__":
    main()
