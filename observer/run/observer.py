"""Applies the records of all journals to the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from rockproc.probe import layout
from rockproc.probe.layout import (
    CHANNEL_PUT,
    CHANNEL_SENT,
    OP_NAMES,
    OPERATION_RECORDS,
    CellKind,
    Kind,
    Op,
)
from rockproc.probe.records import CellLeft, Launched, TruncatedRecord

from ..findings import FindingTracker
from ..journals.reader import CellState, Journal, JournalFolder, Record
from ..journals.sampling import SamplingControl
from ..kernel.arena_memory import ArenaMemory
from ..kernel.procfs import usable_cores
from ..log import Log
from ..model import Process, Snapshot, UnobservedReason, World
from ..model.keys import LockKey
from ..source.names import ObjectNames
from ..trackers.access import AccessTracker
from ..trackers.channels import ChannelTracker
from ..trackers.coverage import CoverageTracker
from ..trackers.ended import EndedTotals, totals
from ..trackers.lock_orders import LockOrderTracker
from ..trackers.locks import LockCell, LockTracker
from ..trackers.managers import ManagerTracker
from ..trackers.pools import PoolTracker
from ..trackers.processes import ProcessTracker
from ..trackers.raw_updates import RawUpdateTracker
from ..trackers.repeated_reads import RepeatedReadTracker
from ..trackers.retention import Retention
from ..trackers.semaphores import SemaphoreTracker
from ..trackers.sends import SendTracker
from ..trackers.shared_memory import SharedMemoryTracker
from ..trackers.snapshots import SnapshotBuilder
from ..trackers.source import Source
from ..trackers.thread_changes import ThreadChanges
from ..trackers.unshared import UnsharedTracker
from ..trackers.updates import UpdateTracker
from ..trackers.user import UserCells
from ..trackers.values import ValueTracker
from .cell_waits import CellWaits
from .inspected_processes import InspectedProcesses
from .latest_cells import LatestCells, place_of

if TYPE_CHECKING:
    from .samplers import Samplers

_kind, _operations = attrgetter("kind"), attrgetter("operations")
RecordHandler = Callable[[Source, Record, float], None]
log = Log(__name__)
MAX_LOGGED_FAULTS = 20
"""The largest number of logged faults: a record that is not understood may come many times."""
SETTLING_SECONDS = 2.0
"""Seconds after the last change during which rates and other averages still change."""
_ENDED_POLL_SECONDS = 0.25
"""The time between two reads of the journals of ended processes."""
_LATE_RECORD_SECONDS = 1.0
"""Seconds after its end for which unread records of a process may still appear."""


class Observer:
    """A world and the trackers of its parts; each kind of record goes to one tracker."""

    def __init__(self, folder: Path, launched: int, *, paced: bool, strict: bool = False) -> None:
        """Create an observer of a session that has not begun yet.

        Args:
            folder: the session folder.
            launched: the monotonic nanosecond from which the world's seconds count.
            paced: records are written within a budget.
            strict: proved lost updates are errors.
        """
        self.world = World(cores=usable_cores())
        self._paced = paced
        self._launched = launched
        names = ObjectNames()
        self.process_tracker = ProcessTracker(self.world)
        self.channel_tracker = ChannelTracker(self.world, names)
        self.lock_tracker = LockTracker(self.world, names)
        self.value_tracker = ValueTracker(self.world, names, ArenaMemory(folder))
        self.semaphores = SemaphoreTracker(self.world)
        self.user_cells = UserCells(launched)
        self._shared_memory_tracker = SharedMemoryTracker(self.world, names)
        self._manager_tracker = ManagerTracker(self.world, names)
        self._pool_tracker = PoolTracker(self.world, names)
        self._unshared_tracker = UnsharedTracker(self.world, self._pool_tracker.functions)
        self._access_tracker = AccessTracker(self.world, self.lock_tracker.owner)
        self._update_tracker = UpdateTracker(self.world, self.lock_tracker.owner)
        self._raw_update_tracker = RawUpdateTracker(self.world)
        self._repeated_read_tracker = RepeatedReadTracker(self.world, self.channel_tracker.channel_of)
        self._lock_order_tracker = LockOrderTracker(self.world, self.lock_tracker.owner)
        self._send_tracker = SendTracker(self.world, self.seconds)
        self._thread_changes = ThreadChanges(self.world)
        self._cell_waits = CellWaits(self.world, self.channel_tracker, self.lock_tracker, self.seconds)
        self._findings = FindingTracker(self.world, strict=strict)
        self._handlers = self._record_handlers()
        self._journal_folder = JournalFolder(folder)
        self._empty_journals: list[Journal] = []
        """Journals that have no record yet."""
        self._sources: list[Source] = []
        self._ended_totals = EndedTotals()
        self._sampled: set[int] = set()
        """Objects some of whose operations have left no record in a process that has ended."""
        self._rate = (0.0, 0)
        self._per_second = 0.0
        self._version = 0
        self._moved_at = self._updated_at = 0.0
        self._snapshot_builder = SnapshotBuilder(self.world)
        self._retention = Retention(self.world)
        self._counts_kinds = log.has_details
        self._kinds: Counter[int] = Counter()
        self._logged_faults = 0
        self._coverage_tracker = CoverageTracker(self.world, self.channel_tracker.channel_of, self.lock_tracker.owner)
        self._inspected = InspectedProcesses(
            self.world, launched / 1e9, self.process_tracker, self.lock_tracker, self.channel_tracker.channel_of
        )
        self.new_pids: list[int] = []
        """Processes that began to carry the probe, or were started, since this list was last read."""

    def _record_handlers(self) -> dict[int, RecordHandler]:
        """Return the handlers by kind of record. Records of other kinds are only counted."""
        return {
            **self.process_tracker.records.handlers,
            Kind.CHANNEL: self._made_channel,
            Kind.LOST: self.channel_tracker.apply,
            Kind.SEND_ENDED: self._send_tracker.apply,
            Kind.PASSED_OBJECTS: self._access_tracker.apply,
            **dict.fromkeys((Kind.PUT, Kind.SENT, Kind.RECEIVED), self.channel_tracker.step),
            Kind.LOCK: self._made_lock,
            Kind.SET: self.lock_tracker.apply,
            **dict.fromkeys((Kind.ACQUIRED, Kind.RELEASED), self._lock_order_tracker.apply),
            Kind.SEMAPHORES: self.semaphores.apply,
            **dict.fromkeys(
                (Kind.ARENA, Kind.VALUE, Kind.LOCKED_BY, Kind.UNWRAPPED, Kind.ARENA_LEFT), self.value_tracker.apply
            ),
            **dict.fromkeys((Kind.WRITE, Kind.OVERWRITE), self._update_tracker.apply),
            **dict.fromkeys((*range(Kind.MANAGER, Kind.CALL + 1), Kind.STATE), self._manager_tracker.apply),
            **dict.fromkeys(range(Kind.POOL, Kind.HANDS_OVER + 1), self._pool_tracker.apply),
            **dict.fromkeys(range(Kind.SEGMENT, Kind.SEGMENT_LENT + 1), self._shared_memory_tracker.apply),
            Kind.REAPED: self._reaped,
            Kind.LAUNCHED: self._launched_program,
            Kind.CELL_LEFT: self._leave,
        }

    def seconds(self, moment: int) -> float:
        return (moment - self._launched) / 1e9

    def read(self, now: int, *, settled: bool = False) -> int:
        """Apply all records that have been written so far, and return their number.

        Args:
            now: the present `time.monotonic_ns()`.
            settled: True if every process has ended.
        """
        at = self.seconds(now)
        batches = [
            *self._discover(),
            *(
                (source, source.journal.records(settled=settled))
                for source in self._sources
                if settled or not source.idle or source.journal.may_have_records()
            ),
        ]
        record_count = sum(len(records) for _, records in batches)
        self._apply(batches)
        self.channel_tracker.publish()
        changed = bool(record_count)
        for source, records in batches:
            _note(source, records)
        # Read the counts after the records: the probe counts an operation before it writes its record.
        for source in self._sources if record_count else [source for source, _ in batches]:
            changed |= source.journal.look()
        for source in self._sources:
            if source.journal.damage and source.process.unobserved is not UnobservedReason.DAMAGED_JOURNAL:
                self._lose_track(source)
        changed |= self.value_tracker.look(at, settled=settled)
        self._shared_memory_tracker.look(at, settled=settled)
        if changed or self.world.version != self._version:
            self._moved_at = at
        self.world.now = at
        if settled or not self.quiet:
            self._count(at)
            self._measure(at)
            if changed or at - self._updated_at >= _ENDED_POLL_SECONDS:
                self._updated_at = at
                self.world.changes += 1
        self._retire(at)
        if self._retention.due:
            self._forget()
        self._version = self.world.version
        return record_count

    def _apply(self, batches: list[tuple[Source, list[Record]]]) -> None:
        """Apply the records of all journals in the order in which they were written."""
        handlers, launched = self._handlers, self._launched
        found = [
            (record.time, record, source)
            for source, records in batches
            for record in records
            if record.kind in handlers
        ]
        found.sort(key=itemgetter(0))
        for moment, record, source in found:
            try:
                handlers[record.kind](source, record, (moment - launched) / 1e9)
            except TruncatedRecord as error:
                # The rest of a record may be missing if its process was killed while it wrote.
                if not source.journal.torn:
                    source.journal.give_up(str(error))
            except Exception as error:  # one record that is not understood does not take the others with it
                self._note_fault(record, error)
        if self._counts_kinds:
            self._kinds.update(record.kind for _, records in batches for record in records)

    @property
    def quiet(self) -> bool:
        """True if nothing has changed for a while, and nothing will change by itself."""
        return self.world.now - self._moved_at > SETTLING_SECONDS

    def sample(self, at: float) -> None:
        """Sample the operating system's data about processes, after their journals were read."""
        processes = self.world.processes.values()
        self.value_tracker.release(
            {process.key: process.pid for process in processes if process.state.alive and process.pid}, at
        )
        self._coverage_tracker.look(at)
        self._inspected.look()
        self._samplers.look(self.channel_tracker.sockets(), at)
        self._thread_changes.look(at)

    @cached_property
    def _samplers(self) -> Samplers:
        from .samplers import Samplers  # which a run needs that takes longer than the imports for it

        return Samplers(self.world, self.lock_tracker.owner)

    def all_ended(self, *, stopped: bool) -> None:
        """Record the end of the run and of all its processes.

        Args:
            stopped: True if rockproc-tui ended them, which is no finding.
        """
        if stopped:
            self._findings.deactivate_all()
        else:
            self.find()
        self.process_tracker.all_ended(self.world.now)
        self._count(self.world.now)  # nobody waits any more

    def find(self) -> None:
        """Look for problems."""
        for source in self._sources:
            for cell in source.journal.latest_cells:
                self._access_tracker.note(source, cell)
                if source.process.ended is not None and cell.operation:
                    self._died(source.process, cell)
        try:
            self._unshared_tracker.look()
            self._raw_update_tracker.look()
        except Exception as error:  # a program may be written in any way: the rules are asked nevertheless
            if not self.world.fault:
                log.error("the search for variables that are not shared failed", exc_info=error)
            self.world.fault = self.world.fault or f"source: {type(error).__name__}: {error}"
        self._findings.look()

    def _died(self, process: Process, cell: CellState) -> None:
        """Take in a cell of a process that has ended inside of an operation."""
        self._access_tracker.died(process, cell)
        self._send_tracker.died(process, cell)

    def _discover(self) -> list[tuple[Source, list[Record]]]:
        new: list[tuple[Source, list[Record]]] = []
        self._empty_journals.extend(self._journal_folder.discover())
        for journal in list(self._empty_journals):
            records = journal.records()
            if not records and not journal.damage:
                continue  # it has made its journal, and is about to write the first record
            self._empty_journals.remove(journal)
            try:
                process = self.process_tracker.records.probe_started(journal, records[0], self.seconds(records[0].time))
            except (IndexError, ValueError) as error:
                self.world.fault = self.world.fault or f"the journal of process {journal.pid} is damaged: {error}"
                continue
            self._coverage_tracker.journal_begins(journal.pid, journal.path.name)
            new.append((Source(journal, process, SamplingControl(journal)), records[1:]))
            self.new_pids.append(journal.pid)
        self.world.fault = self.world.fault or self._journal_folder.fault
        self._sources.extend(source for source, _ in new)
        return new

    def _lose_track(self, source: Source) -> None:
        log.error("lost track of %s: its journal is damaged (%s)", source.process.name, source.journal.damage)
        source.process.unobserved = UnobservedReason.DAMAGED_JOURNAL
        self.process_tracker.activity.set_waits(source.process, [], self.world.now)
        self.world.changes += 1

    def _made_channel(self, source: Source, record: Record, at: float) -> None:
        self._access_tracker.apply(source, record, at)
        self.channel_tracker.apply(source, record, at)

    def _made_lock(self, source: Source, record: Record, at: float) -> None:
        self._access_tracker.apply(source, record, at)
        self.lock_tracker.apply(source, record, at)

    def _launched_program(self, source: Source, record: Record, at: float) -> None:
        self.process_tracker.records.handlers[record.kind](source, record, at)
        self.new_pids.append(Launched.unpack(record).pid)

    def _reaped(self, source: Source, record: Record, at: float) -> None:
        self.process_tracker.records.handlers[record.kind](source, record, at)
        self._pool_tracker.apply(source, record, at)

    def _count(self, at: float) -> None:
        cells = LatestCells(self._ended_totals, self.user_cells, self.seconds)
        for source in self._sources:
            self._look_at_cells(source, at)
            cells.add(source, at)
            for cell in source.journal.latest_cells if not source.process.state.alive else ():
                if cell.kind == CellKind.CHANNEL and cell.op == Op.GET:
                    self._pool_tracker.died_reading(source.process.key, cell.key)
            self._note_process(source, at)
        self._send_tracker.living(cells.sending, at)
        self._send_tracker.receiving(cells.receiving)
        self.process_tracker.activity.look(at)
        sampled = self._sampled.union(*(source.sampling.ever_sampled for source in self._sources))
        self.channel_tracker.count(cells.channels, sampled, at)
        self._mark_lost_items(at)
        self.lock_tracker.count(cells.locks, self.value_tracker.count(cells.values), at)
        self._update_tracker.count(cells.values)
        self._manager_tracker.count(cells.managed)
        self._pool_tracker.count(cells.pools, cells.workers, self._ended_totals.cells(CellKind.WORKER), at)
        self._thread_changes.look(at)

    def _look_at_cells(self, source: Source, at: float) -> None:
        """Let the trackers see the counts of one process, which they compare with earlier ones."""
        cells = source.journal.latest_cells
        source.sampling.look(cells)
        if source.process.state.alive and self._paced:
            source.sampling.adjust(cells)
        self._update_tracker.look(source, cells, at)
        self._lock_order_tracker.look(source, cells, at)
        self._repeated_read_tracker.look(source, cells, at)

    def _note_process(self, source: Source, at: float) -> None:
        """Set what the cells of one process say about itself: its operations, faults and waits."""
        process, cells = source.process, source.journal.latest_cells
        process.operations = source.left + sum(map(_operations, cells))
        process.dropped, process.faults = source.journal.latest_totals
        if process.faults and not process.fault:
            process.fault = source.journal.crash()
        if process.state.alive:
            inside = [(cell.kind, self._cell_waits.wait(source, cell, at)) for cell in cells if cell.op in OP_NAMES]
            # The outermost first: a proxy's call. It waits at a Pipe, and the time of that wait may be unknown.
            inside.sort(key=lambda entry: (entry[0] != CellKind.MANAGED, entry[1].since))
            self.process_tracker.activity.set_waits(process, [wait for _, wait in inside], at)

    def _mark_lost_items(self, at: float) -> None:
        """Mark as lost the items that ended processes have put into a Queue and not sent."""
        for source in self._sources:
            ended = source.process.ended
            if ended is not None and source.idle:
                unsent = source.unsent.copy()
                for cell in source.journal.latest_cells:
                    if cell.kind == CellKind.CHANNEL:
                        unsent[cell.key] += cell[CHANNEL_PUT] - cell[CHANNEL_SENT]
                self.channel_tracker.died(source.process.key, ended, +unsent, at)

    def _leave(self, source: Source, record: Record, _at: float) -> None:
        """Add the counts of an object that has died, in a process that lives on, to the totals of ended objects."""
        words = CellLeft.unpack(record).words
        if len(words) != layout.CELL.size:
            return  # its other part found no room
        cell = CellState._make(layout.CELL.unpack(words))
        self._access_tracker.note(source, cell)
        source.left += cell.operations
        if cell.kind == CellKind.CHANNEL:
            source.unsent[cell.key] += cell[CHANNEL_PUT] - cell[CHANNEL_SENT]
        self._ended_totals.absorb([LockCell(False, cell, place_of(source, cell, self.seconds))])

    def _retire(self, at: float) -> None:
        """Sum up the counts of ended processes whose journals were read completely, and close the journals."""
        for source in list(self._sources):
            ended = source.process.ended
            if ended is None or not source.idle or at - ended < _LATE_RECORD_SECONDS:
                continue
            cells = source.journal.cells()
            for cell in cells:
                self._access_tracker.note(source, cell)
                if cell.operation:
                    self._died(source.process, cell)
            self._ended_totals.absorb([LockCell(False, cell, place_of(source, cell, self.seconds)) for cell in cells])
            self._sampled |= source.sampling.ever_sampled
            self._ended_totals.retire(source)
            self._sources.remove(source)
            self._journal_folder.retire(source.journal)

    def _forget(self) -> None:
        """Drop old ended objects, and then the data that trackers keep about them."""
        cells = {cell.key for source in self._sources for cell in source.journal.latest_cells}
        used = {
            *cells,
            *self._inspected.known(),
            *map(self.channel_tracker.channel_of, cells),
            *(self.lock_tracker.owner(LockKey(key)) for key in cells),
        }
        self._retention.drop_oldest(
            {source.process.key for source in self._sources}, used | self._shared_memory_tracker.open
        )
        self.process_tracker.forget()
        self._coverage_tracker.forget()
        self._samplers.forget()
        parts = (
            self.channel_tracker,
            self.lock_tracker,
            self.value_tracker,
            self._manager_tracker,
            self._pool_tracker,
            self._update_tracker,
        )
        for part in parts:
            part.forget()
        known = cells.union(self._inspected.known(), *(part.known() for part in parts))
        self.semaphores.forget(known)
        self._access_tracker.forget(known)
        self._send_tracker.forget()
        self._repeated_read_tracker.forget()
        self._unshared_tracker.forget()
        self._lock_order_tracker.forget()
        self._ended_totals.keep(known)
        self._sampled &= known
        for source in self._sources:
            source.keep(known)

    def _measure(self, at: float) -> None:
        since, before = self._rate
        if at - since >= 1.0:
            now = self._ended_totals.operations + sum(source.process.operations for source in self._sources)
            self._per_second = (now - before) / (at - since)
            self._rate = (at, now)

    def faults(self) -> list[str]:
        """Return a line for each process in which the probe has failed."""
        faulty = [process for process in self.world.processes.values() if process.faults]
        faults = [f"{process.name}: {process.fault}" for process in faulty]
        return [
            *filter(None, [self.world.forgotten.fault]),
            *faults,
            *(f"failed tap: {name}" for name in self._failed_taps()),
        ]

    def _failed_taps(self) -> list[str]:
        return sorted({name for process in self.world.processes.values() for name in process.failed_taps})

    def totals(self) -> tuple[int, int, int]:
        """Return the numbers of records, of operations without one, and of records without room."""
        sums = [self._ended_totals.totals, *map(totals, self._sources)]
        written, sampled, dropped = map(sum, zip(*sums, strict=True))
        return written, sampled, dropped

    def snapshot(self) -> Snapshot:
        """Return the state as it is now. Objects that have not changed are shared with the last snapshot."""
        return self._snapshot_builder.build(self.value_tracker.contents(), self._per_second)

    def _note_fault(self, record: Record, error: Exception) -> None:
        self.world.fault = self.world.fault or f"observer: {type(error).__name__}: {error}"
        if self._logged_faults < MAX_LOGGED_FAULTS:
            self._logged_faults += 1
            log.error("a record of kind %s was not understood: %r", _kind_name(record.kind), record, exc_info=error)

    def log_totals(self) -> None:
        """Write into the debug log what has been read, and every fault of a probe."""
        written, sampled, dropped = self.totals()
        log.info("%s records; %s operations counted without one; %s records found no room", written, sampled, dropped)
        log.info("by kind: %s", {_kind_name(kind): count for kind, count in sorted(self._kinds.items())})
        for fault in self.faults():
            log.error("fault in the probe: %s", fault)
        for process in self.world.processes.values():
            log.info(
                "%s, pid %s, %s: observed %s, %s operations, %s records, %s without room, %s faults",
                process.name,
                process.pid,
                process.role,
                process.probed,
                process.operations,
                process.records,
                process.dropped,
                process.faults,
            )

    def close(self) -> None:
        self._inspected.close()
        self._shared_memory_tracker.close()
        self.value_tracker.close()
        self._journal_folder.close()


def _kind_name(kind: int) -> str:
    return next((name for name, number in vars(Kind).items() if number == kind), str(kind))


def _note(source: Source, records: list[Record]) -> None:
    """Update totals of a process from all records that one read of its journal has returned."""
    source.idle = not records
    source.process.records += len(records)
    source.recorded += sum(map(OPERATION_RECORDS.__contains__, map(_kind, records)))
    last = next((record.site for record in reversed(records) if record.site), 0)
    source.process.line = source.site(last) or source.process.line
