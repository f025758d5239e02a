"""Finds the callbacks that a thread which hands over the results of a pool will call once their tasks have ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from .interpreter import Frame
from .memory import UnreadableMemory
from .objects import Objects

_OF_POOL, _OF_EXECUTOR = "cache", "pending_work_items"
"""The variables that hold the results still to come: of `Pool._handle_results`, and of an executor's thread."""
_MAX_RESULTS = 200


def pending_callbacks(objects: Objects, frames: Sequence[Frame]) -> Iterator[int]:
    """Yield the callbacks that a thread may call, as functions and lists of functions.

    Args:
        objects: the decoder of the process.
        frames: the frames of the thread.
    """
    for frame in frames:
        name = frame.function.rpartition(".")[2]
        variables = frame.local_variables
        with suppress(UnreadableMemory, KeyError):
            if name == "_handle_results":
                yield from _of_results(objects, variables[_OF_POOL], ("_callback", "_error_callback"))
            elif name == "_queue_management_worker":
                yield from _of_futures(objects, variables[_OF_EXECUTOR])
            elif name == "run" and frame.code.path.endswith("/concurrent/futures/process.py"):
                yield from _of_futures(objects, objects.attributes(variables["self"])[_OF_EXECUTOR])


def _of_results(objects: Objects, results: int, names: Sequence[str]) -> Iterator[int]:
    for number, (_, result) in enumerate(objects.dict_items(results)):
        attributes = objects.attributes(result)
        yield from (attributes[name] for name in names if name in attributes)
        if number == _MAX_RESULTS:
            return


def _of_futures(objects: Objects, items: int) -> Iterator[int]:
    for future in _of_results(objects, items, ("future",)):
        yield from (value for name, value in objects.attributes(future).items() if name == "_done_callbacks")
