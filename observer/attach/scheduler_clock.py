"""The moment at which a thread has run last, from the scheduler's clock.

The kernel reports it in /proc/PID/task/TID/sched (`se.exec_start`), on the clock of a processor. These clocks differ
by more than a second on some virtual machines. They are compared with the clock of the machine by running on each
processor once.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from ..kernel.procfs import fields_of, read_proc

_PROCESSOR = 36
"""Place of the processor in /proc/PID/stat, from the third field on."""
_MAX_PROCESSORS = 256


class SchedulerClock:
    """Translates the clocks of the processors that this process may run on."""

    def __init__(self) -> None:
        self._offsets = _offsets()

    def last_ran(self, folder: str) -> float | None:
        """Return when a thread last began to run, in seconds since the machine's start (CLOCK_BOOTTIME).

        The result is None if the kernel does not report it, or has moved the thread to another processor since. Raises
        OSError if the thread has ended.

        Args:
            folder: the folder of the thread below /proc.
        """
        processor = int(fields_of(read_proc(f"{folder}/stat"))[_PROCESSOR])
        offset, moment = self._offsets.get(processor), _exec_start(folder)
        if offset is None or moment is None:
            return None
        return min(moment + offset, time.clock_gettime(time.CLOCK_BOOTTIME))


def _exec_start(folder: str) -> float | None:
    """Return the time in seconds on the clock of a processor; 0 for a thread that was moved to another processor."""
    with suppress(OSError, ValueError):
        for line in read_proc(f"{folder}/sched").splitlines():
            if line.startswith(b"se.exec_start"):
                return float(line.rpartition(b":")[2]) / 1000 or None
    return None


def _offsets() -> dict[int, float]:
    """Return what must be added to the clock of each processor. Only the calling thread is moved, and then released."""
    found: dict[int, float] = {}
    allowed = os.sched_getaffinity(0)
    try:
        for processor in sorted(allowed)[:_MAX_PROCESSORS]:
            os.sched_setaffinity(0, {processor})
            moment = _exec_start("thread-self")
            if moment is None:
                break
            found[processor] = time.clock_gettime(time.CLOCK_BOOTTIME) - moment
    except OSError:
        pass
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed)
    return found
