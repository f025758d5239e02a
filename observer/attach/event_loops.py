"""Recognises from the frames of a thread what an event loop of asyncio does."""

from __future__ import annotations

from collections.abc import Sequence

from .interpreter import Frame


def closes_loop(frames: Sequence[Frame]) -> bool:
    """Return whether `asyncio.run()` is at its end: `Runner.close` itself runs the loop (CPython 3.11 to 3.15).

    While it cancels what is left of the coroutines of the program, it does so through another function.
    """
    names = [frame.function.rpartition(".")[2] for frame in frames]
    return any(
        (inner, outer) == ("run_until_complete", "close") and frame.code.path.endswith("asyncio/runners.py")
        for inner, outer, frame in zip(names, names[1:], frames[1:], strict=False)
    )
