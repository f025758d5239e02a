"""Locks that are acquired while others are held; two threads that do that in opposite order may come to a deadlock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import msgspec
from rockproc.probe.layout import (
    CHANNEL_RECEIVED,
    LOCK_ACQUIRED,
    MANAGED_CALLS,
    PROCESS_JOINED,
    SIGNAL_WAITED,
    WORKER_TAKEN_UP,
    CellKind,
    Kind,
)

from ..journals.reader import CellState, Record
from ..model import LockOrder, Section, Thread, World
from ..model.keys import LockKey
from .source import Source

_MUTEXES = ("Lock", "RLock", "Condition")
_MAX_ORDERS = 500
_KEPT_SECTIONS = 20
_MAX_HELD = 100
"""Locks that a process holds at once, as far as they are followed."""
_RECEIVED = {
    CellKind.CHANNEL: CHANNEL_RECEIVED,
    CellKind.SIGNAL: SIGNAL_WAITED,
    CellKind.PROCESS: PROCESS_JOINED,
    CellKind.MANAGED: MANAGED_CALLS,
    CellKind.WORKER: WORKER_TAKEN_UP,
}
"""The counts of operations by which a process learns what another one has done before."""


class _Hold(msgspec.Struct):
    """A lock that a thread has acquired and not released."""

    lock: LockKey
    thread: int
    begin: float
    """The time at which the thread began to wait for it, in seconds since launch."""
    site: int
    """The number of the line's site, as in the record: the name of the file may be recorded later."""
    may_give_up: bool
    section: Section | None = None
    """The section of the hold; None until the thread acquires a second lock."""
    orders: list[tuple[Thread, LockKey, LockKey]] | None = None
    """Keys of the orders that begin with it."""


def _forget_ended(held: list[_Hold], hold: _Hold, *, recursive: bool) -> None:
    """Drop holds that have ended although this process did not release the lock: another process has done so."""
    if not recursive:
        held[:] = [other for other in held if other.lock != hold.lock]
    del held[:-_MAX_HELD]


class _Received(msgspec.Struct):
    """The amount that a process had received at the last look, and the time since when it has received nothing more."""

    count: int
    alone_since: float


class LockOrderTracker:
    """Keeps `world.lock_orders`, by the records of acquisitions and releases."""

    def __init__(self, world: World, owner: Callable[[LockKey], LockKey]) -> None:
        """Create it for one run.

        Args:
            world: the model whose `lock_orders` it keeps.
            owner: returns the key of the object that a lock is a part of.
        """
        self._world = world
        self._owner = owner
        self._held: defaultdict[int, list[_Hold]] = defaultdict(list)
        """The holds of each process, in the order of their acquisition."""
        self._received: dict[int, _Received] = {}
        self._new: defaultdict[int, list[Section]] = defaultdict(list)
        """Sections of each process that have begun since it was last looked at."""

    def apply(self, source: Source, record: Record, at: float) -> None:
        """Apply an acquisition or a release. Its fields are read without an object for each, as there are many."""
        key = self._owner(LockKey(record.key))
        lock = self._world.locks.get(key)
        if lock is None or lock.kind not in _MUTEXES or lock.internal:
            return
        held = self._held[source.process.key]
        if record.kind == Kind.ACQUIRED:
            # As in `records.Acquired`.
            hold = _Hold(key, record.thread, at - record.b / 1e9, record.site, record.a != 0)
            if held:
                _forget_ended(held, hold, recursive=lock.kind != "Lock")
                self._order(source, held, hold)
            held.append(hold)
        elif held:
            self._released(held, key, record.thread, at)

    def look(self, source: Source, cells: Iterable[CellState], at: float) -> None:
        """Find out whether a process has received anything from others since the last look.

        Args:
            source: the process.
            cells: all its cells, read after the records that were applied.
            at: the present moment.
        """
        process = source.process
        if process.key not in self._held:
            return
        count = 0
        for cell in cells:
            word = _RECEIVED.get(cell.kind)
            if word is not None:
                count += cell[word]
            elif cell.kind == CellKind.LOCK and self._synchronizes(LockKey(cell.key)):
                count += cell[LOCK_ACQUIRED]
        received = self._received.get(process.key)
        if received is None:
            begin = process.started if process.started is not None and not count else at
            received = self._received[process.key] = _Received(count, begin)
        elif received.count != count:
            received.count, received.alone_since = count, at
        for section in self._new.pop(process.key, ()):
            section.alone_since = min(section.begin, received.alone_since)

    def forget(self) -> None:
        """Drop what concerns locks and processes that are no longer in the world."""
        world = self._world
        for kept in (self._held, self._received, self._new):
            for process in kept.keys() - world.processes.keys():
                del kept[process]
        for key, order in list(world.lock_orders.items()):
            if order.first not in world.locks or order.second not in world.locks or key[0][0] not in world.processes:
                del world.lock_orders[key]

    def _synchronizes(self, key: LockKey) -> bool:
        """Return whether an acquisition of this object waits for what another process does before it releases it."""
        key = self._owner(key)
        lock, access = self._world.locks.get(key), self._world.access.get(key)
        return (lock is not None and lock.kind not in _MUTEXES) or bool(access and access.released_for_others)

    def _order(self, source: Source, held: list[_Hold], hold: _Hold) -> None:
        """Note that a thread has acquired a lock while it held others."""
        own = [other for other in held if other.thread == hold.thread]
        # A recursive acquisition never waits, and an acquisition with a time-out does not wait endlessly.
        if hold.may_give_up or any(other.lock == hold.lock for other in own):
            return
        thread = source.process.key, hold.thread
        for place, first in enumerate(own):
            gates = frozenset(gate.lock for gate in own[:place])
            if not first.may_give_up:
                self._ordered(source, thread, first, hold, gates)

    def _ordered(self, source: Source, thread: Thread, first: _Hold, second: _Hold, gates: frozenset[LockKey]) -> None:
        orders, key = self._world.lock_orders, (thread, first.lock, second.lock)
        order = orders.get(key)
        if order is not None:
            order.gates &= gates
        elif len(orders) < _MAX_ORDERS:
            order = orders[key] = LockOrder(thread, first.lock, second.lock, None, None, gates)
        else:
            return
        order.first_site, order.second_site = source.site(first.site), source.site(second.site)
        if first.section is None or first.orders is None:
            first.section, first.orders = Section(first.begin, first.begin), []
            self._new[thread[0]].append(first.section)
        first.orders.append(key)

    def _released(self, held: list[_Hold], lock: LockKey, thread: int, at: float) -> None:
        if held[-1].lock == lock and held[-1].thread == thread:
            hold = held.pop()
        else:
            places = [place for place, hold in enumerate(held) if hold.lock == lock]
            if not places:
                return
            hold = held.pop(max(places, key=lambda place: (held[place].thread == thread, place)))
        if hold.section is None or hold.orders is None:
            return
        hold.section.end = at
        for key in dict.fromkeys(hold.orders):
            order = self._world.lock_orders.get(key)
            if order is not None:
                order.sections.append(hold.section)
                del order.sections[:-_KEPT_SECTIONS]
