"""Converts what the kernel says about time to seconds since the start of a program."""

from __future__ import annotations

import time

from .process_tree import ProcessEntry
from .reading import ProcessReading, ThreadReading

Seen = dict[tuple[int, int], tuple[int, float]]
"""The number of times a thread has run, and the time when it was first seen with that count, by pid and tid."""


class ProgramClock:
    """The time of one look at a program, and since when each of its threads waits."""

    def __init__(self, root: ProcessEntry, readings: list[ProcessReading], seen: Seen) -> None:
        """Take the time.

        Args:
            root: the main process.
            readings: of all processes.
            seen: the result of the previous reading; it is updated.
        """
        self._root_started = root.started
        self._seen = seen
        self.now = program_age(root)
        self._since_by_thread = {
            id(thread): self._began(reading.pid, tid, thread)
            for reading in readings
            for tid, thread in reading.threads.items()
        }

    def since(self, thread: ThreadReading) -> float:
        """Return since when a waiting thread has not run."""
        return self._since_by_thread[id(thread)]

    def moment(self, since_boot: float | None) -> float:
        """Convert seconds since the machine's start to seconds since the program's; now where they are not known."""
        return self.now if since_boot is None else max(since_boot - self._root_started, 0.0)

    def _began(self, pid: int, tid: int, thread: ThreadReading) -> float:
        """Return since when a waiting thread has not run; if that is unknown, when it was first seen waiting."""
        switches, first = self._seen.get((pid, tid), (-1, 0.0))
        if switches != thread.state.switches:
            first = self.now
        if thread.state.last_ran is not None:
            first = min(first, self.moment(thread.state.last_ran))
        self._seen[pid, tid] = thread.state.switches, first
        return first


def program_age(root: ProcessEntry) -> float:
    """Return the seconds since a process began."""
    return max(time.clock_gettime(time.CLOCK_BOOTTIME) - root.started, 0.0)
