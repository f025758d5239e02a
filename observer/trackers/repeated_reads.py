"""Tracks processes that read one Value, or ask one Event, again and again, and do nothing else meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rockproc.probe.layout import SIGNAL_ASKED, VALUE_READS, CellKind

from ..journals.reader import CellState
from ..model import RepeatedRead, Site, World
from ..model.keys import ProcessKey
from ..source.questions import only_waits
from .source import Source

_LONGEST_PAUSE_SECONDS = 2.5
"""Seconds after which a process that has not read any more does something else. Most loops sleep less."""


class _State(msgspec.Struct):
    """The counts of a process at the last look."""

    others: int
    """The number of its operations that are no reads."""
    counts: dict[tuple[int, int], int]
    """The number of its reads or questions, by object and thread. The thread is 0 for a Value: its cell is shared."""
    read_at: float


class RepeatedReadTracker:
    """Keeps `world.repeated_reads`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._states: dict[ProcessKey, _State] = {}

    def look(self, source: Source, cells: Sequence[CellState], at: float) -> None:
        """Update the reads of a process from its present cells."""
        counts: dict[tuple[int, int], int] = {}
        sites: dict[tuple[int, int], int] = {}
        for cell in cells:
            if cell.kind == CellKind.VALUE and cell[VALUE_READS]:
                counts[cell.key, 0] = cell[VALUE_READS]
            elif cell.kind == CellKind.SIGNAL and cell[SIGNAL_ASKED]:
                counts[cell.key, cell.thread] = cell[SIGNAL_ASKED]
                sites[cell.key, cell.thread] = cell.site
        key = source.process.key
        if not counts:
            return
        others = source.left + sum(cell.operations for cell in cells)
        others -= sum(count for (_, thread), count in counts.items() if not thread)
        before = self._states.get(key)
        reads = self._world.repeated_reads
        if before is None or before.others != others or source.process.ended is not None:
            self._states[key] = _State(others, counts, at)
            reads.pop(key, None)
            return
        grown = [place for place, count in counts.items() if count > before.counts.get(place, 0)]
        if len(grown) == 1:
            place = grown[0]
            site = source.site(sites[place]) if place in sites else source.process.line
            self._note(source, place, site, counts[place] - before.counts.get(place, 0), at)
            before.read_at = at
        elif grown or at - before.read_at > _LONGEST_PAUSE_SECONDS:
            reads.pop(key, None)
        before.counts = counts

    def _note(self, source: Source, place: tuple[int, int], site: Site | None, times: int, at: float) -> None:
        reads, process = self._world.repeated_reads, source.process
        read = reads.get(process.key)
        thread = process.key, place[1] or process.main_thread or 0
        if site is None:
            reads.pop(process.key, None)
        elif read is None or (read.key, read.thread) != (place[0], thread):
            reads[process.key] = RepeatedRead(thread, place[0], site, at, times, only_waits(site))
        else:
            read.times += times
            if site != read.site:
                read.site, read.only_waits = site, only_waits(site)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        known = self._world.processes
        self._states = {key: state for key, state in self._states.items() if key in known}
        self._world.repeated_reads = {key: read for key, read in self._world.repeated_reads.items() if key in known}
