"""The threads of pools that hand over results to the program and run its callbacks, found by their frames.

A `Pool` has `_handle_results` (`multiprocessing/pool.py`), a `ProcessPoolExecutor` the thread of
`_queue_management_worker` (3.8) or `_ExecutorManagerThread.run` (3.9 and later, `concurrent/futures/process.py`, and
loky's copy of it).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from .interpreter import Frame, PythonThread
from .memory import UnreadableMemory
from .objects import Objects

_POOL = "/multiprocessing/pool.py"
_EXECUTOR = ("/concurrent/futures/process.py", "/loky/process_executor.py")


class HandoverThread(msgspec.Struct, frozen=True):
    """A thread of a pool that hands over results."""

    ident: int
    expected: int
    """The address of the dict of results that are still to come: `Pool._cache`, or the executor's
    `_pending_work_items`. It identifies the pool, also after `shutdown(wait=False)`."""
    processes: int | None
    """The address of the executor's dict of workers; None for a Pool."""


def handover_threads(objects: Objects, threads: Iterable[PythonThread]) -> Iterator[HandoverThread]:
    """Yield these threads of a process; those that cannot be read are left out."""
    for thread in threads:
        for frame in thread.frames:
            with suppress(UnreadableMemory, KeyError):
                if (found := _found(objects, thread.ident, frame)) is not None:
                    yield found
                    break


def _found(objects: Objects, ident: int, frame: Frame) -> HandoverThread | None:
    function, path, local = frame.function.rpartition(".")[2], frame.code.path, frame.local_variables
    if function == "_handle_results" and path.endswith(_POOL):
        return HandoverThread(ident, local["cache"], None)
    if path.endswith(_EXECUTOR) and function == "_queue_management_worker":
        return HandoverThread(ident, local["pending_work_items"], local["processes"])
    if path.endswith(_EXECUTOR) and function == "run":
        attributes = objects.attributes(local["self"])
        return HandoverThread(ident, attributes["pending_work_items"], attributes["processes"])
    return None
