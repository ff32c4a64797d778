"""Runs a solution for score.py, which starts this as `solver_process.py WORKSPACE ELEMENTS`, its channel as stdin.

Nothing here is trusted by the scorer: the solution shares this process and may change all of it.
"""

import importlib
import os
import socket
import struct
import sys
import traceback

INT32_FORMATS = {"i", "@i", "=i", "<i" if sys.byteorder == "little" else ">i"}


class Wrong(Exception):
    """The solution broke the interface; the text says how."""


def main():
    workspace, elements = sys.argv[1], int(sys.argv[2])
    end_with_parent()
    channel = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        prefix_sum = load(workspace)
        while True:
            # Allocated while nobody waits, so that the call measures the solution.
            buffer = bytearray(4 * elements)
            channel.sendall(b"R")
            if not receive_into(channel, memoryview(buffer)):
                return
            result = prefix_sum(memoryview(buffer).cast("i"))
            answer = int32_items(result, elements)
            channel.sendall(b"D")
            channel.sendall(answer)
    except BaseException as error:
        if not isinstance(error, (Wrong, SyntaxError)):
            traceback.print_exc()
        text = describe(error, workspace).encode("utf-8", "replace")[:2000]
        channel.sendall(b"E" + struct.pack("<H", len(text)) + text)


def load(workspace):
    sys.argv[1:] = []
    sys.path[0] = workspace
    module = importlib.import_module("prefix_sum")
    if not callable(getattr(module, "prefix_sum", None)):
        raise Wrong("prefix_sum.py defines no function prefix_sum.")
    return module.prefix_sum


def receive_into(channel, view):
    """Fills the view; False if the scorer closed the channel."""
    while view:
        size = channel.recv_into(view)
        if size == 0:
            return False
        view = view[size:]
    return True


def int32_items(result, elements):
    """The result as a buffer of `elements` int32 items; raises Wrong if it is anything else."""
    try:
        view = memoryview(result)
    except TypeError:
        raise Wrong(f"prefix_sum returned {type(result).__name__}, which is not a buffer of int32 items.") from None
    is_int32 = view.format in INT32_FORMATS or (view.format == "l" and view.itemsize == 4)
    if not is_int32:
        raise Wrong(f"prefix_sum returned items of format '{view.format}', not int32 ('i').")
    if view.ndim != 1 or not view.contiguous:
        raise Wrong("prefix_sum returned a buffer that is not one contiguous row of items.")
    if len(view) != elements:
        raise Wrong(f"prefix_sum returned {len(view)} items instead of {elements}.")
    return view


def describe(error, workspace):
    """One sentence: what happened, and where in the solution."""
    if isinstance(error, Wrong):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({place(error.filename, workspace)}, line {error.lineno})."
    what = traceback.format_exception_only(type(error), error)[-1].strip()
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((frame for frame in reversed(frames) if frame.filename.startswith(workspace)), frames[-1])
    return f"{what} ({place(frame.filename, workspace)}, line {frame.lineno}, in {frame.name})."


def place(path, workspace):
    return os.path.relpath(path, workspace) if path and path.startswith(workspace) else os.path.basename(path or "?")


def end_with_parent():
    """Linux: without the scorer this process has nothing to do, even if the solution never returns."""
    set_parent_death_signal, kill = 1, 9
    try:
        import ctypes

        ctypes.CDLL(None).prctl(set_parent_death_signal, kill, 0, 0, 0)
    except Exception:
        pass


if __name__ == "__main__":
    main()
