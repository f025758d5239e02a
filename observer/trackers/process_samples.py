"""Applies the samples of the process table that the operating system has."""

from __future__ import annotations

import os

from ..decoding.shortening import shorten
from ..kernel import process_status
from ..kernel.idle import ASLEEP, ends_by_itself
from ..kernel.process_stats import ProcessStats
from ..kernel.thread_times import ThreadTimes
from ..model import Process, State, World
from ..model.keys import ProcessKey
from .process_activity import SLEEPING_CPU_PERCENT, ProcessActivity
from .process_records import MAX_COMMAND_CHARACTERS
from .process_table import ProcessTable
from .service_roles import role_by_command

_HISTORY_LENGTH = 60
_BUSY_CPU_PERCENT = 10.0
"""The share of one core above which a process computes."""
_EXEC_SECONDS = 1.0
"""A process that is to execute another program has done so within this time after its fork."""
_HANDLE_SECONDS = 0.3
"""Seconds within which a handle must claim a birth for the birth to belong to the handle."""


class ProcessSamples:
    """Applies samples of the process table to a world."""

    def __init__(self, world: World, table: ProcessTable, activity: ProcessActivity) -> None:
        self._world = world
        self._table = table
        self._activity = activity
        self._thread_times = ThreadTimes()
        self._missing: set[ProcessKey] = set()
        """Processes that the last sample did not find. They are gone if the next one does not find them either."""
        self.awaits_exec = False
        """True if the last sample had a process that may have been seen between its fork and its exec."""

    def apply(self, samples: dict[int, ProcessStats], at: float, seen: float) -> None:
        """Apply a sample of the process table.

        Args:
            samples: all processes of the run by pid.
            at: the moment up to which the journals were read.
            seen: the moment at which the last of the processes had been sampled.
        """
        self._table.mark_births(at - _HANDLE_SECONDS)
        self._table.out_of_memory.settle()
        by_pid = self._table.by_pid
        self._missing -= {process.key for pid in samples if (process := by_pid.get(pid)) is not None}
        settled = [pid for pid, stats in samples.items() if self._activity.is_settled(by_pid.get(pid), stats)]
        left = {*settled} - {*self._activity.next_asked(settled)}
        for pid, stats in samples.items():
            self._table.create_times[pid] = stats.create_time
            process = by_pid.get(pid)
            if process is None or process.state in (State.JOINED, State.GONE):
                if stats.status == process_status.ZOMBIE and process is not None:
                    continue
                process = self._unknown(stats, at)
            self._update(process, stats, at, ask=pid not in left)
            if stats.status == process_status.ZOMBIE:
                self._uncollected(process, stats, seen)
        for pid, process in list(by_pid.items()):
            if pid not in samples and process.state not in (State.JOINED, State.GONE):
                self._vanished(process, at)
        self._thread_times.keep(samples.keys())
        self.awaits_exec = any(self._may_execute(pid, stats, samples, at) for pid, stats in samples.items())

    def _may_execute(self, pid: int, stats: ProcessStats, samples: dict[int, ProcessStats], at: float) -> bool:
        """Return whether a process without a probe still has the command line of its parent, shortly after its start.

        The helpers of multiprocessing are known by their command lines only.
        """
        process, parent = self._table.by_pid[pid], samples.get(stats.ppid)
        young = process.started is not None and at - process.started < _EXEC_SECONDS
        return young and not process.probed and parent is not None and parent.command == stats.command

    def _uncollected(self, process: Process, stats: ProcessStats, seen: float) -> None:
        """End a process at `seen` and not before: it may have begun after the journals were read."""
        if process.state is not State.ZOMBIE or process.exitcode is None:
            code = None if stats.exit_status is None else os.waitstatus_to_exitcode(stats.exit_status)
            self._table.ended(process, seen, code)
            self._table.intervals.become(process, seen, State.ZOMBIE)

    def _unknown(self, stats: ProcessStats, at: float) -> Process:
        process = self._table.provisional(stats.pid, at, "program")
        process.parent = stats.ppid
        self._table.unmarked.append((at, process))
        return process

    def _executes(self, process: Process, stats: ProcessStats) -> None:
        """Note a new command line: between its fork and its exec a process has the one of its parent."""
        parent = self._table.by_pid.get(stats.ppid)
        before = process.command or (parent.command if parent is not None else None)
        process.command = stats.command
        service = role_by_command(stats.command)
        if process.role == "program" or (process.role == "fork" and before not in (None, stats.command)):
            self._table.names.release(process.key)
            process.role, process.name = (
                service or process.role,
                service or shorten(stats.command, MAX_COMMAND_CHARACTERS),
            )

    def _update(self, process: Process, stats: ProcessStats, at: float, *, ask: bool) -> None:
        """Update a process from a sample.

        Args:
            process: the process.
            stats: the sample.
            at: seconds since launch.
            ask: True to also ask the kernel what the process waits for.
        """
        if stats.command and stats.command != process.command:
            self._executes(process, stats)
        shown = process.rss, process.threads, round(process.cpu or 0)
        process.rss, process.threads = stats.rss, stats.threads
        if (stats.threads or 1) > 1:
            process.several_threads = at
        process.cpu_user, process.cpu_system = stats.user, stats.system
        self._update_threads(process, stats, at)
        computes = stats.status == process_status.RUNNING
        process.computes_since = (process.computes_since or at) if computes else None
        sleeps = stats.status == process_status.SLEEPING
        if process.main_wait is not None and sleeps and ask:
            process.timed = ends_by_itself(stats.pid)
        still = sleeps and stats.cpu is not None and stats.cpu < SLEEPING_CPU_PERCENT
        if process.probed:
            if ask:
                self._activity.idles(process, at, still=still, sleeps=sleeps)
        elif not process.inspected and process.state in (
            State.RUNNING,
            State.WAITING,
        ):  # a helper, or a program of another kind
            process.idle = ASLEEP if still else ""
            self._table.intervals.become(process, at, State.WAITING if still else State.RUNNING, process.idle)
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
            self._table.intervals.become(process, at, State.STOPPED)
        elif process.state is State.STOPPED and stats.status != process_status.ZOMBIE:
            self._table.intervals.become(process, at, State.RUNNING)
            self._activity.resumed[process.key] = at

    def _update_threads(self, process: Process, stats: ProcessStats, at: float) -> None:
        """Sample the threads of a process that computes, if there are several."""
        several, busy = (stats.threads or 0) > 1, (stats.cpu or 0.0) >= _BUSY_CPU_PERCENT
        if several and busy:
            process.thread_cpu = self._thread_times.sample(stats.pid, at)
            self._world.changes += 1
        elif process.thread_cpu and not several:
            process.thread_cpu = ()
            self._world.changes += 1

    def _vanished(self, process: Process, at: float) -> None:
        """End a process that is no longer in the process table: no probe has reported that it was reaped."""
        if process.started is not None and at - process.started < 0.5:
            return  # younger than the sample, perhaps
        if process.role == "main":
            return  # The keeper will report it.
        if process.key in self._missing:
            self._table.ended(process, at, process.exitcode)
            self._table.leave(process, at, State.GONE)
        self._missing.add(process.key)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        self._missing &= self._world.processes.keys()
