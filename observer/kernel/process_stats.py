"""Samples what the operating system knows about the processes of a run, with or without a probe in them."""

from __future__ import annotations

import sys
from typing import NamedTuple

import msgspec

from .process_table import Entry, LinuxTable


class ProcessStats(msgspec.Struct, frozen=True):
    """The state of one process at one moment."""

    pid: int
    create_time: float
    """Distinguishes it from later processes with its pid; see `identity.start_time`."""
    ppid: int
    status: str
    """One of psutil's words: running, sleeping, disk-sleep, stopped, tracing-stop, zombie, …"""
    cpu: float | None
    """Per cent of one core since the sample before; None in the first."""
    rss: int | None
    threads: int | None
    command: str
    user: float = 0.0
    """Seconds of CPU in user mode."""
    system: float = 0.0
    """Seconds of CPU in the kernel."""
    exit_status: int | None = None
    """The raw wait status of a zombie, if the platform reports it; see `os.waitstatus_to_exitcode`."""


class _Sample(NamedTuple):
    at: float
    entry: Entry
    stats: ProcessStats


class ProcessSampler:
    """Samples all descendants of a process."""

    def __init__(self) -> None:
        if sys.platform == "linux":
            self._table = LinuxTable()
        else:
            from .psutil_table import PsutilTable

            self._table = PsutilTable()
        self._before: dict[int, _Sample] = {}
        """The last sample of each process, by pid."""

    def sample(self, root: int, now: float) -> dict[int, ProcessStats]:
        """Return the descendants of `root` by pid, without `root`. `now` is in seconds, of any monotonic clock."""
        samples: dict[int, _Sample] = {}
        for entry in self._table.descendants(root):
            before = self._before.get(entry.pid)
            if before is not None and before.entry.create_time != entry.create_time:
                before = None
            if before is not None and before.entry is entry and before.stats.cpu == 0:
                stats = before.stats  # it has not run since, and nothing else has changed
            else:
                stats = self._stats(entry, before, now)
            samples[entry.pid] = _Sample(now, entry, stats)
        self._before = samples
        return {pid: sample.stats for pid, sample in samples.items()}

    def _stats(self, entry: Entry, before: _Sample | None, now: float) -> ProcessStats:
        cpu, command = None, ""
        if before is not None and before.at < now:
            cpu = max(entry.used - before.entry.used, 0.0) / (now - before.at) * 100
        if before is not None and before.entry.image == entry.image:
            command = before.stats.command
        if not command:
            import shlex

            command = shlex.join(self._table.command(entry.pid))
        return ProcessStats(
            pid=entry.pid,
            create_time=entry.create_time,
            ppid=entry.ppid,
            status=entry.status,
            cpu=cpu,
            rss=entry.rss,
            threads=entry.threads,
            command=command,
            user=entry.user,
            system=entry.system,
            exit_status=entry.exit_status,
        )
