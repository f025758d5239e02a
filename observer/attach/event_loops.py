"""Recognises from the frames of a thread what an event loop of asyncio does, and finds its handlers of signals."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from .interpreter import Frame
from .memory import UnreadableMemory
from .objects import Objects

HANDLER = "_sighandler_noop"
"""The function that a loop sets as handler; the callback of the program is called later, by the loop."""
_ARGUMENTS, _CALLBACK = 16, 24
"""The places of the slots in a `Handle`: CPython arranges slots by their names."""


_LAST_FUNCTIONS = {"_shutdown": "/threading.py", "_python_exit": "/concurrent/futures/thread.py"}
"""The functions in which a main thread waits for other threads once its code has ended, with the ends of their files.

On CPython 3.8 the second one is called by the interpreter, later by the first one.
"""


def is_over(frames: Sequence[Frame]) -> bool:
    """Return whether the code of the program has ended in a thread: `asyncio.run()` or the interpreter is at its end.

    At the end of `asyncio.run()` the method `Runner.close` itself runs the loop (CPython 3.11 to 3.15). While it
    cancels what is left of the coroutines of the program, it does so through another function.
    """
    names = [frame.function.rpartition(".")[2] for frame in frames]
    if names and frames[-1].code.path.endswith(_LAST_FUNCTIONS.get(names[-1], "no such file")):
        return True
    return any(
        (inner, outer) == ("run_until_complete", "close") and frame.code.path.endswith("asyncio/runners.py")
        for inner, outer, frame in zip(names, names[1:], frames[1:], strict=False)
    )


def loop_callbacks(objects: Objects, frames: Sequence[Frame]) -> dict[int, tuple[int, int]]:
    """Return what the loop that runs in a thread calls at a signal, by its number: a function and its arguments."""
    for frame in frames:
        if frame.function.rpartition(".")[2] == "run_forever" and frame.code.path.endswith("asyncio/base_events.py"):
            with suppress(UnreadableMemory, KeyError):
                handles = objects.attributes(frame.local_variables["self"])["_signal_handlers"]
                return {
                    objects.number(number): (
                        objects.memory.pointer(handle + _CALLBACK),
                        objects.memory.pointer(handle + _ARGUMENTS),
                    )
                    for number, handle in objects.dict_items(handles)
                    if objects.type_name(handle) == "Handle"
                }
    return {}
