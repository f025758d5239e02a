"""The processes of a run: from records of the probe, from the operating system, and from the keeper that reaps."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import msgspec
from rockproc.probe import records
from rockproc.probe.layout import Kind

from ..decoding.shortening import shorten
from ..journals.reader import Journal, Record
from ..journals.sampling import SamplingControl
from ..kernel import process_status
from ..kernel.idle import ASLEEP, FOR_A_THREAD, ends_by_itself, idle
from ..kernel.out_of_memory import OutOfMemory
from ..kernel.process_stats import ProcessStats
from ..kernel.signals import ignores, signal_name
from ..kernel.thread_times import ThreadTimes
from ..kernel.unobserved_reason import reason_by_name
from ..model import Phase, Process, SignalHandler, Site, State, TimelineMark, UnobservedReason, Wait, World
from ..model.keys import ProcessKey
from .intervals import StateIntervals
from .process_names import ProcessNames

_HISTORY_LENGTH = 60
_MAX_COMMAND_CHARACTERS = 60
"""Characters of a command line in the name of a process that has no other."""
_UNNAMED = ("fork", "program")
"""Roles of a process whose handle may still become known."""
_MAIN_PROCESS = "_MainProcess"
"""The class of the object that stands for the main process in `multiprocessing.process`."""
_HELPERS = {
    ".resource_tracker import main": "resource tracker",
    ".semaphore_tracker import main": "resource tracker",
    ".forkserver import main": "forkserver",
}
"""Processes that multiprocessing, or a copy of it, starts for itself, by a part of their commands."""
_T = TypeVar("_T")
_MAX_ASKED = 16
"""The largest number of processes that are inspected again in one sample."""
_SLEEPING_CPU_PERCENT = 2.0
"""A process that sleeps takes less than this share of one core."""
_BUSY_CPU_PERCENT = 10.0
"""A process that takes more than this share of one core computes."""
_HANDLE_SECONDS = 0.3
"""A birth belongs to a handle if the handle says so within this time."""


_LAUNCH_SECONDS = 10.0
"""`Popen()` returns within this time after the process was first seen, unless the pid was reused."""
_START_SECONDS = 1.0
"""The probe begins in a child within this time, unless the machine is very busy, and before any code of the program."""
_FIRST_ASSIGNED_KEY = 1 << 60
"""Keys of processes without a handle begin here. The key of a handle has its maker's pid in the upper half, which is
never so large."""


class Source(msgspec.Struct):
    """One journal, with what its numbers stand for."""

    journal: Journal
    process: Process
    sampling: SamplingControl
    files: dict[int, str] = msgspec.field(default_factory=dict[int, str])
    methods: dict[int, str] = msgspec.field(default_factory=dict[int, str])
    """Names of the methods that proxies call, by their numbers in this journal."""
    awaited: dict[int, records.Awaited] = msgspec.field(default_factory=dict[int, records.Awaited])
    """Objects for which threads wait together, by their number in this journal."""
    idle: bool = False
    """True if its journal had nothing new at the last poll."""
    left: int = 0
    """Operations on objects that have died since, and whose cells are those of others."""
    unsent: Counter[int] = msgspec.field(default_factory=Counter[int])
    """The number of items put and not sent into channels whose cells now belong to other objects."""
    recorded: int = 0
    """Records of operations that cells count as well."""
    waits: dict[tuple[int, int], tuple[object, float]] = msgspec.field(
        default_factory=dict[tuple[int, int], tuple[object, float]]
    )
    """The counts that identify a wait, and when the wait was first seen, by object and thread."""

    sites: dict[int, Site] = msgspec.field(default_factory=dict[int, Site])
    """A cache of the sites, by their packed form."""

    in_library: dict[int, Site] = msgspec.field(default_factory=dict[int, Site])
    """The line of the library that made an object, by the key of the object, which is announced next."""

    def site(self, packed: int) -> Site | None:
        site = self.sites.get(packed)
        if site is None and packed:
            path = self.files.get(packed >> 32)
            if path is not None:
                site = self.sites[packed] = Site(path, packed & 0xFFFFFFFF)
        return site

    def keep(self, known: set[int]) -> None:
        """Drop what is kept for all objects but the known ones."""
        self.sampling.ever_sampled &= known
        self.waits = {(key, thread): wait for (key, thread), wait in self.waits.items() if key in known}


class ProcessTracker:
    """Keeps `world.processes` up to date, from the keeper, the probes and the operating system in any order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._intervals = StateIntervals(world)
        self._out_of_memory = OutOfMemory()
        self._killed: set[ProcessKey] = set()
        """Processes on which the program called `kill()`."""
        self._names = ProcessNames()
        self._thread_times = ThreadTimes()
        self._by_pid: dict[int, Process] = {}
        self.create_times: dict[int, float] = {}
        """The start of every living process by pid; see `identity.start_time`."""
        self._next_key = ProcessKey(_FIRST_ASSIGNED_KEY)
        self._missing: set[int] = set()
        """Processes that the last sample did not find: one more, and they are gone."""
        self._codes: dict[int, int] = {}
        """The exit codes that processes have announced. A signal may still end such a process first."""
        self._presumed: dict[int, UnobservedReason | None] = {}
        """The reasons, from command lines, why programs of `subprocess` carry no probe, by process key."""
        self._operations: dict[int, int] = {}
        """The operations of a process when the system was last asked: after one more it is no longer idle."""
        self._turn = 0
        """The index of the process to ask next."""
        self._resumed: dict[int, float] = {}
        """The time at which a stopped process was last continued."""
        self._unmarked: list[tuple[float, Process]] = []
        """Births that a handle may still turn out to be the cause of, and then marks itself."""

    # from the keeper

    def main_started(self, pid: int, at: float, name: str) -> None:
        process = self._provisional(pid, at, "main")
        process.name = name
        self._world.main = process.key

    def knows(self, pid: int) -> bool:
        """Return whether a process of that pid has been seen."""
        return pid in self._by_pid

    def reaped(self, pid: int, status: int, at: float) -> None:
        """Note that the keeper has reaped the main process or an orphan."""
        process = self._by_pid.get(pid)
        if process is not None:
            self._ended(process, at, os.waitstatus_to_exitcode(status))
            self._leave(process, at, State.JOINED if process.role == "main" else State.GONE)

    # from the probe

    def probe_started(self, journal: Journal, record: Record, at: float) -> Process:
        """Return the process whose journal begins with this record."""
        process = self._by_pid.get(journal.pid)
        content = records.ProbeStarted.unpack(record)
        how = content.how
        # The process may have ended before its journal was read.
        if process is None or (process.ended is not None and process.ended < at):
            process = self._provisional(journal.pid, at, "program")
            process.parent = journal.parent
            self._unmarked.append((at, process))
        elif how == "fork" and process.known_only_by_pid:
            process.parent = journal.parent  # the operating system does not report a parent that has ended
            process.created = process.started = min(process.started or at, at)  # a sample saw it later than it began
        # A child of the forkserver has its command line, and may have been mistaken for another forkserver.
        if how == "fork" and process.role in ("program", "forkserver"):
            process.role = "fork"
            parent = self._by_pid.get(journal.parent)
            process.name = f"fork of {parent.name}" if parent is not None else f"fork {journal.pid}"
            if all(process is not unmarked for _, unmarked in self._unmarked):
                process.name = self._names.name(process.key, process.name)
        if how == "fork" and (parent := self._by_pid.get(journal.parent)) is not None:
            process.handlers = parent.handlers
        process.probed, process.unobserved = True, None
        process.python = content.python
        process.main_thread = record.key
        return process

    def apply(self, source: Source, record: Record, at: float) -> None:
        """Apply a record about processes. It may replace `source.process` by the process of the handle."""
        kind = record.kind
        if kind == Kind.FILE:
            file = records.File.unpack(record)
            source.files[file.number] = os.fsdecode(file.path)
        elif kind == Kind.TAP_FAILED:
            name = records.TapFailed.unpack(record).name
            if name not in source.process.failed_taps:
                source.process.failed_taps += (name,)
        elif kind == Kind.SUBINTERPRETER:
            source.process.subinterpreters += 1
        elif kind == Kind.IN_LIBRARY:
            library_site = source.site(records.InLibrary.unpack(record).site)
            if library_site is not None:
                source.in_library[record.key] = library_site
        elif kind == Kind.AWAITED:
            source.awaited[record.key] = records.Awaited.unpack(record)
        elif kind in (Kind.HANDLE, Kind.START):
            self._handle(source, record, at)
        elif kind == Kind.STARTED:
            handle = self._known(ProcessKey(record.key), source, at)
            started = records.Started.unpack(record)
            handle.start_method = started.start_method or handle.start_method
            self._bind(handle, started.pid, at)
            if handle.phase == Phase.STARTING:
                handle.phase = Phase.NONE
        elif kind == Kind.BOOTSTRAP:
            handle = self._known(ProcessKey(record.key), source, at)
            self._bind(handle, source.journal.pid, at)
            handle.probed, handle.unobserved = True, None
            handle.main_thread = record.thread
            handle.phase = Phase.BOOTSTRAP
            handle.python = source.process.python
            handle.failed_taps = source.process.failed_taps
            handle.subinterpreters = source.process.subinterpreters
            handle.handlers = source.process.handlers
            source.process = handle
        elif kind in (Kind.RUN, Kind.EXITING):
            source.process.phase = Phase.RUN if kind == Kind.RUN else Phase.EXITING
            if kind == Kind.RUN:
                source.process.ran = True
                self._mark(at, "run", source.process)
        elif kind == Kind.EXIT:
            source.process.phase = Phase.EXITING
            self._codes[source.process.key] = records.Exit.unpack(record).exit_code
            if source.process.ended is not None:
                self._ended(source.process, at, None)
        elif kind == Kind.LAUNCHED:
            self._launched(source, records.Launched.unpack(record), at)
        elif kind == Kind.REAPED:
            reaped = records.Reaped.unpack(record)
            process = self._by_pid.get(reaped.pid)
            if process is not None:
                self._ended(process, at, reaped.exit_code)
                self._leave(process, at, State.JOINED)
        elif kind == Kind.SIGNAL_HANDLER:
            name = signal_name(record.key)
            kept = tuple(handler for handler in source.process.handlers if handler.signal != name)
            handler = records.SignalHandler.unpack(record)
            added = (SignalHandler(name, handler.name, source.site(handler.site)),) if handler.is_python else ()
            source.process.handlers = (*kept, *added)
        elif kind == Kind.SIGNAL:
            target = self._world.processes.get(ProcessKey(record.key))
            if target is not None:
                number = records.Signal.unpack(record).number
                self._mark(at, "signal", target, signal_name(number))
                if number == signal.SIGKILL:
                    self._killed.add(target.key)
                if number == signal.SIGTERM:
                    target.terminated = at
                    target.ignores_sigterm = target.pid is not None and ignores(target.pid, number)
        elif kind == Kind.RAISED:
            raised = records.Raised.unpack(record)
            source.process.error = raised.error
            source.process.error_site = source.site(raised.site)
        elif kind == Kind.EXITCODE_READ:
            self._known(ProcessKey(record.key), source, at).exitcode_read = True

    def _launched(self, source: Source, launched: records.Launched, at: float) -> None:
        """Note a program that was started by `subprocess`, and that may have ended before anybody could see it."""
        process = self._by_pid.get(launched.pid)
        if process is None or (process.started is not None and at - process.started > _LAUNCH_SECONDS):
            process = self._provisional(launched.pid, at, "program")
            self._unmarked.append((at, process))
        if process.known_only_by_pid:
            process.parent = source.journal.pid
        if process.command is None and process.role == "program":
            process.name = shorten(" ".join(launched.arguments), _MAX_COMMAND_CHARACTERS) or process.name
        self._presumed[process.key] = reason_by_name(launched.arguments, followed=launched.followed)
        if process.ended is not None:
            self._presume(process)

    def _presume(self, process: Process) -> None:
        """Take the reason why an ended process was not observed from its command line: it has gone."""
        if not process.probed and process.unobserved is None:
            process.unobserved = self._presumed.get(process.key)

    def _handle(self, source: Source, record: Record, at: float) -> None:
        process = self._known(ProcessKey(record.key), source, at)
        handle = records.Handle.unpack(record)
        process.name = self._names.name(process.key, handle.name)
        process.cls = handle.class_name
        process.target = handle.target or process.target
        process.args = handle.arguments if handle.target else process.args
        process.daemon = handle.daemon
        process.start_method = handle.start_method or process.start_method
        if record.kind == Kind.START:
            if process.pid is None:  # otherwise it is started a second time, which will raise
                process.phase = Phase.STARTING
                process.started = at
        else:
            process.site, process.library_site = source.site(record.site), source.in_library.pop(record.key, None)
            self._mark(at, "created", process)

    def _known(self, key: ProcessKey, source: Source, at: float) -> Process:
        process = self._world.processes.get(key)
        if process is None:
            process = Process(key, f"process {key & 0xFFFFFFFF}", parent=key >> 32 or source.journal.pid, created=at)
            self._world.processes[key] = process
            self._intervals.begin(process, at)
        return process

    def _bind(self, handle: Process, pid: int, at: float) -> None:
        """Give the child of a handle its pid; a process that was known by its pid alone is that child."""
        if handle.pid == pid:
            return
        other = self._by_pid.get(pid)
        handle.pid = pid
        self._by_pid[pid] = handle
        if handle.started is None:
            handle.started = at
        if other is not None and other.known_only_by_pid and other.role in _UNNAMED and handle.state is State.CREATED:
            self._inherit(handle, other, at)
        if handle.state is State.CREATED:
            self._intervals.become(handle, at, State.RUNNING)
            self._mark(at, "started", handle)

    def _inherit(self, handle: Process, other: Process, at: float) -> None:
        """Give a handle what is known of the process with its pid."""
        handle.probed, handle.main_thread = other.probed, other.main_thread
        handle.unobserved = other.unobserved
        handle.python, handle.failed_taps = other.python, other.failed_taps
        handle.subinterpreters = other.subinterpreters
        handle.exitcode, handle.signal, handle.ended = other.exitcode, other.signal, other.ended
        self._names.release(other.key)
        self._world.processes.pop(other.key, None)
        self._world.spans.pop(other.key, None)
        if not other.state.alive:
            self._intervals.become(handle, at, State.RUNNING)
            self._mark(at, "started", handle)
            self._intervals.become(handle, max(at, other.ended or at), other.state)
            handle.joined = other.joined

    def _provisional(self, pid: int, at: float, role: str) -> Process:
        process = Process(self._next_key, str(pid), pid=pid, role=role, state=State.RUNNING, created=at, started=at)
        process.known_only_by_pid = True
        self._next_key = ProcessKey(self._next_key + 1)
        self._world.processes[process.key] = process
        self._by_pid[pid] = process
        self._intervals.begin(process, at)
        return process

    def _mark_births(self, until: float) -> None:
        """Add timeline marks for the starts of processes that have no handle."""
        for born, process in self._unmarked:
            if born <= until and process.key in self._world.processes:
                if process.role == "fork":  # so far it seems to be a bare `os.fork`
                    process.name = self._names.name(process.key, process.name)
                self._mark(born, "started", process)
        self._unmarked = [(born, process) for born, process in self._unmarked if born > until]

    # from the operating system

    def sampled(self, samples: dict[int, ProcessStats], at: float, seen: float) -> None:
        """Apply a sample of the process table.

        Args:
            samples: all processes of the run by pid.
            at: the moment up to which the journals were read.
            seen: the moment at which the last of the processes had been sampled.
        """
        self._mark_births(at - _HANDLE_SECONDS)
        self._out_of_memory.settle()
        self._missing -= {process.key for pid in samples if (process := self._by_pid.get(pid)) is not None}
        settled = [pid for pid, stats in samples.items() if self._is_settled(pid, stats)]
        left = {*settled} - {*self._some(settled)}
        for pid, stats in samples.items():
            self.create_times[pid] = stats.create_time
            process = self._by_pid.get(pid)
            if process is None or process.state in (State.JOINED, State.GONE):
                if stats.status == process_status.ZOMBIE and process is not None:
                    continue
                process = self._unknown(stats, at)
            self._update(process, stats, at, ask=pid not in left)
            if stats.status == process_status.ZOMBIE:
                self._uncollected(process, stats, seen)
        for pid, process in list(self._by_pid.items()):
            if pid not in samples and process.state not in (State.JOINED, State.GONE):
                self._vanished(process, at)
        self._thread_times.keep(samples.keys())

    def _uncollected(self, process: Process, stats: ProcessStats, seen: float) -> None:
        """End a process at `seen` and not before: it may even have begun after the journals were read."""
        if process.state is not State.ZOMBIE or process.exitcode is None:
            code = None if stats.exit_status is None else os.waitstatus_to_exitcode(stats.exit_status)
            self._ended(process, seen, code)
            self._intervals.become(process, seen, State.ZOMBIE)

    def _unknown(self, stats: ProcessStats, at: float) -> Process:
        process = self._provisional(stats.pid, at, "program")
        process.parent = stats.ppid
        self._unmarked.append((at, process))
        return process

    def _executes(self, process: Process, stats: ProcessStats) -> None:
        """Note a new command line: between its fork and its exec a process has the one of its parent."""
        parent = self._by_pid.get(stats.ppid)
        before = process.command or (parent.command if parent is not None else None)
        process.command = stats.command
        helper = next((role for module, role in _HELPERS.items() if module in stats.command), None)
        if process.role == "program" or (process.role == "fork" and before not in (None, stats.command)):
            self._names.release(process.key)
            process.role, process.name = (
                helper or process.role,
                helper or shorten(stats.command, _MAX_COMMAND_CHARACTERS),
            )

    def _is_settled(self, pid: int, stats: ProcessStats) -> bool:
        """Return whether it is known what a process waits for, and it has not computed since."""
        process = self._by_pid.get(pid)
        if process is None or stats.cpu != 0:
            return False
        return bool(process.idle) if process.main_wait is None else process.timed is not None

    def _some(self, among: list[_T]) -> list[_T]:
        """Return as many of them as may be asked at once, in turn if there are more."""
        if len(among) <= _MAX_ASKED:
            return among
        begin = self._turn % len(among)
        self._turn += _MAX_ASKED
        return [*among, *among][begin : begin + _MAX_ASKED]

    def _update(self, process: Process, stats: ProcessStats, at: float, *, ask: bool) -> None:
        """ask: also the kernel, for what it waits for."""
        if stats.command and stats.command != process.command:
            self._executes(process, stats)
        shown = process.rss, process.threads, round(process.cpu or 0)
        process.rss, process.threads = stats.rss, stats.threads
        process.cpu_user, process.cpu_system = stats.user, stats.system
        self._update_threads(process, stats, at)
        sleeps = stats.status == process_status.SLEEPING
        if process.main_wait is not None and sleeps and ask:
            process.timed = ends_by_itself(stats.pid)
        still = sleeps and stats.cpu is not None and stats.cpu < _SLEEPING_CPU_PERCENT
        if process.probed:
            if ask:
                self._idles(process, at, still=still, sleeps=sleeps)
        elif not process.inspected and process.state in (
            State.RUNNING,
            State.WAITING,
        ):  # a helper, or a program of another kind
            process.idle = ASLEEP if still else ""
            self._intervals.become(process, at, State.WAITING if still else State.RUNNING, process.idle)
        if process.ppid != stats.ppid:
            process.ppid = stats.ppid
            self._world.changes += 1
        if process.parent is None:  # one whose parent has ended keeps the one that it had
            process.parent = stats.ppid
        if stats.cpu is not None:
            process.cpu = stats.cpu
            process.cpu_history = (*process.cpu_history[1 - _HISTORY_LENGTH :], stats.cpu)
        if stats.rss is not None:
            process.rss_history = (*process.rss_history[1 - _HISTORY_LENGTH :], stats.rss)
        if shown != (process.rss, process.threads, round(process.cpu or 0)):
            self._world.changes += 1
        if stats.status == process_status.STOPPED:
            self._intervals.become(process, at, State.STOPPED)
        elif process.state is State.STOPPED and stats.status != process_status.ZOMBIE:
            self._intervals.become(process, at, State.RUNNING)
            self._resumed[process.key] = at

    def _update_threads(self, process: Process, stats: ProcessStats, at: float) -> None:
        """Samples the threads of a process that computes, if there are several."""
        several, busy = (stats.threads or 0) > 1, (stats.cpu or 0.0) >= _BUSY_CPU_PERCENT
        if several and busy:
            process.thread_cpu = self._thread_times.sample(stats.pid, at)
            self._world.changes += 1
        elif process.thread_cpu and not several:
            process.thread_cpu = ()
            self._world.changes += 1

    def look(self, at: float) -> None:
        """Ask the system about processes that are in no tapped operation, some at each call: most sleep briefly."""
        processes = self._world.processes.values()
        free = [process for process in processes if process.probed and _free(process) and process.pid]
        for process in self._some(free):
            self._idles(process, at, still=False)

    def _idles(self, process: Process, at: float, *, still: bool, sleeps: bool = True) -> None:
        """still: it has not computed for a while, and so does not wait for other threads to let it run."""
        if not _free(process) or process.pid is None:
            process.idle = ""
            return
        known = idle(process.pid, still=still or process.idle == FOR_A_THREAD) if sleeps else ""
        if known == FOR_A_THREAD and (process.cpu or 0.0) >= _SLEEPING_CPU_PERCENT:
            known = ""  # that thread computes
        process.idle = known
        self._operations[process.key] = process.operations
        self._intervals.become(process, at, State.WAITING if known else State.RUNNING, known)

    def _vanished(self, process: Process, at: float) -> None:
        """End a process that is no longer in the process table: no probe has reported that it was reaped."""
        if process.started is not None and at - process.started < 0.5:
            return  # younger than the sample, perhaps
        if process.role == "main":
            return  # The keeper will report it.
        if process.key in self._missing:
            self._ended(process, at, process.exitcode)
            self._leave(process, at, State.GONE)
        self._missing.add(process.key)

    def died(self, pid: int, status: int | None, at: float, *, collected: bool = False) -> None:
        """Note the exact moment of an exit, if the kernel reports it.

        Args:
            pid: the process.
            status: its raw wait status, where that is known.
            at: when it ended.
            collected: its parent has collected the exit status already.
        """
        process = self._by_pid.get(pid)
        code = None if status is None else os.waitstatus_to_exitcode(status)
        if process is not None and process.ended is not None and process.exitcode is None and code is not None:
            self._ended(process, at, code)
        elif process is not None and process.ended is None:
            self._ended(process, at, code)
            if status is not None and not collected:
                self._intervals.become(process, at, State.ZOMBIE)
            elif process.role != "main":
                # Its exit status was collected at once. If its parent did that, a record will follow.
                self._leave(process, at, State.GONE)

    def _ended(self, process: Process, at: float, code: int | None) -> None:
        """Note the end of a process. code: the exit code; None if it is not reported."""
        if code is None and process.exitcode is None:
            code = self._codes.get(process.key)
        if code is not None:
            process.exitcode = code
            process.signal = signal_name(-code) if code < 0 else None
            if process.signal == "SIGKILL" and process.ended is None and process.key not in self._killed:
                process.out_of_memory = self._out_of_memory.has_killed_one()
        if process.ended is None:
            process.ended = at
            if self._was_killed_at_start(process):
                process.unobserved = UnobservedReason.KILLED_AT_START
            self._presume(process)
            self._mark(at, "ended", process, process.signal or ("" if code is None else f"exit {code}"))
        process.waits, process.idle, process.timed = (), "", None
        process.cpu = process.rss = process.threads = None
        process.thread_cpu = ()

    def _was_killed_at_start(self, process: Process) -> bool:
        """Return whether a child of multiprocessing was killed sooner than the probe can begin in it."""
        if process.probed or process.unobserved is not None or process.known_only_by_pid or process.signal is None:
            return False
        return process.started is not None and (process.ended or 0.0) - process.started < _START_SECONDS

    def _leave(self, process: Process, at: float, state: State) -> None:
        if process.state is not State.JOINED and process.state is not state:
            by_parent = state is State.JOINED and process.role != "main"
            process.joined = at if by_parent else None
            process.ended = min(process.ended or at, at)
            if process.state is not State.GONE and process.role != "main":
                self._mark(at, "joined", process)
            self._intervals.become(process, at, state)
            if process.pid is not None:
                self.create_times.pop(process.pid, None)

    def all_ended(self, at: float) -> None:
        """Note that the run has ended and none of its processes is left."""
        self._mark_births(at)
        for process in self._world.processes.values():
            if process.state is State.ZOMBIE or process.state.alive:
                self._ended(process, at, None)
                self._leave(process, at, State.GONE)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        known = self._world.processes
        self._by_pid = {pid: process for pid, process in self._by_pid.items() if process.key in known}
        self._intervals.forget()
        self._names.keep(known)
        self._codes = {key: code for key, code in self._codes.items() if key in known}
        self._presumed = {key: reason for key, reason in self._presumed.items() if key in known}
        self._operations = {key: count for key, count in self._operations.items() if key in known}
        self._resumed = {key: at for key, at in self._resumed.items() if key in known}
        self._missing &= known.keys()
        self._unmarked = [(born, process) for born, process in self._unmarked if process.key in known]

    # what its threads are inside of

    def set_waits(self, process: Process, waits: Iterable[Wait], at: float) -> None:
        """Set the waits of a living process. waits: those of all its threads, the outermost of a thread first."""
        before = process.main_wait
        left = {wait.thread for wait in process.waits}
        process.waits = tuple(sorted(waits, key=lambda wait: wait.thread != process.main_thread))
        if left - {wait.thread for wait in process.waits}:
            # When the kernel was asked for the other threads, this one was not among them.
            process.other_threads = None
        if process.timed is not None and _another(before, process.main_wait):
            process.timed = None
        if process.state in (State.RUNNING, State.WAITING):
            waiting = process.main_wait
            if waiting is not None:
                process.line = waiting.site or process.line
                text = f"{waiting.op} {waiting.object}".rstrip()
                # One that was stopped in the middle of a wait goes on with it.
                since = max(waiting.since, self._resumed.get(process.key, 0.0))
                self._intervals.become(process, since, State.WAITING, text, begins=True)
            elif not process.idle or process.operations != self._operations.get(process.key):
                process.idle = ""
                self._intervals.become(process, at, State.RUNNING)

    def inspected(self, process: Process, found: Process, waits: Iterable[Wait], at: float) -> None:
        """Take over what was read from outside of a living process without a probe.

        Args:
            process: the process.
            found: the same one, as it was read.
            waits: those of all its threads.
            at: the moment at which it was read.
        """
        process.inspected, process.inspection = found.inspected, found.inspection
        if not found.inspected:
            process.waits, process.other_threads, process.handlers = (), None, ()
            return
        if process.known_only_by_pid and found.cls not in (None, _MAIN_PROCESS):
            process.name = self._name_of_inspected(process, found.name)
        process.target = process.target or found.target
        process.main_thread, process.other_threads = found.main_thread, found.other_threads
        process.handlers, process.phase = found.handlers, found.phase
        process.waits = tuple(sorted(waits, key=lambda wait: wait.thread != process.main_thread))
        process.timed, process.line, process.idle = found.timed, found.line, found.idle
        wait = process.main_wait
        if process.state not in (State.RUNNING, State.WAITING):
            return
        if wait is not None:
            process.idle = ""
            since = max(wait.since, self._resumed.get(process.key, 0.0))
            self._intervals.become(process, since, State.WAITING, f"{wait.op} {wait.object}".rstrip(), begins=True)
        else:
            self._intervals.become(process, at, State.WAITING if process.idle else State.RUNNING, process.idle)

    def _name_of_inspected(self, process: Process, name: str) -> str:
        """Return the name that a process has in its program, with its pid where another one has the same name."""
        others = (other.name for other in self._world.living_processes if other is not process)
        return f"{name} ({process.pid})" if name in others else name

    def _mark(self, at: float, kind: str, process: Process, text: str = "") -> None:
        self._world.marks.append(TimelineMark(at, kind, process.key, text))


def _another(before: Wait | None, wait: Wait | None) -> bool:
    return before is None or wait is None or (before.key, before.op, before.since) != (wait.key, wait.op, wait.since)


def _free(process: Process) -> bool:
    """Return whether the main thread of a process is in no wait that a tap knows."""
    return process.state in (State.RUNNING, State.WAITING) and process.main_wait is None
