"""The value of each semaphore of a program, and the processes that hold it, as far as that is certain."""

from __future__ import annotations

import time

from .memory import UnreadableMemory
from .reading import FORBIDDEN, ProcessReading
from .semaphores import read_holder, semaphore_value

ENDED_HOLDER = (0, 0)
"""The pid and thread that stand for a holder that has ended."""
SAMPLES, SAMPLE_PAUSE_SECONDS = 20, 0.002
"""The samples of a lock that is often acquired, which may be held by another process at each single reading."""


class SemaphoreStates:
    """Combines the readings of all processes. One process alone does not show whether another one holds a semaphore."""

    def __init__(self, readings: list[ProcessReading], *, complete: bool) -> None:
        """Take over what was read of all processes.

        Args:
            readings: of all processes of a program.
            complete: no process has begun or ended while they were read.
        """
        self._readings = readings
        self._complete = complete
        self._stays_acquired: dict[int, bool] = {}
        """The results of `_stays_acquired_by_none`, by inode."""

    def value(self, inode: int) -> int | None:
        """Return the counter of a semaphore, if it was the same everywhere and at both readings."""
        values = {reading.values[inode] for reading in self._readings if inode in reading.values}
        unsteady = any(inode in reading.unsteady for reading in self._readings)
        return values.pop() if len(values) == 1 and not unsteady else None

    def holders(self, inode: int, *, counting: bool) -> list[tuple[int, int]]:
        """Return the holders of a semaphore, each as pid and thread; none where that is not certain.

        Args:
            inode: of the semaphore.
            counting: it is a Semaphore, so that several may hold it.
        """
        if self.value(inode) != 0:
            return []
        counts = {reading.pid: reading.counts()[inode] for reading in self._readings}
        if any(count < 0 for count in counts.values()):
            return []  # somebody has released what another one acquired: a lock that is used as a signal
        claims = {pid: count for pid, count in counts.items() if count > 0}
        recursive = any(
            semlock.recursive for reading in self._readings for semlock in reading.semlocks if semlock.inode == inode
        )
        if not claims and not counting and self.holder_has_ended(inode):
            return [ENDED_HOLDER]
        if not counting and (len(claims) != 1 or (not recursive and set(claims.values()) != {1})):
            return []
        return [
            (reading.pid, semlock.thread)
            for reading in self._readings
            if reading.pid in claims
            for semlock in reading.semlocks
            if semlock.inode == inode and semlock.count > 0
        ]

    def holder_has_ended(self, inode: int) -> bool:
        """Return whether a Lock is acquired, but by none of the living processes that have it open."""
        if self.value(inode) != 0 or not self._complete:
            return False
        for reading in self._readings:
            if reading.problem == FORBIDDEN:
                return False  # it may be the holder
            if inode in reading.semaphores.values() and not (reading.python and reading.search_complete):
                return False
        shapes = {
            (semlock.maximum, semlock.count)
            for reading in self._readings
            for semlock in reading.semlocks
            if semlock.inode == inode
        }
        if not shapes or not shapes <= {(1, 0)}:
            return False
        if inode not in self._stays_acquired:
            self._stays_acquired[inode] = self._stays_acquired_by_none(inode)
        return self._stays_acquired[inode]

    def _stays_acquired_by_none(self, inode: int) -> bool:
        """Return whether a lock remains acquired without a holder while all processes are read again and again."""
        having = [reading for reading in self._readings if inode in reading.semaphores.values()]
        if any(thread.unread for reading in having for thread in reading.threads.values()):
            return False  # it has run since, and may have got another object for the lock
        for _ in range(SAMPLES):
            if not all(_is_acquired_elsewhere(reading, inode) for reading in having):
                return False
            time.sleep(SAMPLE_PAUSE_SECONDS)
        return True


def _is_acquired_elsewhere(reading: ProcessReading, inode: int) -> bool:
    """Return whether a lock is acquired, but not by this process."""
    memory = reading.memory
    if memory is None:
        return False
    try:
        values = [semaphore_value(memory, address) for address, number in reading.semaphores.items() if number == inode]
        counts = [read_holder(memory, semlock)[1] for semlock in reading.semlocks if semlock.inode == inode]
    except UnreadableMemory:
        return False
    return not any(values) and not any(counts)
