"""The processes of a run, by handle and by pid, from the birth to the end of each."""

from __future__ import annotations

from ..kernel.out_of_memory import OutOfMemory
from ..kernel.signals import signal_name
from ..model import Process, State, TimelineMark, UnobservedReason, World
from ..model.keys import ProcessKey
from .intervals import StateIntervals
from .process_names import ProcessNames
from .source import Source

_UNNAMED = ("fork", "program", "forkserver")
"""Roles of a process whose handle may still become known. A child of the forkserver has the command of its parent."""
_START_SECONDS = 1.0
"""The probe begins in a child within this time, unless the machine is very busy, and before any code of the program."""
_SLOW_START_SECONDS = 5.0
"""The same on a very busy machine, where other children that were started in the same way carry the probe."""
_FIRST_ASSIGNED_KEY = 1 << 60
"""Keys of processes without a handle begin here. The key of a handle has its maker's pid in the upper half, which is
never so large."""


class ProcessTable:
    """Adds processes to a world, connects handles with pids, and notes how processes end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.intervals = StateIntervals(world)
        self.names = ProcessNames()
        self.out_of_memory = OutOfMemory()
        self.killed: set[ProcessKey] = set()
        """Processes on which the program called `kill()`."""
        self.by_pid: dict[int, Process] = {}
        self.create_times: dict[int, float] = {}
        """The start of every living process by pid; see `identity.start_time`."""
        self.announced_codes: dict[ProcessKey, int] = {}
        """The exit codes that processes have announced. A signal may still end such a process first."""
        self.presumed: dict[ProcessKey, UnobservedReason | None] = {}
        """The reasons, from command lines, why programs of `subprocess` carry no probe."""
        self.unmarked: list[tuple[float, Process]] = []
        """Births that a handle may still turn out to be the cause of, and then marks itself."""
        self._next_key = ProcessKey(_FIRST_ASSIGNED_KEY)

    def known(self, key: ProcessKey, source: Source, at: float) -> Process:
        """Return the process of a handle, which may be new."""
        process = self._world.processes.get(key)
        if process is None:
            process = Process(key, f"process {key & 0xFFFFFFFF}", parent=key >> 32 or source.journal.pid, created=at)
            self._world.processes[key] = process
            self.intervals.begin(process, at)
        return process

    def provisional(self, pid: int, at: float, role: str) -> Process:
        """Add a process that is known by its pid alone, until a handle turns out to be its own."""
        process = Process(self._next_key, str(pid), pid=pid, role=role, state=State.RUNNING, created=at, started=at)
        process.known_only_by_pid = True
        self._next_key = ProcessKey(self._next_key + 1)
        self._world.processes[process.key] = process
        self.by_pid[pid] = process
        self.intervals.begin(process, at)
        return process

    def bind(self, handle: Process, pid: int, at: float) -> None:
        """Give the child of a handle its pid; a process that was known by its pid alone is that child."""
        if handle.pid == pid:
            return
        other = self.by_pid.get(pid)
        handle.pid = pid
        self.by_pid[pid] = handle
        if handle.started is None:
            handle.started = at
        if other is not None and other.known_only_by_pid and other.role in _UNNAMED and handle.state is State.CREATED:
            self._inherit(handle, other, at)
        if handle.state is State.CREATED:
            self.intervals.become(handle, at, State.RUNNING)
            self.mark(at, "started", handle)

    def _inherit(self, handle: Process, other: Process, at: float) -> None:
        """Give a handle what is known of the process with its pid."""
        handle.probed, handle.main_thread = other.probed, other.main_thread
        handle.unobserved = other.unobserved
        handle.python, handle.failed_taps = other.python, other.failed_taps
        handle.subinterpreters = other.subinterpreters
        handle.exitcode, handle.signal, handle.ended = other.exitcode, other.signal, other.ended
        self.names.release(other.key)
        self._world.processes.pop(other.key, None)
        self._world.spans.pop(other.key, None)
        if not other.state.alive:
            self.intervals.become(handle, at, State.RUNNING)
            self.mark(at, "started", handle)
            self.intervals.become(handle, max(at, other.ended or at), other.state)
            handle.joined = other.joined

    def mark_births(self, until: float) -> None:
        """Add timeline marks for the starts of processes that have no handle."""
        for born, process in self.unmarked:
            if born <= until and process.key in self._world.processes:
                if process.role == "fork":  # so far it seems to be a bare `os.fork`
                    process.name = self.names.name(process.key, process.name)
                self.mark(born, "started", process)
        self.unmarked = [(born, process) for born, process in self.unmarked if born > until]

    def mark(self, at: float, kind: str, process: Process, text: str = "") -> None:
        """Add a mark to the timeline."""
        self._world.marks.append(TimelineMark(at, kind, process.key, text))

    def presume(self, process: Process) -> None:
        """Take the reason why an ended process was not observed from its command line: it has gone."""
        if not process.probed and process.unobserved is None:
            process.unobserved = self.presumed.get(process.key)

    def ended(self, process: Process, at: float, code: int | None) -> None:
        """Record the end of a process.

        Args:
            process: the process.
            at: seconds since launch.
            code: the exit code; None if it is not reported.
        """
        if code is None and process.exitcode is None:
            code = self.announced_codes.get(process.key)
        if code is not None:
            process.exitcode = code
            process.signal = signal_name(-code) if code < 0 else None
            if process.signal == "SIGKILL" and process.ended is None and process.key not in self.killed:
                process.out_of_memory = self.out_of_memory.has_killed_one()
        if process.ended is None:
            process.ended = at
            if self._was_killed_at_start(process):
                process.unobserved = UnobservedReason.KILLED_AT_START
            self.presume(process)
            self.mark(at, "ended", process, process.signal or ("" if code is None else f"exit {code}"))
        process.waits, process.idle, process.timed = (), "", None
        process.cpu = process.rss = process.threads = None
        process.thread_cpu = ()

    def _was_killed_at_start(self, process: Process) -> bool:
        """Return whether a child of multiprocessing was killed sooner than the probe can begin in it."""
        if process.probed or process.unobserved is not None or process.known_only_by_pid or process.signal is None:
            return False
        lasted = (process.ended or 0.0) - (process.started or 0.0)
        limit = _SLOW_START_SECONDS if self._carries_probe(process.start_method) else _START_SECONDS
        return process.started is not None and lasted < limit

    def _carries_probe(self, start_method: str | None) -> bool:
        """Return whether a child that was started in this way carries the probe."""
        return any(
            process.probed and process.start_method == start_method and not process.known_only_by_pid
            for process in self._world.processes.values()
            if process.role == "process"
        )

    def leave(self, process: Process, at: float, state: State) -> None:
        """Note that an ended process has left the process table of the system."""
        if process.state is not State.JOINED and process.state is not state:
            by_parent = state is State.JOINED and process.role != "main"
            process.joined = at if by_parent else None
            process.ended = min(process.ended or at, at)
            if process.state is not State.GONE and process.role != "main":
                self.mark(at, "joined", process)
            self.intervals.become(process, at, state)
            if process.pid is not None:
                self.create_times.pop(process.pid, None)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        known = self._world.processes
        self.by_pid = {pid: process for pid, process in self.by_pid.items() if process.key in known}
        self.intervals.forget()
        self.names.keep(known)
        self.killed &= known.keys()
        self.announced_codes = {key: code for key, code in self.announced_codes.items() if key in known}
        self.presumed = {key: reason for key, reason in self.presumed.items() if key in known}
        self.unmarked = [(born, process) for born, process in self.unmarked if process.key in known]
