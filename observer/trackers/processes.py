"""The processes of a run: from records of the probe, from the operating system, and from the keeper that reaps."""

from __future__ import annotations

import os

from ..model import State, World
from .process_activity import ProcessActivity
from .process_records import ProcessRecords
from .process_samples import ProcessSamples
from .process_table import ProcessTable


class ProcessTracker:
    """Keeps `world.processes` up to date, from the keeper, the probes and the operating system in any order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._table = ProcessTable(world)
        self.records = ProcessRecords(world, self._table)
        self.activity = ProcessActivity(world, self._table.intervals)
        self.samples = ProcessSamples(world, self._table, self.activity)

    def main_started(self, pid: int, at: float, name: str) -> None:
        process = self._table.provisional(pid, at, "main")
        process.name = name
        self._world.main = process.key

    def has_pid(self, pid: int) -> bool:
        """Return whether a process of that pid has been seen."""
        return pid in self._table.by_pid

    def reaped(self, pid: int, status: int, at: float) -> None:
        """Note that the keeper has reaped the main process or an orphan."""
        process = self._table.by_pid.get(pid)
        if process is not None:
            self._table.ended(process, at, os.waitstatus_to_exitcode(status))
            self._table.leave(process, at, State.JOINED if process.role == "main" else State.GONE)

    def died(self, pid: int, status: int | None, at: float, *, collected: bool = False) -> None:
        """Note the exact moment of an exit, if the kernel reports it.

        Args:
            pid: the process.
            status: its raw wait status, where that is known.
            at: when it ended.
            collected: its parent has collected the exit status already.
        """
        process = self._table.by_pid.get(pid)
        code = None if status is None else os.waitstatus_to_exitcode(status)
        if process is not None and process.ended is not None and process.exitcode is None and code is not None:
            self._table.ended(process, at, code)
        elif process is not None and process.ended is None:
            self._table.ended(process, at, code)
            if status is not None and not collected:
                self._table.intervals.become(process, at, State.ZOMBIE)
            elif process.role != "main":
                # Its exit status was collected at once. If its parent did that, a record will follow.
                self._table.leave(process, at, State.GONE)

    def all_ended(self, at: float) -> None:
        """Note that the run has ended and none of its processes is left."""
        self._table.mark_births(at)
        for process in self._world.processes.values():
            if process.state is State.ZOMBIE or process.state.alive:
                self._table.ended(process, at, None)
                self._table.leave(process, at, State.GONE)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        self._table.forget()
        self.activity.forget()
        self.samples.forget()

    @property
    def create_times(self) -> dict[int, float]:
        """The start of every living process by pid; see `identity.start_time`."""
        return self._table.create_times
