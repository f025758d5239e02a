"""Rows for the locks of Queues that may be lost, since a process has ended that was reading or writing.

A Queue guards each end of its pipe by a lock that the program never sees. These locks are shown only when one of them
matters: a process that ended inside of `get()` may have held the lock of the reading end, and no process releases it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rockproc.observer.model import Channel
from rockproc.observer.model.keys import ProcessKey

from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten, width

_MAX_NAME_CELLS = 40
_ENDS = (("reading", ("get",)), ("writing", ("feed", "put", "flush")))
"""The ends of a Queue, and the operations that need the lock of each."""


def lost_ends(view: View, columns: int) -> Iterator[tuple[tuple[int, str], Cells]]:
    """Yield a key and the cells of a row for each lock of a Queue that may be lost, while a process lives."""
    if not any(process.state.alive for process in view.snapshot.processes):
        return
    for channel in view.snapshot.channels:
        if channel.internal:
            continue
        for end, operations in _ENDS:
            ended = list(_how_ended(view, channel.ended_reading if end == "reading" else channel.ended_writing))
            if ended:
                name = f"{sanitize(channel.name)}, {end} end"
                yield (channel.key, end), _cells(name, ended, _waiting(channel, operations, view), columns)


def _cells(name: str, ended: list[str], waiting: list[str], columns: int) -> Cells:
    name = shorten(name, max(columns // 3, 1))
    waiters = f"  ◂ {', '.join(waiting)}" if waiting else ""
    room = max(columns - width(name) - 1, 0)
    lost = f"✖ {', '.join(ended)}"
    lost = fit(lost, min(width(lost), max(room - width(waiters), 0)))
    return ((f"{name} ", ""), (lost, "dead"), (fit(waiters, room - width(lost)), "bad"))


def _how_ended(view: View, keys: Iterable[ProcessKey]) -> Iterator[str]:
    for key in keys:
        process = view.processes.get(key)
        if process is not None:
            how = f"ended by {process.signal}" if process.signal else "has ended"
            yield f"{shorten(sanitize(process.name), _MAX_NAME_CELLS)} {how}"


def _waiting(channel: Channel, operations: tuple[str, ...], view: View) -> list[str]:
    """Return the processes that wait at this end of a Queue, with the time of each wait."""
    return [
        f"{shorten(sanitize(process.name), _MAX_NAME_CELLS)} {quantities.since(view.now - wait.since)}"
        for process in view.snapshot.processes
        if process.state.alive
        for wait in process.waits
        if wait.key == channel.key and wait.op in operations
    ]
