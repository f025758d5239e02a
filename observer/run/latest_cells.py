"""The latest cells of all processes, by what they count."""

from __future__ import annotations

from collections.abc import Callable

from rockproc.probe.layout import CellKind, Op

from ..journals.reader import CellState
from ..model import Hold, Process
from ..trackers.ended import EndedTotals
from ..trackers.locks import LockCell
from ..trackers.pools import WorkerCell
from ..trackers.source import Source
from ..trackers.user import UserCells


class LatestCells:
    """Lists of cells for the trackers: those of ended processes summed up, of the user, and of each process."""

    def __init__(self, ended: EndedTotals, user: UserCells, seconds: Callable[[int], float]) -> None:
        """Begin with what is known without any journal.

        Args:
            ended: the counts of ended processes.
            user: what the user has done to objects of the program.
            seconds: converts a moment of the probe to seconds of the run.
        """
        self._seconds = seconds
        self.channels = [*ended.cells(CellKind.CHANNEL), *user.channels]
        self.locks = [*ended.locks, *user.locks]
        self.values = [*ended.values, *user.values]
        self.managed = ended.cells(CellKind.MANAGED)
        self.pools = ended.cells(CellKind.POOL)
        self.workers: list[WorkerCell] = []
        self.sending: list[tuple[Process, CellState]] = []
        """Operations of living processes that have been inside of a send since before this look."""
        self.receiving: list[tuple[Process, CellState]] = []

    def add(self, source: Source, at: float) -> None:
        """Add the cells of one process.

        Args:
            source: its journal.
            at: the moment at which this look began, in seconds of the run.
        """
        alive = source.process.state.alive
        for cell in source.journal.latest_cells:
            if cell.kind == CellKind.CHANNEL:
                self.channels.append(cell)
                if alive and cell.since and self._seconds(cell.since) < at:
                    self._add_to_inside(source.process, cell)
            elif cell.kind == CellKind.VALUE:
                self.values.append((place_of(source, cell, self._seconds), cell))
            elif cell.kind == CellKind.MANAGED:
                self.managed.append(cell)
            elif cell.kind == CellKind.POOL:
                self.pools.append(cell)
            elif cell.kind == CellKind.WORKER:
                self.workers.append(WorkerCell(source, cell, self._seconds(cell.since)))
            elif cell.kind in (CellKind.LOCK, CellKind.WAIT, CellKind.SIGNAL):
                self.locks.append(LockCell(alive, cell, place_of(source, cell, self._seconds)))

    def _add_to_inside(self, process: Process, cell: CellState) -> None:
        if cell.op == Op.SEND:
            self.sending.append((process, cell))
        elif cell.op == Op.RECV:
            self.receiving.append((process, cell))


def place_of(source: Source, cell: CellState, seconds: Callable[[int], float]) -> Hold:
    """Return who has used an object last, when, and where.

    Args:
        source: the journal of the process.
        cell: its cell for the object.
        seconds: converts a moment of the probe to seconds of the run.
    """
    return Hold(source.process.key, cell.thread, seconds(cell.since), source.site(cell.site))
