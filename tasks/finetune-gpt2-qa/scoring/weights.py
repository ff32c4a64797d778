"""Model weights as a file in the safetensors format: reading it executes nothing.

The same file lies in `workspace/` and in `scoring/`; scoring uses its own.
"""

import ctypes
import json
import math
import struct

LONGEST_HEADER_BYTES = 10_000_000


def to_bytes(tensors, metadata=None):
    """`tensors`: dict of name to torch tensor; float32 is written. `metadata`: dict of strings."""
    import torch

    header, parts, offset = {"__metadata__": metadata} if metadata else {}, [], 0
    for name, tensor in tensors.items():
        values = tensor.detach().to("cpu", torch.float32).contiguous()
        # Not by way of numpy, which PyTorch does without.
        part = ctypes.string_at(values.data_ptr(), 4 * values.numel()) if values.numel() > 0 else b""
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(part)]}
        parts.append(part)
        offset += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)


def from_bytes(content):
    """dict of name to float32 torch tensor; raises ValueError, with a sentence, for anything else."""
    import torch

    if len(content) < 8:
        raise ValueError("The file is no safetensors file: it is too short.")
    (length,) = struct.unpack("<Q", content[:8])
    if length > min(len(content) - 8, LONGEST_HEADER_BYTES):
        raise ValueError("The file is no safetensors file: its header is longer than the file.")
    try:
        header = json.loads(content[8 : 8 + length].decode())
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        body, tensors = memoryview(content)[8 + length :], {}
        # Tensors that share bytes would make a small file large.
        if sum(max(0, entry["data_offsets"][1] - entry["data_offsets"][0]) for entry in entries.values()) > len(body):
            raise ValueError("The tensors of the file overlap.")
        for name, entry in entries.items():
            shape, (start, end) = [int(size) for size in entry["shape"]], entry["data_offsets"]
            if entry["dtype"] != "F32":
                raise ValueError(f"{name[:100]!r} has dtype {str(entry['dtype'])[:20]}; only F32 is read.")
            if min(shape, default=0) < 0 or not 0 <= start <= end <= len(body) or end - start != 4 * math.prod(shape):
                raise ValueError(f"The size of {name[:100]!r} does not fit its shape.")
            part = bytearray(body[start:end])
            tensors[name] = torch.frombuffer(part, dtype=torch.float32).reshape(shape) if part else torch.zeros(shape)
    except (KeyError, TypeError, AttributeError, OverflowError, UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError("The file is no safetensors file: its header cannot be read.") from None
    return tensors


def metadata_of(content):
    """The metadata of a file that from_bytes() could read: a dict, empty where there are none."""
    (length,) = struct.unpack("<Q", content[:8])
    metadata = json.loads(content[8 : 8 + length].decode()).get("__metadata__")
    return metadata if isinstance(metadata, dict) else {}


def save(path, tensors, metadata=None):
    with open(path, "wb") as file:
        file.write(to_bytes(tensors, metadata))


def load(path):
    with open(path, "rb") as file:
        return from_bytes(file.read())
