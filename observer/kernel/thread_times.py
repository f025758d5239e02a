"""The CPU times of the threads of a process, from /proc/PID/task."""

from __future__ import annotations

import os
import time
from collections.abc import Set

from ..model import ThreadCpu
from .procfs import fields_of, read_proc

_TICKS = os.sysconf("SC_CLK_TCK")
MAX_THREADS = 16
"""The number of threads of a process up to which they are read one by one."""


class ThreadTimes:
    """Remembers the last sample of each process, so that the next one has percentages."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[float, dict[int, float]]] = {}
        """The moment of the last sample, and the seconds of each thread then, by pid."""

    def sample(self, pid: int, now: float) -> tuple[ThreadCpu, ...]:
        """Return the threads of a process; nothing if it has ended, has too many threads, or there is no /proc."""
        before, used = self._before.get(pid, (now, dict[int, float]()))
        found: list[ThreadCpu] = []
        since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
        try:
            numbers = sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208 (no Path for each)
            if len(numbers) > MAX_THREADS:
                return ()
            for number in numbers:
                line = read_proc(f"{pid}/task/{number}/stat")
                fields = fields_of(line)
                seconds = (int(fields[11]) + int(fields[12])) / _TICKS
                known = number in used and now > before
                percent = max(seconds - used[number], 0.0) / (now - before) * 100 if known else None
                name = line[line.index(b"(") + 1 : line.rindex(b")")].decode("utf-8", "backslashreplace")
                age = since_boot - int(fields[19]) / _TICKS
                found.append(ThreadCpu(number, name, seconds, percent, round(max(now - age, 0.0), 2)))
        except (OSError, ValueError, IndexError):
            return ()
        self._before[pid] = now, {thread.number: thread.seconds for thread in found}
        return tuple(found)

    def keep(self, pids: Set[int]) -> None:
        """Forget all processes but these."""
        self._before = {pid: sample for pid, sample in self._before.items() if pid in pids}
