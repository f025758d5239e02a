"""The waits and the idleness of processes: from the probe, from the kernel, and as read from outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ..kernel.idle import FOR_A_THREAD, idle
from ..kernel.process_stats import ProcessStats
from ..model import Process, State, Wait, World
from ..model.keys import ProcessKey
from .intervals import StateIntervals

SLEEPING_CPU_PERCENT = 2.0
"""The share of one core below which a process is sleeping."""
_MAX_ASKED = 16
"""The largest number of processes that are inspected again in one sample."""
_MAIN_PROCESS = "_MainProcess"
"""The class of the object that stands for the main process in `multiprocessing.process`."""
_T = TypeVar("_T")


class ProcessActivity:
    """Keeps the waits of living processes up to date, and the state that follows from them."""

    def __init__(self, world: World, intervals: StateIntervals) -> None:
        self._world = world
        self._intervals = intervals
        self._operations: dict[ProcessKey, int] = {}
        """The operations of a process when the system was last asked: after one more it is no longer idle."""
        self._turn = 0
        """The index of the process to ask next."""
        self.resumed: dict[ProcessKey, float] = {}
        """The time at which a stopped process was last continued."""

    def is_settled(self, process: Process | None, stats: ProcessStats) -> bool:
        """Return whether it is known what a process waits for, and it has not computed since."""
        if process is None or stats.cpu != 0:
            return False
        return bool(process.idle) if process.main_wait is None else process.timed is not None

    def next_asked(self, among: list[_T]) -> list[_T]:
        """Return as many of them as may be asked at once, in turn if there are more."""
        if len(among) <= _MAX_ASKED:
            return among
        begin = self._turn % len(among)
        self._turn += _MAX_ASKED
        return [*among, *among][begin : begin + _MAX_ASKED]

    def look(self, at: float) -> None:
        """Ask the system about processes that are in no tapped operation, some at each call: most sleep briefly."""
        processes = self._world.processes.values()
        free = [process for process in processes if process.probed and _free(process) and process.pid]
        for process in self.next_asked(free):
            self.idles(process, at, still=False)

    def idles(self, process: Process, at: float, *, still: bool, sleeps: bool = True) -> None:
        """Set whether a process is idle, and why.

        Args:
            process: the process.
            at: seconds since launch.
            still: True if it has not computed for a while, and so does not wait for other threads to let it run.
            sleeps: True if it may sleep; otherwise the kernel is not asked.
        """
        if not _free(process) or process.pid is None:
            process.idle = ""
            return
        known = idle(process.pid, still=still or process.idle == FOR_A_THREAD) if sleeps else ""
        if known == FOR_A_THREAD and (process.cpu or 0.0) >= SLEEPING_CPU_PERCENT:
            known = ""  # that thread computes
        process.idle = known
        self._operations[process.key] = process.operations
        self._intervals.become(process, at, State.WAITING if known else State.RUNNING, known)

    def set_waits(self, process: Process, waits: Iterable[Wait], at: float) -> None:
        """Set the waits of a living process.

        Args:
            process: the process.
            waits: the waits of all its threads, the outermost of a thread first.
            at: seconds since launch.
        """
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
                since = max(waiting.since, self.resumed.get(process.key, 0.0))
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
            since = max(wait.since, self.resumed.get(process.key, 0.0))
            self._intervals.become(process, since, State.WAITING, f"{wait.op} {wait.object}".rstrip(), begins=True)
        else:
            self._intervals.become(process, at, State.WAITING if process.idle else State.RUNNING, process.idle)

    def _name_of_inspected(self, process: Process, name: str) -> str:
        """Return the name that a process has in its program, with its pid where another one has the same name."""
        others = (other.name for other in self._world.living_processes if other is not process)
        return f"{name} ({process.pid})" if name in others else name

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        known = self._world.processes
        self._operations = {key: count for key, count in self._operations.items() if key in known}
        self.resumed = {key: at for key, at in self.resumed.items() if key in known}


def _another(before: Wait | None, wait: Wait | None) -> bool:
    return before is None or wait is None or (before.key, before.op, before.since) != (wait.key, wait.op, wait.since)


def _free(process: Process) -> bool:
    """Return whether the main thread of a process is in no wait that a tap knows."""
    return process.state in (State.RUNNING, State.WAITING) and process.main_wait is None
