"""Locks, semaphores, Conditions, Events and Barriers: who holds them, and who waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ..probe.layout import Kind, Op, What
from .lives import Source
from .names import Names
from .reader import CellState, Record
from .world import Hold, Lock, World

_COUNTING = ("Semaphore", "BoundedSemaphore")


class Locking:
    """Keeps `world.locks`. Holders and waiters come from the cells, which are exact whatever the level of detail."""

    def __init__(self, world: World, names: Names) -> None:
        self._world = world
        self._names = names
        self._initial: dict[int, int] = {}
        self._belongs: dict[int, int] = {}
        """The Condition or Barrier that a lock is a part of, by the lock's key."""

    def apply(self, source: Source, record: Record) -> None:
        if record.kind == Kind.LOCK:
            self._made(source, record)
        elif record.kind == Kind.SET and record.key in self._world.locks:
            lock = self._world.locks[record.key]
            if lock.kind == "Event":
                lock.value = record.a

    def _made(self, source: Source, record: Record) -> None:
        kind, part = record.payload.decode("utf-8", "replace").split("\0")
        self._initial[record.key] = record.a
        if record.b:
            self._belongs[record.b] = record.key
            self._world.locks.pop(record.b, None)
        module = part.partition(".")[0]
        if module in ("queues", "synchronize", "pool", "concurrent", "managers"):
            # A part of something larger. A Barrier's Condition, say, is told of before the Barrier itself.
            self._world.locks.pop(record.key, None)
            return
        site = source.site(record.site)
        # The lock of a Value is named after it, once the Value tells which lock it has.
        name = "" if module == "sharedctypes" else self._names.name(kind, site).text
        lock = Lock(record.key, kind, name, site=site, owner=source.process.key)
        if kind in (*_COUNTING, "Barrier"):
            lock.value = record.a
        elif kind == "Event":
            lock.value = 0
        self._world.locks[record.key] = lock

    def owner(self, key: int) -> int:
        """The object that a lock is shown as."""
        return self._belongs.get(key, key)

    def count(self, cells: Iterable[tuple[int, bool, CellState, Hold]]) -> None:
        """All cells of all processes that count for these.

        Each with its process's key, whether that is alive, and its time and place.
        """
        groups: dict[int, list[tuple[int, bool, CellState, Hold]]] = defaultdict(list)
        for each in cells:
            groups[self.owner(each[2].key)].append(each)
        for key, group in groups.items():
            lock = self._world.locks.get(key)
            if lock is None:
                continue
            self._count_one(lock, group)

    def _count_one(self, lock: Lock, group: list[tuple[int, bool, CellState, Hold]]) -> None:
        own = [each for each in group if each[2].what == What.LOCK]
        signals = [each for each in group if each[2].what == What.SIGNAL]
        held = [each for each in own if each[2].a > each[2].c]
        free = sum(cell.a - cell.c for _, _, cell, _ in own) <= 0
        if lock.kind in _COUNTING:
            taken = sum(cell.a - cell.c for _, _, cell, _ in own)
            lock.value = max(self._initial.get(lock.key, 0) - taken, 0)
            free = False
        lock.holders = () if free else tuple(hold for _, _, cell, hold in held if cell.op in (Op.HOLD, Op.ACQUIRE))
        waiting = [hold for _, alive, cell, hold in group if alive and cell.op in (Op.ACQUIRE, Op.WAIT)]
        lock.waiters = tuple(sorted(waiting, key=lambda hold: hold.since))
        if lock.kind in ("Event", "Condition"):
            lock.acquired = sum(cell.a for _, _, cell, _ in signals)
            lock.contended = sum(cell.b for _, _, cell, _ in signals)
        elif lock.kind == "Barrier":
            lock.acquired = sum(cell.b for _, _, cell, _ in signals)
            lock.contended = lock.acquired
            lock.holders = ()
        else:
            lock.acquired = sum(cell.a for _, _, cell, _ in own)
            lock.contended = sum(cell.b for _, _, cell, _ in own)
