"""What ended processes have done, summed up by object, so that a run of many short processes stays quick to observe."""

from __future__ import annotations

from typing import Any

from rockproc.probe.layout import What

from ..journals.reader import CellState
from ..model import Hold
from .locks import LockCell
from .processes import Source

_SUMMED = (What.CHANNEL, What.MANAGED, What.POOL, What.WORKER)


class EndedTotals:
    """The cells of processes that have ended. A lock that one of them still holds is kept as it is."""

    def __init__(self) -> None:
        self._sums: dict[int, dict[int, CellState]] = {what: {} for what in _SUMMED}
        """By what they count for, and by object."""
        self._values: dict[int, tuple[Hold, CellState]] = {}
        self._locks: dict[tuple[int, int], LockCell] = {}
        self._held: list[LockCell] = []
        self.operations = 0
        self.totals = (0, 0, 0)
        """As `totals` says of each."""

    def retire(self, source: Source) -> None:
        """An ended process has nothing more to tell."""
        self.operations += source.process.operations
        written, sampled, dropped = totals(source)
        self.totals = self.totals[0] + written, self.totals[1] + sampled, self.totals[2] + dropped

    def keep(self, known: set[int]) -> None:
        """Of other objects nothing will be asked any more."""
        for sums in self._sums.values():
            _keep(sums, known)
        _keep(self._values, known)
        for key, what in [each for each in self._locks if each[0] not in known]:
            del self._locks[key, what]
        self._held = [each for each in self._held if each.cell.key in known]

    def absorb(self, cells: list[LockCell]) -> None:
        for each in cells:
            cell = each.cell
            if cell.what in self._sums:
                sums = self._sums[cell.what]
                sums[cell.key] = _sum(sums.get(cell.key), cell)
            elif cell.what == What.VALUE:
                before = self._values.get(cell.key)
                later = before is None or cell.since >= before[1].since
                merged = _sum(before[1] if before else None, cell)
                self._values[cell.key] = (each.place if (later and cell.b) or before is None else before[0], merged)
            elif cell.what == What.LOCK and cell.a > cell.c:
                self._held.append(each)
            elif cell.what in (What.LOCK, What.WAIT, What.SIGNAL):
                known = self._locks.get((cell.key, cell.what))
                self._locks[cell.key, cell.what] = each._replace(cell=_sum(known.cell if known else None, cell))

    def cells(self, what: int) -> list[CellState]:
        """One for each channel, managed object or pool, or for the workers of a pool."""
        return list(self._sums[what].values())

    @property
    def values(self) -> list[tuple[Hold, CellState]]:
        return list(self._values.values())

    @property
    def locks(self) -> list[LockCell]:
        return [*self._locks.values(), *self._held]


def totals(source: Source) -> tuple[int, int, int]:
    """Records written, operations without one, records without room."""
    process = source.process
    return source.journal.read_records, max(process.operations - source.recorded, 0), process.dropped


def _keep(sums: dict[int, Any], known: set[int]) -> None:
    for key in sums.keys() - known:
        del sums[key]


def _sum(before: CellState | None, cell: CellState) -> CellState:
    if before is None:
        return cell._replace(op=0)
    return cell._replace(
        a=before.a + cell.a,
        b=before.b + cell.b,
        c=before.c + cell.c,
        bytes=before.bytes + cell.bytes,
        since=max(before.since, cell.since),
        op=0,
    )
