"""Counts what the user has done to the objects of a run, as if the user were one of its processes."""

from __future__ import annotations

from rockproc.probe.layout import (
    CHANNEL_PUT,
    CHANNEL_RECEIVED,
    CHANNEL_SENT,
    LOCK_ACQUIRED,
    LOCK_RELEASED,
    SIGNAL_SET,
    SINCE_WORD,
    VALUE_LOCKED,
    VALUE_WRITES,
    WORDS,
    CellKind,
)

from ..journals.reader import CellState
from ..model import USER, Hold
from ..model.keys import LockKey, ValueKey
from .locks import LockCell

_NO_THREAD = 0


class UserCells:
    """One cell for each object that the user has changed, like those of the journals."""

    def __init__(self, launched: int) -> None:
        """Begin without any change.

        Args:
            launched: the `time.monotonic_ns()` at launch, from which the world counts seconds.
        """
        self._launched = launched
        self._cells: dict[tuple[int, int], CellState] = {}
        """The counts of the user's acts, by kind and key of the object."""

    def acquired(self, key: LockKey, now: int) -> None:
        self._add(CellKind.LOCK, key, LOCK_ACQUIRED, 1, now)

    def released(self, key: LockKey) -> None:
        self._add(CellKind.LOCK, key, LOCK_RELEASED, 1)

    def holds(self, key: LockKey) -> bool:
        """Return True if the user holds a lock."""
        cell = self._cells.get((CellKind.LOCK, key))
        return cell is not None and cell[LOCK_ACQUIRED] > cell[LOCK_RELEASED]

    def event_set(self, key: LockKey) -> None:
        self._add(CellKind.SIGNAL, key, SIGNAL_SET, 1)

    def wrote(self, key: ValueKey, now: int) -> None:
        """Count a write to a shared value, which acquired no lock that has a tap."""
        self._add(CellKind.VALUE, key, VALUE_WRITES, 1, now)
        self._add(CellKind.VALUE, key, VALUE_LOCKED, 1, now)

    def sent(self, inode: int) -> int:
        """Count a message that was put and sent; return its number."""
        self._add(CellKind.CHANNEL, inode, CHANNEL_PUT, 1)
        self._add(CellKind.CHANNEL, inode, CHANNEL_SENT, 1)
        return self._cells[CellKind.CHANNEL, inode][CHANNEL_SENT]

    def received(self, inode: int) -> int:
        """Count a message that was taken; return its number."""
        self._add(CellKind.CHANNEL, inode, CHANNEL_RECEIVED, 1)
        return self._cells[CellKind.CHANNEL, inode][CHANNEL_RECEIVED]

    def _add(self, kind: int, key: int, word: int, count: int, since: int = 0) -> None:
        before = self._cells.get((kind, key))
        words = list(before) if before is not None else [key, _NO_THREAD, *[0] * (WORDS - 2)]
        words[word] += count
        cell = CellState._make(words)._replace(kind=kind)
        if since:
            # The number says that the time is that of the last acquire.
            cell = cell._replace(since=since, number=cell[LOCK_ACQUIRED])
        self._cells[kind, key] = cell

    # as those of journals

    @property
    def channels(self) -> list[CellState]:
        return [cell for (kind, _), cell in self._cells.items() if kind == CellKind.CHANNEL]

    @property
    def locks(self) -> list[LockCell]:
        places = ((kind, cell) for (kind, _), cell in self._cells.items() if kind in (CellKind.LOCK, CellKind.SIGNAL))
        return [LockCell(True, cell, self._place(cell)) for _, cell in places]

    @property
    def values(self) -> list[tuple[Hold, CellState]]:
        return [(self._place(cell), cell) for (kind, _), cell in self._cells.items() if kind == CellKind.VALUE]

    def _place(self, cell: CellState) -> Hold:
        return Hold(USER, _NO_THREAD, (cell[SINCE_WORD] - self._launched) / 1e9, None)
