"""Counts the uses of locks and Values of a running program, from the journals of the probe loaded into it.

Counts begin when the probe is loaded. Holders, waiters and contents are read from outside, as without the probe.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from rockproc.probe import records
from rockproc.probe.layout import (
    LOCK_ACQUIRED,
    SIGNAL_SET,
    SIGNAL_TIMED_OUT,
    SIGNAL_WAITED,
    VALUE_LOCKED,
    VALUE_READS,
    VALUE_WRITES,
    WAIT_SUCCEEDED,
    WAIT_TIMED_OUT,
    CellKind,
    Kind,
)

from ..attach.identified_objects import lock_key
from ..attach.memory import read_mappings
from ..journals.reader import CellState, Record
from ..model import SIGNALLED, SharedValue, World
from ..model.keys import LockKey, ValueKey
from ..trackers.locks import LockCell, barrier_passes

COUNTED = (CellKind.LOCK, CellKind.WAIT, CellKind.SIGNAL, CellKind.VALUE)
_WORDS = {LOCK_ACQUIRED, SIGNAL_SET, SIGNAL_TIMED_OUT, SIGNAL_WAITED, WAIT_SUCCEEDED, WAIT_TIMED_OUT}


class AttachedCounts:
    """Keeps the counts by the keys that a reading from outside gives to locks and Values."""

    def __init__(self) -> None:
        self._addresses: dict[int, tuple[int, int]] = {}
        """Pid and address of the mapping of a semaphore, by the probe's key of the lock."""
        self._locks: dict[int, LockKey | None] = {}
        """The keys from outside by the keys of the probe; None where the semaphore was not found."""
        self._cells: list[LockCell] = []
        self._unwrapped: set[int] = set()

    def apply(self, pid: int, record: Record) -> None:
        """Note where the semaphores of an object are, or that a Value is used without its wrapper."""
        if record.kind == Kind.SEMAPHORES:
            addresses = records.Semaphores.unpack(record).addresses
            if addresses and record.key not in self._locks:
                # The last one of an Event is its flag, by which it is known outside.
                self._addresses[record.key] = pid, addresses[-1]
        elif record.kind == Kind.UNWRAPPED:
            self._unwrapped.add(record.key)

    def count(self, cells: Iterable[LockCell]) -> None:
        """Replace the cells of all processes by their current ones."""
        self._cells = list(cells)
        self._find_semaphores()

    def _find_semaphores(self) -> None:
        wanted = {placed.cell.key for placed in self._cells if placed.cell.kind != CellKind.VALUE}
        by_pid: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for key in wanted & self._addresses.keys():
            pid, address = self._addresses.pop(key)
            by_pid[pid].append((key, address))
        for pid, found in by_pid.items():
            try:
                mappings = [mapping for mapping in read_mappings(pid) if mapping.inode]
            except OSError:
                mappings = []
            for key, address in found:
                inodes = (mapping.inode for mapping in mappings if mapping.begin <= address < mapping.end)
                inode = next(inodes, None)
                self._locks[key] = lock_key(inode) if inode is not None else None

    def add_to(self, world: World) -> None:
        """Add the counts to the locks and Values of a world that was read from outside."""
        by_lock: dict[LockKey, list[CellState]] = defaultdict(list)
        by_value: dict[ValueKey, list[LockCell]] = defaultdict(list)
        for placed in self._cells:
            if placed.cell.kind == CellKind.VALUE:
                by_value[ValueKey(placed.cell.key)].append(placed)
            elif (key := self._locks.get(placed.cell.key)) is not None:
                by_lock[key].append(placed.cell)
        apart: Counter[LockKey] = Counter()
        for key, cells in by_value.items():
            value = world.values.get(key)
            if value is not None:
                self._count_value(value, cells)
                if value.lock is not None:
                    # Such an access acquires the lock without a count of its own.
                    apart[value.lock] += sum(
                        cell[VALUE_READS] + cell[VALUE_WRITES] - cell[VALUE_LOCKED] for _, cell, _ in cells
                    )
        for key in by_lock.keys() | apart.keys():
            lock = world.locks.get(key)
            if lock is None:
                continue
            total = _totals(by_lock[key])
            if lock.kind in SIGNALLED:
                lock.acquired, lock.contended = (
                    total[CellKind.SIGNAL, SIGNAL_SET],
                    total[CellKind.SIGNAL, SIGNAL_WAITED],
                )
                if lock.kind == "Barrier":
                    lock.acquired = barrier_passes(lock.contended, lock.acquired)
            else:
                lock.acquired = total[CellKind.LOCK, LOCK_ACQUIRED] + apart[key]
                lock.contended = total[CellKind.WAIT, WAIT_SUCCEEDED]
            lock.timed_out = total[CellKind.WAIT, WAIT_TIMED_OUT] + total[CellKind.SIGNAL, SIGNAL_TIMED_OUT]

    def _count_value(self, value: SharedValue, cells: list[LockCell]) -> None:
        value.reads = sum(placed.cell[VALUE_READS] for placed in cells)
        value.writes = sum(placed.cell[VALUE_WRITES] for placed in cells)
        value.unseen = value.key in self._unwrapped
        written = [placed for placed in cells if placed.cell[VALUE_WRITES]]
        if written:
            last = max(written, key=lambda placed: placed.cell.since)
            value.writer = last.place.process if last.cell.since else None
            value.written, value.written_site = (last.place.since, last.place.site) if last.cell.since else (None, None)


def _totals(cells: Iterable[CellState]) -> Counter[tuple[int, int]]:
    """Return the sum of each word, by the kind of cell and the word."""
    total: Counter[tuple[int, int]] = Counter()
    for cell in cells:
        for word in _WORDS:
            total[cell.kind, word] += cell[word]
    return total
