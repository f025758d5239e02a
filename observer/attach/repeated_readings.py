"""Reads processes again and again, at a fraction of the cost where they have not run since."""

from __future__ import annotations

import time
from collections.abc import Iterable

from .process_tree import ProcessEntry
from .reading import ProcessReading, read_processes, refresh
from .scheduler_clock import SchedulerClock


class RepeatedReadings:
    """The last reading of each process. Close it after use."""

    def __init__(self, cpu_share: float) -> None:
        """Begin without any reading.

        Args:
            cpu_share: the share of one core that repeated readings may use; see `update`.
        """
        self.clock = SchedulerClock()
        self._cpu_share = cpu_share
        self._by_pid: dict[int, ProcessReading] = {}
        self._read_again_at = 0.0
        """The `time.monotonic()` before which a process that has run since its last reading is not read again."""

    def update(
        self, entries: list[ProcessEntry], *, sparing: bool, keep_unreadable: bool = False
    ) -> tuple[list[ProcessReading], int]:
        """Return a reading of each process, and the number of processes read again.

        Args:
            entries: the processes. Others that were read before are closed.
            sparing: processes that have run are read again only for as long as that takes no more than the share of
                a core; in between, they count as running.
            keep_unreadable: this also applies to processes whose Python could not be read.
        """
        may_read = not sparing or time.monotonic() >= self._read_again_at
        kept: dict[int, ProcessReading] = {}
        for entry in entries:
            known = self._by_pid.get(entry.pid)
            if known is not None and known.entry.started == entry.started and entry.state not in "ZX":
                same = refresh(known, entry, self.clock)
                if same or (not may_read and (known.python or keep_unreadable)):
                    kept[entry.pid] = known
        anew = [entry for entry in entries if entry.pid not in kept]
        found = {reading.pid: reading for reading in read_processes(anew, self.clock)} | kept
        for pid, reading in self._by_pid.items():
            if found.get(pid) is not reading:
                reading.close()
        self._by_pid = found
        return [found[entry.pid] for entry in entries if entry.pid in found], len(anew)

    def add(self, entries: Iterable[ProcessEntry]) -> list[ProcessReading]:
        """Read further processes for the first time."""
        added = read_processes(entries, self.clock)
        self._by_pid |= {reading.pid: reading for reading in added}
        return added

    def rest(self, cpu_seconds: float) -> None:
        """Delay the next repeated reading, so that reading takes no more than its share of a core."""
        self._read_again_at = time.monotonic() + cpu_seconds / self._cpu_share

    def all(self) -> list[ProcessReading]:
        """Return the last reading of each process."""
        return list(self._by_pid.values())

    def close(self) -> None:
        """Close the memory files of the processes."""
        for reading in self._by_pid.values():
            reading.close()
        self._by_pid = {}
