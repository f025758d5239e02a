"""Tracks processes that read one Value, or ask one Event, Pipe, Queue or lock, again and again, and do nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from rockproc.probe.layout import SIGNAL_ASKED, TASKS_BIT, VALUE_READS, WAIT_TIMED_OUT, CellKind

from ..journals.reader import CellState
from ..model import RepeatedRead, SignalHandler, Site, World
from ..model.channel import QUEUES
from ..model.keys import ChannelKey, LockKey, ProcessKey, ValueKey
from ..model.process import HELPER_ROLES
from ..source.questions import may_end_loop, only_asks, only_waits, only_waits_for_an_item
from .source import Source

_GAVE_UP = (1 << TASKS_BIT) - 1
"""The bits of a cell's number that count attempts to put or get an item which have failed."""
_LONGEST_PAUSE_SECONDS = 2.5
"""Seconds after which a process that has not read any more does something else. Most loops sleep less."""


_Place = tuple[int, int, int]
"""An object, a thread, and the kind of its cell: a Queue has one for `get_nowait()` and another for `empty()`."""


class _State(msgspec.Struct):
    """The counts of a process at the last look."""

    others: int
    """The number of its operations that are no reads."""
    counts: dict[_Place, int]
    """The number of its reads or questions. The thread is 0 for a Value: its cell is shared."""
    read_at: float


class RepeatedReadTracker:
    """Keeps `world.repeated_reads`."""

    def __init__(self, world: World, channel_of: Callable[[int], int]) -> None:
        """Create it for one run.

        Args:
            world: the model whose `repeated_reads` it keeps.
            channel_of: returns the key of the channel that an end belongs to.
        """
        self._world = world
        self._channel_of = channel_of
        self._states: dict[ProcessKey, _State] = {}
        self._enders: dict[tuple[Site, Site], bool] = {}
        """The known signal handlers and loops, by a line of each: True where the handler may end the loop."""
        self._item_loops: dict[Site, bool] = {}
        """The known lines of `get()`: True for each whose loop asks without waiting, and ends only with an item."""

    def look(self, source: Source, cells: Sequence[CellState], at: float) -> None:
        """Update the reads of a process from its present cells."""
        counts: dict[_Place, int] = {}
        sites: dict[_Place, int] = {}
        for cell in cells:
            if cell.kind == CellKind.VALUE and cell[VALUE_READS]:
                counts[cell.key, 0, cell.kind] = cell[VALUE_READS]
            elif cell.kind == CellKind.SIGNAL and cell[SIGNAL_ASKED]:
                counts[cell.key, cell.thread, cell.kind] = cell[SIGNAL_ASKED]
                sites[cell.key, cell.thread, cell.kind] = cell.site
            elif cell.kind == CellKind.WAIT and cell[SIGNAL_ASKED] + cell[WAIT_TIMED_OUT]:
                counts[cell.key, cell.thread, cell.kind] = cell[SIGNAL_ASKED] + cell[WAIT_TIMED_OUT]
                sites[cell.key, cell.thread, cell.kind] = cell.site
            elif cell.kind == CellKind.CHANNEL and cell.number >> TASKS_BIT and self._is_pipe(cell.key):
                counts[cell.key, cell.thread, cell.kind] = cell.number >> TASKS_BIT
                sites[cell.key, cell.thread, cell.kind] = cell.site
            elif cell.kind == CellKind.CHANNEL and cell.number & _GAVE_UP and self._asks_for_items(source, cell):
                counts[cell.key, cell.thread, cell.kind] = cell.number & _GAVE_UP
                sites[cell.key, cell.thread, cell.kind] = cell.site
        key = source.process.key
        if not counts:
            return
        others = source.left + sum(cell.operations for cell in cells)
        others -= sum(count for (_, thread, _), count in counts.items() if not thread)
        others -= sum(cell[WAIT_TIMED_OUT] for cell in cells if cell.kind == CellKind.WAIT)
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

    def _asks_for_items(self, source: Source, cell: CellState) -> bool:
        """Return whether a thread asks a Queue for an item in a loop that ends only when it gets one."""
        site = source.site(cell.site) if self._is_queue(cell.key) else None
        if site is None:
            return False
        if site not in self._item_loops:
            self._item_loops[site] = only_waits_for_an_item(site)
        return self._item_loops[site]

    def _is_queue(self, key: int) -> bool:
        channel = self._world.channels.get(ChannelKey(key))
        return channel is not None and channel.kind in QUEUES

    def _is_pipe(self, end: int) -> bool:
        """Return whether an end is one of a Pipe; for a JoinableQueue, the same word counts calls of `task_done()`."""
        channel = self._world.channels.get(ChannelKey(self._channel_of(end)))
        return channel is not None and channel.kind in ("Pipe", "Connection")

    def _note(self, source: Source, place: _Place, site: Site | None, times: int, at: float) -> None:
        reads, process = self._world.repeated_reads, source.process
        read = reads.get(process.key)
        thread = process.key, place[1] or process.main_thread or 0
        method = self._method(place)
        if site is None:
            reads.pop(process.key, None)
        elif read is None or (read.key, read.thread, read.method) != (place[0], thread, method):
            only_waits = self._only_waits(place[0], site, method)
            reads[process.key] = RepeatedRead(thread, place[0], site, at, times, only_waits, method=method)
        else:
            read.times += times
            if site != read.site:
                read.site, read.only_waits = site, self._only_waits(read.key, site, method)
        if site is not None and reads[process.key].only_waits:
            # What the handler of another process changes may be what this loop reads.
            living = (each for each in self._world.processes.values() if each.state.alive)
            handlers = {handler for each in living if each.role not in HELPER_ROLES for handler in each.handlers}
            reads[process.key].handler_may_end = any(self._may_end(each, site) for each in handlers)

    def _method(self, place: _Place) -> str:
        if place[2] == CellKind.WAIT:
            return "acquire"
        return "empty" if place[2] == CellKind.SIGNAL and self._is_queue(place[0]) else ""

    def _may_end(self, handler: SignalHandler, site: Site) -> bool:
        """Return whether a handler may end the loop at a line, or what does so is not known."""
        if handler.site is None:
            return True
        known = self._enders.get((handler.site, site))
        if known is None:
            known = self._enders[handler.site, site] = may_end_loop(handler.site, site)
        return known

    def _only_waits(self, key: int, site: Site, method: str) -> bool:
        if method:
            return only_asks(site, method)
        if self._is_queue(key):
            return True  # only such loops are counted
        is_state = LockKey(key) in self._world.locks or ValueKey(key) in self._world.values
        return only_waits(site, polls=not is_state and self._is_pipe(key))

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        known = self._world.processes
        self._states = {key: state for key, state in self._states.items() if key in known}
        self._world.repeated_reads = {key: read for key, read in self._world.repeated_reads.items() if key in known}
