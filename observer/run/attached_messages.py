"""Messages, uses of locks and Values, tasks and calls in a running program since the probe was loaded into it.

What happened before is not known. So the messages of a channel that existed before are not matched: the first one that
is received may have been sent earlier, and is no pair of the first one that is seen to be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path

from msgspec.structs import replace
from msgspec.structs import replace as replace_record
from rockproc.probe import layout, records
from rockproc.probe.layout import CellKind, Kind

from ..journals.reader import CellState, Journal, JournalFolder, Record
from ..journals.sampling import SamplingControl
from ..model import Channel, Hold, Process, World
from ..source.names import ObjectNames
from ..trackers.channels import ChannelTracker
from ..trackers.ended import EndedTotals
from ..trackers.locks import LockCell
from ..trackers.pools import WorkerCell
from ..trackers.source import Source
from .attached_calls import AttachedCalls
from .attached_counts import COUNTED, AttachedCounts
from .attached_tasks import AttachedTasks

_STEPS = (Kind.PUT, Kind.SENT, Kind.RECEIVED)
_OF_CHANNELS = (*_STEPS, Kind.CHANNEL, Kind.LOST)
_KEPT = (*COUNTED, CellKind.CHANNEL, CellKind.WORKER, CellKind.MANAGED)
"""The kinds of cells whose counts remain when their process has ended."""


class AttachedMessages:
    """Reads the journals of a folder. A process's key is its pid; a channel's key comes from `channel_key`."""

    def __init__(self, folder: Path, started_ns: int) -> None:
        """Begin to read a folder.

        Args:
            folder: the session folder.
            started_ns: the `time.monotonic_ns()` at which the program began: times are relative to it.
        """
        self._started_ns = started_ns
        self._folder = JournalFolder(folder)
        self._empty_journals: list[Journal] = []
        self._sources: list[Source] = []
        self._ended = EndedTotals()
        self._peers: dict[int, int] = {}
        self._made: set[int] = set()
        """The keys of channels whose creation was seen, so that all their messages are known."""
        self._counts = AttachedCounts()
        self._tasks = AttachedTasks()
        self.calls = AttachedCalls()
        self._world = World()
        self._channels = ChannelTracker(self._world, ObjectNames())
        self.messages = self._world.messages
        self.pids: set[int] = set()
        """The pids of all processes that have carried the probe."""

    @property
    def now(self) -> float:
        """The moment of the last `read`, in seconds since the program began."""
        return self._world.now

    @property
    def fault(self) -> str:
        """The first reason why the probe could not begin in a process."""
        return self._folder.fault

    def set_peers(self, peers: Mapping[int, int]) -> None:
        """Take over which socket is the other end of which, by inode."""
        self._peers.update(peers)

    def read(self, now_ns: int, alive: set[int]) -> bool:
        """Apply what has been written since the last call, and return True if there was anything.

        Args:
            now_ns: the present `time.monotonic_ns()`.
            alive: the pids of living processes.
        """
        at = (now_ns - self._started_ns) / 1e9
        found = [(record.time, record, source) for source in self._sources for record in self._records_of(source)]
        found += self._discover()
        found.sort(key=itemgetter(0))
        for moment, record, source in found:
            self._apply(source, record, (moment - self._started_ns) / 1e9)
        self._channels.publish()
        changed = bool(found)
        for source in self._sources:
            changed |= source.journal.look()
        self._world.now = at
        self._count(at)
        for source in list(self._sources):
            if source.idle and source.journal.pid not in alive:
                self._retire(source)
        return changed

    def _discover(self) -> list[tuple[int, Record, Source]]:
        """Begin to read the journals that have come; return their first records."""
        found: list[tuple[int, Record, Source]] = []
        self._empty_journals += self._folder.discover()
        for journal in list(self._empty_journals):
            first = journal.records()
            if not first and not journal.damage:
                continue  # it is about to write its first record
            self._empty_journals.remove(journal)
            process = Process(journal.pid, f"pid {journal.pid}", pid=journal.pid)
            source = Source(journal, process, SamplingControl(journal))
            self._sources.append(source)
            self.pids.add(journal.pid)
            found += [(record.time, record, source) for record in first]
        return found

    @staticmethod
    def _records_of(source: Source) -> list[Record]:
        found = source.journal.records() if not source.idle or source.journal.may_have_records() else []
        source.idle = not found
        return found

    def _apply(self, source: Source, record: Record, at: float) -> None:
        if record.kind == Kind.FILE:
            file = records.File.unpack(record)
            source.files[file.number] = file.path.decode("utf-8", "surrogateescape")
        elif record.kind == Kind.IN_LIBRARY:
            site = source.site(records.InLibrary.unpack(record).site)
            if site is not None:
                source.in_library[record.key] = site
        elif record.kind == Kind.CELL_LEFT:
            words = records.CellLeft.unpack(record).words
            if len(words) == layout.CELL.size:
                self._absorb(source, [CellState._make(layout.CELL.unpack(words))])
        elif record.kind == Kind.METHOD:
            label = records.Label.unpack(record)
            source.methods[label.number] = label.name
        elif record.kind in (Kind.SEMAPHORES, Kind.UNWRAPPED):
            self._counts.apply(source.journal.pid, record)
        elif record.kind in (Kind.TASK, Kind.FAILED):
            self._tasks.apply(source.journal.pid, record)
        elif record.kind == Kind.CALL:
            self.calls.apply(source.journal.pid, record, at)
        elif record.kind in _OF_CHANNELS and record.key:
            if record.kind == Kind.CHANNEL:
                self._learn_ends(record)
            key = channel_key(record.key, self._peers)
            translated = replace_record(record, key=key)
            if record.kind in _STEPS:
                self._channels.step(source, translated, at)
            else:
                self._channels.apply(source, translated, at)

    def _learn_ends(self, record: Record) -> None:
        """Note that a channel has been made, and of a duplex Pipe which sockets are its ends."""
        other = records.Channel.unpack(record).other_end
        if other:
            self._peers[record.key], self._peers[other] = other, record.key
        self._made.add(channel_key(record.key, self._peers))

    def _count(self, at: float) -> None:
        cells = [*self._ended.cells(CellKind.CHANNEL)]
        sampled: set[int] = set()
        counted = [LockCell(False, cell, place) for place, cell in self._ended.values] + self._ended.locks
        for source in self._sources:
            source.sampling.look(source.journal.latest_cells)
            source.sampling.adjust(source.journal.latest_cells)
            sampled |= {channel_key(key, self._peers) for key in source.sampling.ever_sampled}
            cells += map(self._translated, source.journal.latest_cells)
            counted += [self._placed(source, cell) for cell in source.journal.latest_cells if cell.kind in COUNTED]
        self._counts.count(counted)
        self._count_tasks_and_calls()
        self._channels.count([cell for cell in cells if cell.kind == CellKind.CHANNEL], sampled, at)
        for key in self._world.channels.keys() - self._made:
            self._channels.do_not_match(key)

    def _count_tasks_and_calls(self) -> None:
        placed = [(source, cell) for source in self._sources for cell in source.journal.latest_cells]
        workers = [
            WorkerCell(source, cell, (cell.since - self._started_ns) / 1e9)
            for source, cell in placed
            if cell.kind == CellKind.WORKER
        ]
        self._tasks.count(workers, self._ended.cells(CellKind.WORKER))
        calls = [cell for _, cell in placed if cell.kind == CellKind.MANAGED]
        self.calls.count([*calls, *self._ended.cells(CellKind.MANAGED)])

    def _placed(self, source: Source, cell: CellState) -> LockCell:
        since = (cell.since - self._started_ns) / 1e9
        return LockCell(True, cell, Hold(source.process.key, cell.thread, since, source.site(cell.site)))

    def _translated(self, cell: CellState) -> CellState:
        return cell._replace(key=channel_key(cell.key, self._peers)) if cell.kind == CellKind.CHANNEL else cell

    def _retire(self, source: Source) -> None:
        self._absorb(source, source.journal.cells())
        self._sources.remove(source)
        self._folder.retire(source.journal)

    def _absorb(self, source: Source, cells: list[CellState]) -> None:
        counted = [cell for cell in cells if cell.kind in _KEPT]
        placed = [self._placed(source, self._translated(cell)) for cell in counted]
        self._ended.absorb([entry._replace(alive=False) for entry in placed])

    def add_to(self, world: World) -> None:
        """Add the counts since the probe was loaded to the objects of a world that was read from outside."""
        self._counts.add_to(world)
        self._tasks.add_to(world)
        self.calls.add_to(world)
        for key, channel in self._world.channels.items():
            shown = world.channels.get(key)
            if shown is None:
                if key in self._made:  # the kind of any other channel is found by the next reading from outside
                    world.channels[key] = replace(channel)
                continue
            _add(channel, shown, made=key in self._made)

    def close(self) -> None:
        self._folder.close()


def channel_key(inode: int, peers: Mapping[int, int]) -> int:
    """Return the key that `WorldBuilder` gives to the channel of a pipe, or of a pair of sockets."""
    return min(inode, peers.get(inode, inode)) << 2 | 2


def _add(found: Channel, shown: Channel, *, made: bool) -> None:
    shown.put, shown.got, shown.bytes = found.put, found.got, found.bytes
    shown.rate, shown.rates, shown.records, shown.sampled = found.rate, found.rates, found.records, found.sampled
    shown.lost, shown.lost_because, shown.lost_by, shown.lost_site = (
        found.lost,
        found.lost_because,
        found.lost_by,
        found.lost_site,
    )
    if made:
        shown.site, shown.library_site, shown.depths = found.site, found.library_site, found.depths
