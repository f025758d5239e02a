"""Calls of `send()` and of `recv()` that overlap at one end of a Pipe: a message may be written and read in pieces."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from rockproc.probe import records
from rockproc.probe.layout import ATOMIC_WRITE_BYTES, Op

from ..journals.reader import CellState, Record
from ..model import Access, Process, Thread, World
from .source import Source

_KEPT_CALLS = 500
"""The number of calls that are kept of each thread at each end of a Pipe."""
_KEPT_THREADS = 50
_ROUNDING_SECONDS = 1e-8


class _Call(NamedTuple):
    begin: float
    end: float
    """The last moment at which the call was known to be in progress."""
    size: int
    """The size of its message in bytes, or a lower bound of it."""


class SendTracker:
    """Keeps `Access.overlapping`, `Access.largest_overlapping` and `Access.receiving`."""

    def __init__(self, world: World, seconds: Callable[[int], float]) -> None:
        """Create it for one run.

        Args:
            world: the model whose `access` it keeps.
            seconds: converts a moment in nanoseconds to seconds since launch.
        """
        self._world = world
        self._seconds = seconds
        self._calls: dict[int, dict[Thread, list[_Call]]] = defaultdict(dict)
        """The newest calls of each thread in their order, by the end of the Pipe."""

    def apply(self, source: Source, record: Record, at: float) -> None:
        """Apply a call that has ended."""
        call = records.SendEnded.unpack(record)
        thread = source.process.key, record.thread
        self._add(record.key, thread, _Call(at - call.duration / 1e9, at, call.size))

    def living(self, sending: Iterable[tuple[Process, CellState]], at: float) -> None:
        """Apply the threads that were inside of a `send()` at the same moment."""
        for process, cell in sending:
            self._inside(process, cell, at)

    def receiving(self, receiving: Iterable[tuple[Process, CellState]]) -> None:
        """Apply the threads that were inside of a `recv()` at the same moment."""
        together: defaultdict[int, set[Thread]] = defaultdict(set)
        for process, cell in receiving:
            together[cell.key].add((process.key, cell.thread))
        for key, threads in together.items():
            if len(threads) > 1:
                self._world.access.setdefault(key, Access()).receiving |= threads

    def died(self, process: Process, cell: CellState) -> None:
        """Apply a cell of a process that has ended, perhaps while a thread of it was inside of `send()`."""
        if cell.op == Op.SEND and cell.since and process.ended is not None:
            self._inside(process, cell, process.ended)

    def forget(self) -> None:
        """Drop what concerns Pipes that are no longer in the world."""
        for key in self._calls.keys() - self._world.access.keys():
            del self._calls[key]

    def _inside(self, process: Process, cell: CellState, until: float) -> None:
        size = ATOMIC_WRITE_BYTES + 1 if cell.in_pieces else 0
        self._add(cell.key, (process.key, cell.thread), _Call(self._seconds(cell.since), until, size))

    def _add(self, key: int, thread: Thread, call: _Call) -> None:
        of_end = self._calls[key]
        calls = of_end.setdefault(thread, [])
        # One that was seen from outside goes on, or has a record now, whose begin differs by a rounding error.
        place = bisect_left(calls, call.begin - _ROUNDING_SECONDS, key=_begin)
        if place < len(calls) and calls[place].begin <= call.begin + _ROUNDING_SECONDS:
            seen = calls.pop(place)
            call = _Call(seen.begin, max(call.end, seen.end), max(call.size, seen.size))
        for other, others in of_end.items():
            if other != thread:
                self._compare(key, thread, call, other, others)
        calls.insert(place, call)
        del calls[:-_KEPT_CALLS]
        if len(of_end) > _KEPT_THREADS:
            del of_end[next(iter(of_end))]

    def _compare(self, key: int, thread: Thread, call: _Call, other: Thread, others: list[_Call]) -> None:
        first = bisect_right(others, call.begin, key=_end)
        last = bisect_left(others, call.end, key=_begin)
        if first < last:
            access = self._world.access.setdefault(key, Access())
            access.overlapping |= {thread, other}
            largest = max(one.size for one in (call, *others[first:last]))
            access.largest_overlapping = max(access.largest_overlapping, largest)


def _begin(call: _Call) -> float:
    return call.begin


def _end(call: _Call) -> float:
    return call.end
