"""Locks, semaphores, Conditions, Events and Barriers: who holds them, and who waits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace
from rockproc.probe import records
from rockproc.probe.layout import (
    LOCK_ACQUIRED,
    LOCK_RELEASED,
    SIGNAL_SET,
    SIGNAL_TIMED_OUT,
    SIGNAL_WAITED,
    WAIT_SUCCEEDED,
    WAIT_TIMED_OUT,
    CellKind,
    Kind,
    Op,
)

from ..journals.reader import CellState, Record
from ..model import Access, Hold, Lock, World
from ..model.keys import LockKey, ProcessKey
from ..source.names import ObjectNames
from .source import Source

_COUNTING = ("Semaphore", "BoundedSemaphore")


class LockTracker:
    """Keeps `world.locks` up to date.

    Holders and waiters come from the cells, which are exact whatever the level of detail is.
    """

    def __init__(self, world: World, names: ObjectNames) -> None:
        self._world = world
        self._names = names
        self._initial: dict[LockKey, int] = {}
        self._belongs: dict[LockKey, LockKey] = {}
        """The Condition or Barrier that a lock is a part of, by the lock's key."""
        self._seen: dict[tuple[ProcessKey, LockKey], tuple[int, float]] = {}
        """The number of the last acquisition that was seen, and when it was seen, by process and lock."""
        self.inspected: dict[LockKey, Lock] = {}
        """Holders and waiters of locks among processes without a probe, as they were read from outside."""

    def apply(self, source: Source, record: Record, _at: float) -> None:
        if record.kind == Kind.LOCK:
            self._made(source, record)
        elif record.kind == Kind.SET and record.key in self._world.locks:
            lock = self._world.locks[LockKey(record.key)]
            if lock.kind == "Event":
                lock.value = int(records.Set.unpack(record).is_set)
            elif (site := source.site(record.site)) is not None:
                self._world.access.setdefault(lock.key, Access()).notified = source.process.key, site

    def _made(self, source: Source, record: Record) -> None:
        made = records.Lock.unpack(record)
        key, kind = LockKey(record.key), made.kind
        self._initial[key] = made.initial
        if made.inner_lock:
            inner = LockKey(made.inner_lock)
            self._belongs[inner] = key
            self._world.locks.pop(inner, None)
        site, library_site = source.site(record.site), source.in_library.pop(key, None)
        module = made.maker.partition(".")[0]
        if module in ("queues", "synchronize", "pool", "concurrent", "managers"):
            # It is a part of a larger object. The Condition of a Barrier is announced before the Barrier.
            self._world.locks.pop(key, None)
            return
        # The lock of a Value is named after the Value, once that has announced its lock.
        name = "" if module == "sharedctypes" else self._names.name(kind, site, library_site).text
        lock = Lock(key, kind, name, site=site, owner=source.process.key, library_site=library_site)
        if kind in (*_COUNTING, "Barrier"):
            lock.value = made.initial
        elif kind == "Event":
            lock.value = 0
        self._world.locks[key] = lock

    def initial(self, key: LockKey) -> int:
        """Return the counter with which a semaphore has begun; 1 for a Lock."""
        return self._initial.get(key, 1)

    def owner(self, key: LockKey) -> LockKey:
        """Return the key of the object that a lock is shown as: itself, or what it is a part of."""
        return self._belongs.get(key, key)

    def forget(self) -> None:
        """Drop what concerns locks that are no longer in the world."""
        known = self._world.locks
        self._initial = {key: value for key, value in self._initial.items() if key in known}
        self._belongs = {key: owner for key, owner in self._belongs.items() if owner in known}
        processes, keys = self._world.processes, self.known()
        self._seen = {
            (process, key): seen for (process, key), seen in self._seen.items() if process in processes and key in keys
        }

    def known(self) -> set[int]:
        """Return the keys that cells of these objects may have."""
        return {*self._world.locks, *self._belongs}

    def count(self, cells: Iterable[LockCell], uncounted: Counter[LockKey], at: float) -> None:
        """Set the counts, holders and waiters of all locks.

        Args:
            cells: all cells of all processes that count for locks.
            uncounted: by lock, how often it was acquired without being counted by its own cells.
            at: the present moment.
        """
        groups: dict[LockKey, list[LockCell]] = defaultdict(list)
        for placed in cells:
            groups[self.owner(LockKey(placed.cell.key))].append(placed)
        for key in {*groups, *uncounted, *self.inspected}:
            lock = self._world.locks.get(key)
            if lock is not None:
                self._count_one(lock, groups[key], at)
                lock.acquired += uncounted[key]
                self._add_inspected(lock)

    def _count_one(self, lock: Lock, group: list[LockCell], at: float) -> None:
        acquiring = [placed for placed in group if placed.cell.kind == CellKind.LOCK]
        waiting = [placed.cell for placed in group if placed.cell.kind == CellKind.WAIT]
        signals = [placed.cell for placed in group if placed.cell.kind == CellKind.SIGNAL]
        waits = [placed for placed in group if placed.alive and placed.cell.op in (Op.ACQUIRE, Op.WAIT)]
        lock.timed_out = sum(cell[WAIT_TIMED_OUT] for cell in waiting) + sum(cell[SIGNAL_TIMED_OUT] for cell in signals)
        lock.waiters = tuple(sorted((placed.place for placed in waits), key=lambda hold: hold.since))
        held = sum(_held(placed.cell) for placed in acquiring)
        if lock.kind in _COUNTING:
            lock.value = max(self._initial.get(lock.key, 0) - held, 0)
        # A lock may be released by another process than acquired it: then only the sum of both counts is right.
        # A semaphore with the initial value 0 is used as a signal, and has no holder.
        signal = lock.kind in _COUNTING and self._initial.get(lock.key) == 0
        free = (held <= 0 and lock.kind not in _COUNTING) or lock.kind == "Barrier" or signal
        lock.holders = () if free else self._holders(lock, acquiring, at)
        if lock.kind in ("Event", "Condition", "Barrier"):
            lock.contended = sum(cell[SIGNAL_WAITED] for cell in signals)
            lock.acquired = sum(cell[SIGNAL_SET] for cell in signals)
            if lock.kind == "Barrier":
                lock.acquired = barrier_passes(lock.contended, lock.acquired)
        else:
            lock.acquired = sum(placed.cell[LOCK_ACQUIRED] for placed in acquiring)
            lock.contended = sum(cell[WAIT_SUCCEEDED] for cell in waiting)

    def _add_inspected(self, lock: Lock) -> None:
        """Add the holders and waiters that carry no probe."""
        found = self.inspected.get(lock.key)
        if found is None:
            return
        lock.waiters = tuple(sorted((*lock.waiters, *found.waiters), key=lambda hold: hold.since))
        if lock.kind in _COUNTING:
            lock.value = found.value  # the kernel's: what such processes have acquired is in no count
        if lock.kind in _COUNTING or not lock.holders:
            lock.holders += found.holders

    def _holders(self, lock: Lock, acquiring: list[LockCell], at: float) -> tuple[Hold, ...]:
        if lock.kind == "Lock" and any(_held(placed.cell) < 0 for placed in acquiring):
            # Some processes have released what others had acquired: the one that has acquired it last holds it now.
            holds = [self._hold(placed, at) for placed in acquiring if placed.cell[LOCK_ACQUIRED]]
            return (max(holds, key=lambda hold: hold.since),) if holds else ()
        return tuple(self._hold(placed, at) for placed in acquiring if _held(placed.cell) > 0)

    def _hold(self, placed: LockCell, at: float) -> Hold:
        """Return who holds a lock and since when: an acquire without a record began when it was first seen."""
        cell, place = placed.cell, placed.place
        identity = place.process, LockKey(cell.key)
        acquired = cell[LOCK_ACQUIRED]
        if cell.number == acquired:
            return place
        number, since = self._seen.get(identity, (0, at))
        if number != acquired:
            since = at
            self._seen[identity] = (acquired, since)
        return replace(place, since=since)


def barrier_passes(waited: int, notified: int) -> int:
    """Return how many threads have passed a Barrier.

    The last thread to arrive notifies the others without waiting, and the last to leave notifies again.
    """
    return waited + notified // 2


def _held(cell: CellState) -> int:
    """Return how much more often a process has acquired a lock than released it; negative if others acquired it."""
    return cell[LOCK_ACQUIRED] - cell[LOCK_RELEASED]


class LockCell(NamedTuple):
    alive: bool
    """True if the process of the cell is alive."""
    cell: CellState
    place: Hold
    """Its process, thread, time and line."""
