"""Lists all descendants of a process through psutil, on systems without /proc."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

from .process_table import Entry


class PsutilTable:
    """The process table as psutil reads it."""

    def descendants(self, root: int) -> Iterator[Entry]:
        """Yield every process below `root` that can be read."""
        try:
            processes = psutil.Process(root).children(recursive=True)
        except psutil.Error:
            return
        for process in processes:
            try:
                with process.oneshot():
                    ended = process.status() == psutil.STATUS_ZOMBIE
                    times = None if ended else process.cpu_times()
                    yield Entry(
                        pid=process.pid,
                        create_time=process.create_time(),
                        ppid=process.ppid(),
                        status=process.status(),
                        user=0.0 if times is None else times.user,
                        system=0.0 if times is None else times.system,
                        rss=None if ended else process.memory_info().rss,
                        threads=None if ended else process.num_threads(),
                        exit_status=None,
                        image=process.name().encode(),
                    )
            except psutil.Error:
                continue

    def command(self, pid: int) -> list[str]:
        """Return the words with which a process was executed; none if they cannot be read."""
        try:
            return psutil.Process(pid).cmdline()
        except psutil.Error:
            return []
