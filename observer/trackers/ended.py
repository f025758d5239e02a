"""Sums up by object what ended processes have done: a run of many short processes stays quick to observe."""

from __future__ import annotations

from typing import Any

from rockproc.probe.layout import COUNTS, LOCK_ACQUIRED, LOCK_RELEASED, VALUE_WRITES, CellKind, Ended

from ..journals.reader import CellState
from ..model import Hold
from .locks import LockCell
from .source import Source

_ENDED = {kind: counts.ended for kind, counts in COUNTS.items()}


class EndedTotals:
    """The cells of processes that have ended. A lock that one of them still holds is kept as it is."""

    def __init__(self) -> None:
        self._sums: dict[int, dict[int, CellState]] = {kind: {} for kind, ended in _ENDED.items() if ended == Ended.SUM}
        """The summed cells by kind (`layout.CellKind`) and by the key of the object."""
        self._values: dict[int, tuple[Hold, CellState]] = {}
        self._locks: dict[tuple[int, int], LockCell] = {}
        self._held: list[LockCell] = []
        self.operations = 0
        self.totals = (0, 0, 0)
        """The sum of what `totals` returns for each process."""

    def retire(self, source: Source) -> None:
        """Add the totals of an ended process whose journal is read completely."""
        self.operations += source.process.operations
        written, sampled, dropped = totals(source)
        self.totals = self.totals[0] + written, self.totals[1] + sampled, self.totals[2] + dropped

    def keep(self, known: set[int]) -> None:
        """Drop the counts of all objects but these."""
        for sums in self._sums.values():
            _keep(sums, known)
        _keep(self._values, known)
        for key, kind in [(key, kind) for key, kind in self._locks if key not in known]:
            del self._locks[key, kind]
        self._held = [held for held in self._held if held.cell.key in known]

    def absorb(self, cells: list[LockCell]) -> None:
        """Add cells to which their processes will add nothing more."""
        for placed in cells:
            cell = placed.cell
            ended = _ENDED.get(cell.kind, Ended.NOTHING)
            if ended == Ended.SUM:
                sums = self._sums[cell.kind]
                sums[cell.key] = _sum(sums.get(cell.key), cell)
            elif ended == Ended.SUM_AND_LAST_WRITE:
                before = self._values.get(cell.key)
                last = before is None or (cell[VALUE_WRITES] and cell.since >= before[1].since)
                merged = _sum(before[1] if before else None, cell)
                self._values[cell.key] = (placed.place if last or before is None else before[0], merged)
            elif ended == Ended.SUM_UNLESS_HELD and _holds(cell):
                self._held.append(placed)
            elif ended == Ended.SUM_UNLESS_HELD:
                known = self._locks.get((cell.key, cell.kind))
                self._locks[cell.key, cell.kind] = placed._replace(cell=_sum(known.cell if known else None, cell))

    def cells(self, kind: int) -> list[CellState]:
        """Return one cell for every channel, managed object or pool, or for the workers of a pool."""
        return list(self._sums[kind].values())

    @property
    def values(self) -> list[tuple[Hold, CellState]]:
        return list(self._values.values())

    @property
    def locks(self) -> list[LockCell]:
        return [*self._locks.values(), *self._held]


def totals(source: Source) -> tuple[int, int, int]:
    """Return how many records a process has written, how many operations left none, and how many found no room."""
    process = source.process
    return source.journal.read_records, max(process.operations - source.recorded, 0), process.dropped


def _holds(cell: CellState) -> bool:
    return cell.kind == CellKind.LOCK and cell[LOCK_ACQUIRED] > cell[LOCK_RELEASED]


def _keep(sums: dict[int, Any], known: set[int]) -> None:
    for key in sums.keys() - known:
        del sums[key]


def _sum(before: CellState | None, cell: CellState) -> CellState:
    if before is None:
        return cell._replace(operation=0)
    return cell._replace(
        first=before.first + cell.first,
        second=before.second + cell.second,
        third=before.third + cell.third,
        bytes=before.bytes + cell.bytes,
        since=max(before.since, cell.since),
        operation=0,
    )
