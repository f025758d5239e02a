"""Tracks who can reach each object: its maker, the processes that it was given to, and the threads that used it."""

from __future__ import annotations

from collections.abc import Callable

from rockproc.probe import records
from rockproc.probe.layout import (
    CHANNEL_PUT,
    CHANNEL_RECEIVED,
    CHANNEL_SENT,
    LOCK_ACQUIRED,
    LOCK_RELEASED,
    OP_NAMES,
    SIGNAL_SET,
    SIGNAL_TIMED_OUT,
    SIGNAL_WAITED,
    TASKS_BIT,
    WAIT_SUCCEEDED,
    WAIT_TIMED_OUT,
    WAITS_ENDED,
    CellKind,
    Kind,
    Op,
)

from ..journals.reader import CellState, Record
from ..model import Access, Channel, Process, Site, World
from ..model.channel import QUEUES
from ..model.keys import ChannelKey, LockKey, ProcessKey
from ..source.questions import asks_whether_empty
from .source import Source

_READS = (Op.GET, Op.RECV, Op.POLL)
_WRITES = (Op.PUT, Op.SEND, Op.FEED, Op.FLUSH)

_KEY_MASK = (1 << 64) - 1
"""Records hold keys as signed numbers."""


class AccessTracker:
    """Keeps `world.access`."""

    def __init__(self, world: World, owner: Callable[[LockKey], LockKey]) -> None:
        """Create it for one run.

        Args:
            world: the model whose `access` it keeps.
            owner: returns the key of the object that a lock is a part of.
        """
        self._world = world
        self._owner = owner
        self._after_empty: dict[Site, bool] = {}
        """The known lines of `get()`: True for each at which the source asks whether the Queue is empty."""

    def of(self, key: int) -> Access:
        return self._world.access.setdefault(key, Access())

    def apply(self, source: Source, record: Record, at: float) -> None:
        if record.kind == Kind.PASSED_OBJECTS:
            for key in records.PassedObjects.unpack(record).keys:
                self.of(self._owner(LockKey(key & _KEY_MASK))).given.add(ProcessKey(record.key))
            return
        access = self.of(record.key)
        other_end = records.Channel.unpack(record).other_end if record.kind == Kind.CHANNEL else 0
        if other_end:
            other = self._world.access[other_end] = Access(at, source.process.key)
            access.peer, other.peer = other_end, record.key
        if access.made is None:
            access.made, access.maker = at, source.process.key

    def note(self, source: Source, cell: CellState) -> None:
        """Update the access of a thread from one cell that counts for it."""
        process = source.process
        thread = process.key, cell.thread
        if cell.kind == CellKind.CHANNEL:
            access = self.of(cell.key)
            if cell[CHANNEL_RECEIVED] or cell.op in _READS:
                access.readers.add(thread)
            if cell[CHANNEL_PUT] or cell[CHANNEL_SENT] or cell.op in _WRITES:
                access.writers.add(thread)
            if cell[CHANNEL_SENT] or cell.op == Op.FEED:
                access.feeders.add(thread)
            if cell.op == Op.GET:
                site = source.site(cell.site)
                if site is not None and self._is_after_empty(site):
                    access.gets_after_empty.add(site)
            if cell.number:
                access.gave_up[thread] = cell.number & ((1 << TASKS_BIT) - 1)
                access.task_done[thread] = cell.number >> TASKS_BIT
                site = source.site(cell.site)
                if site is not None and access.gave_up[thread]:
                    access.gave_up_at[thread] = site
            if cell[CHANNEL_RECEIVED]:
                access.completed[thread] = cell[CHANNEL_RECEIVED]
            access.users.add(thread)
        elif cell.kind == CellKind.AWAIT:
            if cell.number:
                access = self.of(cell.key)
                access.completed[thread], access.gave_up[thread] = cell[WAITS_ENDED], cell.number
        elif cell.kind == CellKind.SIGNAL and not (cell[SIGNAL_SET] or cell[SIGNAL_WAITED] or cell.op):
            return  # it has only asked `is_set()`
        elif cell.kind == CellKind.WAIT and not (cell[WAIT_SUCCEEDED] or cell[WAIT_TIMED_OUT] or cell.op):
            return  # it has only called `acquire(False)` in vain
        elif cell.kind in (CellKind.LOCK, CellKind.WAIT, CellKind.SIGNAL):
            access = self.of(self._owner(LockKey(cell.key)))
            access.users.add(thread)
            if cell.kind == CellKind.LOCK:
                access.balance[thread] = cell[LOCK_RELEASED] - cell[LOCK_ACQUIRED]
            if cell.kind == CellKind.LOCK and cell[LOCK_RELEASED] > cell[LOCK_ACQUIRED]:
                access.released_for_others.add(process.key)
            if cell.kind == CellKind.WAIT and cell[WAIT_TIMED_OUT]:
                access.gave_up[thread] = cell[WAIT_TIMED_OUT]
            if cell.kind == CellKind.SIGNAL:
                if cell[SIGNAL_SET]:
                    access.writers.add(thread)
                if cell[SIGNAL_WAITED] or cell.op:
                    access.readers.add(thread)
                access.completed[thread] = cell[SIGNAL_WAITED] - cell[SIGNAL_TIMED_OUT]
                access.gave_up[thread] = cell[SIGNAL_TIMED_OUT]
        elif cell.kind == CellKind.MANAGED:
            self.of(cell.key).users.add(thread)

    def _is_after_empty(self, site: Site) -> bool:
        if site not in self._after_empty:
            self._after_empty[site] = asks_whether_empty(site)
        return self._after_empty[site]

    def died(self, process: Process, cell: CellState) -> None:
        """Record that a process has ended while a thread of it was inside of an operation."""
        if cell.op in OP_NAMES and cell.kind in (CellKind.CHANNEL, CellKind.LOCK, CellKind.WAIT, CellKind.SIGNAL):
            key = cell.key if cell.kind == CellKind.CHANNEL else self._owner(LockKey(cell.key))
            self.of(key).died_inside[process.key] = OP_NAMES[cell.op]
            channel = self._world.channels.get(ChannelKey(key))
            if channel is not None and channel.kind in QUEUES:
                _note_lost_end(channel, process.key, cell.op)

    def forget(self, known: set[int]) -> None:
        """Drop the entries of all objects but the known ones."""
        for key in self._world.access.keys() - known:
            del self._world.access[key]


def _note_lost_end(channel: Channel, process: ProcessKey, operation: int) -> None:
    """Record that a process has ended while it may have held the lock of one end of a Queue."""
    if operation == Op.GET and process not in channel.ended_reading:
        channel.ended_reading = (*channel.ended_reading, process)
    elif operation == Op.FEED and process not in channel.ended_writing:
        channel.ended_writing = (*channel.ended_writing, process)
