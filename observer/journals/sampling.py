"""Decides which operations leave records: all of a slow object's, one in so many of a fast one's."""

from __future__ import annotations

from .reader import CellState, Journal

PER_TICK = 40
"""Records of single operations that one process may write between two looks of ours."""
_MOST = 0xFFFF


class SamplingControl:
    """Sets the masks of one journal's cells by the rate at which their counts grow.

    The probe raises a mask by itself when it has spent its budget; only we lower it, since a slow loop of its own would
    have to wait long for its next record to notice that it is slow.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._before: list[int] = []
        self._cells: list[CellState] = []
        self._adjusted: list[CellState] = []
        self._masked = False
        self.ever_sampled: set[int] = set()
        """Keys of the objects some of whose operations left no record."""

    def look(self, cells: list[CellState]) -> None:
        """Notice what leaves no record."""
        if cells is not self._cells:
            self._cells, self._masked = cells, any(cell.mask for cell in cells)
            self.ever_sampled |= {cell.key for cell in cells if cell.mask}

    def adjust(self, cells: list[CellState]) -> None:
        """Lower the masks of what has become slower."""
        if cells is self._adjusted and not self._masked:
            return
        self._adjusted = cells
        counts = [cell.first + cell.second + cell.third for cell in cells]
        grown = [count - before for count, before in zip(counts, self._before + [0] * len(counts), strict=False)]
        self._before = counts
        busy = sum(growth > 0 for growth in grown) or 1
        share = max(PER_TICK // busy, 2)
        for index, (cell, growth) in enumerate(zip(cells, grown, strict=True)):
            if not cell.mask:
                continue
            wanted = 0
            while growth >> wanted.bit_length() > share and wanted < _MOST:
                wanted = wanted << 1 | 1
            if wanted != cell.mask:
                self._journal.set_mask(index, wanted)
