"""Controls which operations leave records: all operations on a slow object, and one in so many on a fast one."""

from __future__ import annotations

from .reader import CellState, Journal

RECORDS_PER_POLL = 40
"""Records of single operations that one process may write between two polls of its journal."""
_MIN_RECORDS = 2
"""Records that each object may leave between two polls, however many objects are busy."""
_MAX_MASK = 0xFFFF


class SamplingControl:
    """Sets the masks of one journal's cells by the rate at which their counts grow.

    The probe raises a mask by itself when it has spent its budget; only we lower it, since a slow loop of its own would
    have to wait long for its next record to notice that it is slow.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._counts: list[int] = []
        """The operations that each cell had counted when the masks were adjusted last."""
        self._cells: list[CellState] = []
        self._adjusted: list[CellState] = []
        self._masked = False
        self.ever_sampled: set[int] = set()
        """Keys of the objects some of whose operations left no record."""

    def look(self, cells: list[CellState]) -> None:
        """Note the objects some of whose operations leave no record."""
        if cells is not self._cells:
            self._cells, self._masked = cells, any(cell.mask for cell in cells)
            self.ever_sampled |= {cell.key for cell in cells if cell.mask}

    def adjust(self, cells: list[CellState]) -> None:
        """Fit the masks to the rates at which the counts have grown since the last call."""
        if cells is self._adjusted and not self._masked:
            return
        self._adjusted = cells
        counts = [cell.first + cell.second + cell.third for cell in cells]
        grown = [count - before for count, before in zip(counts, self._counts + [0] * len(counts), strict=False)]
        self._counts = counts
        busy = sum(growth > 0 for growth in grown) or 1
        share = max(RECORDS_PER_POLL // busy, _MIN_RECORDS)
        for index, (cell, growth) in enumerate(zip(cells, grown, strict=True)):
            if not cell.mask:
                continue
            mask = 0
            while growth >> mask.bit_length() > share and mask < _MAX_MASK:
                mask = mask << 1 | 1
            if mask != cell.mask:
                self._journal.set_mask(index, mask)
