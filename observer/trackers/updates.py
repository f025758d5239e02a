"""Updates of shared Values: which process reads and writes back at which line, under which locks, and what is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec
from rockproc.probe import records
from rockproc.probe.layout import OVERWRITTEN_WORD, VALUE_READS, VALUE_WRITES, CellKind, Kind

from ..journals.reader import CellState, Record
from ..model import Dependence, Hold, Process, Site, Updater, Updates, World
from ..model.keys import LockKey, ProcessKey, ValueKey
from ..source.questions import dependence_at, uses_file_locks
from .source import Source

_MAX_LINES = 100
"""The largest number of pairs of process and line that are distinguished for one Value."""
_MAX_READS_PER_WRITE = 3
"""A process that reads a Value more often than this may wait until it has a certain content."""
_KEY_MASK = (1 << 64) - 1
"""Records hold keys as signed numbers, and cells hold signed numbers as those without a sign."""


class _Stretch(msgspec.Struct):
    """A time in which a process has written a Value, and has done nothing that another process could wait for."""

    others: int
    """The number of its operations that may put its updates in an order with those of others.

    They are those on anything but Values, the lock of this Value, and the locks that it holds while it updates this
    Value, and writes of Values that serve as signals.
    """
    count: int
    looked_at: float
    """The last time at which the process had not ended."""
    quiet_since: float = 0.0
    """The earliest time since which the process is known to have written no other Value."""
    other_writes: int = 0
    wrote_in_quiet: bool = False
    parent: int | None = None
    """The pid of the process that has started this one."""
    begin: float | None = None
    """The latest possible time of its first write; None before that."""
    end: float = 0.0
    """The earliest possible time of its last write."""

    def overlaps(self, other: _Stretch) -> bool:
        return (
            self.begin is not None
            and other.begin is not None
            and max(self.begin, other.begin) <= min(self.end, other.end)
        ) or self._is_quiet_with(other)

    def _is_quiet_with(self, other: _Stretch) -> bool:
        """Return whether both were quiet at the same time, so that their writes in it may come in any order.

        Only the start of a process could order them, and neither has started the other. Processes are looked at in
        turn: an overlap in one moment alone says nothing.
        """
        return (
            self.wrote_in_quiet
            and other.wrote_in_quiet
            and self.parent is not None
            and self.parent == other.parent
            and max(self.quiet_since, other.quiet_since) < min(self.looked_at, other.looked_at)
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
        self._unordered: dict[ValueKey, dict[ProcessKey, Process]] = {}
        """The processes that have written a Value and done nothing, since their start, that could order the writes."""

    def apply(self, source: Source, record: Record, _at: float) -> None:
        """Apply a write that has left a record."""
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
        for key, count in writes.items():
            own = self._held_at_updates(key, source.process.key) | self._lock_of(key)
            others = source.left + sum(
                cell.operations
                for cell in cells
                if cell.kind != CellKind.VALUE and self._owner(LockKey(cell.key)) not in own
            )
            stretches = self._stretches.setdefault(key, {})
            stretch = stretches.get(source.process.key)
            other_writes = sum(writes.values()) - count
            others += sum(count for other, count in writes.items() if other != key and self._may_be_a_signal(other))
            if count:
                self._note_unordered(key, source.process, cells, others)
            if stretch is None or stretch.others != others:
                stretches[source.process.key] = _Stretch(
                    others, count, at, quiet_since=at, other_writes=other_writes, parent=source.process.parent
                )
                continue
            if stretch.other_writes != other_writes:
                stretch.other_writes, stretch.quiet_since, stretch.wrote_in_quiet = other_writes, at, False
            elif count > stretch.count:
                stretch.wrote_in_quiet = True
            looked_at, stretch.looked_at = stretch.looked_at, at
            if count > stretch.count:
                stretch.count = count
                stretch.begin = at if stretch.begin is None else stretch.begin
                stretch.end = looked_at
            if stretch.begin is not None:
                self._compare(key, source.process.key, stretch)

    def _note_unordered(self, key: ValueKey, process: Process, cells: Sequence[CellState], others: int) -> None:
        """Compare a process with its siblings, of which some may have ended before they were looked at twice.

        Only the start of a process and its end can order the writes of two that have done nothing but write Values.
        """
        values = (cell for cell in cells if cell.kind == CellKind.VALUE)
        polls = any(cell[VALUE_READS] > _MAX_READS_PER_WRITE * cell[VALUE_WRITES] for cell in values)
        unordered = self._unordered.setdefault(key, {})
        if others or polls:
            unordered.pop(process.key, None)
            return
        if process.key not in unordered:
            siblings = [other for other in unordered.values() if is_unordered(process, other)]
            unordered[process.key] = process
            if siblings and not self._uses_file_locks(key):
                self._world.updates.setdefault(key, Updates()).concurrent = True

    def _held_at_updates(self, value: ValueKey, process: ProcessKey) -> set[LockKey]:
        """Return the locks under which a process has updated a Value.

        They do not put its updates in an order with those of another process that are made under other locks. Whether
        there is a common lock is for the rule to see.
        """
        updates = self._world.updates.get(value)
        updaters = updates.updaters.values() if updates is not None else ()
        return {lock for updater in updaters if updater.process == process for lock in updater.locks or ()}

    def _lock_of(self, key: ValueKey) -> set[LockKey]:
        """Return the lock of a Value itself, which each access takes and releases: it puts no updates in an order."""
        value = self._world.values.get(key)
        return {value.lock} if value is not None and value.lock is not None else set()

    def _may_be_a_signal(self, value: ValueKey) -> bool:
        """Return whether a process sets a Value to what does not depend on it, as it would to give turns."""
        updates = self._world.updates.get(value)
        updaters = updates.updaters.values() if updates is not None else ()
        return any(updater.dependence is Dependence.NONE for updater in updaters)

    def _compare(self, key: ValueKey, process: ProcessKey, own: _Stretch) -> None:
        for other, stretch in self._stretches[key].items():
            if other != process and own.overlaps(stretch) and not self._uses_file_locks(key):
                self._world.updates.setdefault(key, Updates()).concurrent = True

    def _uses_file_locks(self, value: ValueKey) -> bool:
        updates = self._world.updates.get(value)
        updaters = updates.updaters.values() if updates is not None else ()
        return any(uses_file_locks(updater.site.path) for updater in updaters)

    def count(self, cells: Iterable[tuple[Hold, CellState]]) -> None:
        """Apply the exact counts of the cells of all processes."""
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
        self._unordered = {
            key: {process: known for process, known in unordered.items() if process in processes}
            for key, unordered in self._unordered.items()
            if key in self._world.values
        }


def is_unordered(one: Process, other: Process) -> bool:
    """Return whether two processes have the same parent, which did not join one of them before it started the other."""
    if one.parent is None or one.parent != other.parent or one.started is None or other.started is None:
        return False
    first, second = (one, other) if one.started <= other.started else (other, one)
    return first.joined is None or first.joined > (second.started or 0.0)


def _signed(number: int) -> int:
    number &= _KEY_MASK
    return number - (1 << 64) if number >> 63 else number
