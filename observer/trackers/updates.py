"""Updates of shared Values: which process reads and writes back at which line, under which locks, and what is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec
from rockproc.probe import records
from rockproc.probe.layout import OVERWRITTEN_WORD, VALUE_WRITES, CellKind, Kind

from ..journals.reader import CellState, Record
from ..model import Dependence, Hold, Site, Updater, Updates, World
from ..model.keys import LockKey, ProcessKey, ValueKey
from ..source.dependence import dependence_at
from .source import Source

_MAX_LINES = 100
"""The largest number of pairs of process and line that are distinguished for one Value."""
_KEY_MASK = (1 << 64) - 1
"""Records hold keys as signed numbers, and cells hold signed numbers as those without a sign."""


class _Stretch(msgspec.Struct):
    """A time in which a process has written a Value, and has done nothing that another process could wait for."""

    others: int
    """The number of its operations on anything but Values."""
    count: int
    looked_at: float
    begin: float | None = None
    """The first of its writes came before this."""
    end: float = 0.0
    """The last of its writes came after this."""

    def overlaps(self, other: _Stretch) -> bool:
        return (
            self.begin is not None
            and other.begin is not None
            and max(self.begin, other.begin) <= min(self.end, other.end)
        )


class UpdateTracker:
    """Keeps `world.updates`."""

    def __init__(self, world: World, owner: Callable[[LockKey], LockKey]) -> None:
        """Keep a part of a world.

        Args:
            world: the world.
            owner: returns the key of the object that a lock is a part of.
        """
        self._world = world
        self._owner = owner
        self._stretches: dict[ValueKey, dict[ProcessKey, _Stretch]] = {}
        """The present stretch of each Value, by process."""
        self._dependences: dict[Site, tuple[Dependence, int | None]] = {}

    def apply(self, source: Source, record: Record, _at: float) -> None:
        """Take in a write that has left a record."""
        if not record.site or (record.kind == Kind.WRITE and not record.a):
            return
        if record.kind == Kind.OVERWRITE:
            content = records.Overwrite.unpack(record)
            unread = content.unread
        else:
            content, unread = records.Write.unpack(record), 0
        known = bool(record.a)
        locks = frozenset(self._owner(LockKey(key & _KEY_MASK)) for key in content.locks) if known else None
        site, process = source.site(record.site), source.process.key
        if site is None:
            return
        updates = self._world.updates.setdefault(ValueKey(record.key), Updates())
        updater = updates.updaters.get((process, site))
        if updater is None:
            if len(updates.updaters) >= _MAX_LINES:
                return
            if site not in self._dependences:
                self._dependences[site] = dependence_at(site)
            updater = updates.updaters[process, site] = Updater(process, site, *self._dependences[site], locks)
        updater.lost += unread
        if updater.locks is not None and locks is not None:
            updater.locks &= locks
        else:
            updater.locks = None

    def look(self, source: Source, cells: Sequence[CellState], at: float) -> None:
        """Find out whether a process writes at the same time as another, with nothing that could put them in order.

        Args:
            source: the process.
            cells: all its cells, as they are now.
            at: the present moment.
        """
        writes = {ValueKey(cell.key): cell[VALUE_WRITES] for cell in cells if cell.kind == CellKind.VALUE}
        if not writes:
            return
        others = source.left + sum(cell.operations for cell in cells if cell.kind != CellKind.VALUE)
        for key, count in writes.items():
            stretches = self._stretches.setdefault(key, {})
            stretch = stretches.get(source.process.key)
            if stretch is None or stretch.others != others:
                stretches[source.process.key] = _Stretch(others, count, looked_at=at)
                continue
            if count > stretch.count:
                stretch.count = count
                stretch.begin = at if stretch.begin is None else stretch.begin
                stretch.end = stretch.looked_at
                self._compare(key, source.process.key, stretch)
            stretch.looked_at = at

    def _compare(self, key: ValueKey, process: ProcessKey, own: _Stretch) -> None:
        for other, stretch in self._stretches[key].items():
            if other != process and own.overlaps(stretch):
                self._world.updates.setdefault(key, Updates()).concurrent = True

    def count(self, cells: Iterable[tuple[Hold, CellState]]) -> None:
        """Take in the exact counts of the cells of all processes."""
        lost: Counter[ValueKey] = Counter()
        for _, cell in cells:
            if cell[OVERWRITTEN_WORD]:
                lost[ValueKey(cell.key)] += cell[OVERWRITTEN_WORD]
        for key, count in lost.items():
            # Each is a signed number; some processes may have been read before others.
            self._world.updates.setdefault(key, Updates()).lost = max(_signed(count), 0)

    def known(self) -> set[int]:
        """Return the keys that cells of these objects may have."""
        return set(self._world.updates)

    def forget(self) -> None:
        """Drop what concerns values that are no longer in the world."""
        for key in self._world.updates.keys() - self._world.values.keys():
            del self._world.updates[key]
        processes = self._world.processes
        self._stretches = {
            key: {process: stretch for process, stretch in stretches.items() if process in processes}
            for key, stretches in self._stretches.items()
            if key in self._world.values
        }


def _signed(number: int) -> int:
    number &= _KEY_MASK
    return number - (1 << 64) if number >> 63 else number
