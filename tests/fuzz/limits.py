"""Limits for one damaged file: two seconds, or more if it is large, and 300 MB."""

from __future__ import annotations

import contextlib
import gc
import signal
from collections.abc import Generator
from pathlib import Path
from types import FrameType

CPU_SECONDS = 2.0
"""The limit of CPU time, which does not depend on how busy the machine is."""
CPU_SECONDS_PER_MB = 0.5
"""The limit of CPU time for a file with more than 4 MB of unpacked content. A sound one takes 0.3 s a MB to be opened
and exported."""
WALL_SECONDS = 30.0
"""The limit of real time, for cases that wait instead of computing."""
MEMORY_MB = 300
MEMORY_FACTOR = 8
"""The limit of memory for a file with more than 40 MB of unpacked content, in bytes for each byte of that. One block
alone may have 64 MB."""
_PEAK = "VmHWM"


class TooMuch(Exception):
    """A case has taken too long or too much memory."""


@contextlib.contextmanager
def limited(size: int = 0) -> Generator[None]:
    """Raise TooMuch in the block when it goes beyond a limit. Only the main thread may use it.

    Args:
        size: the number of bytes of unpacked content.
    """
    cpu_seconds = max(CPU_SECONDS, CPU_SECONDS_PER_MB * size / 1e6)
    wall_seconds = WALL_SECONDS * cpu_seconds / CPU_SECONDS

    def stop(number: int, _frame: FrameType | None) -> None:
        raise TooMuch(f"{cpu_seconds:g} s of work" if number == signal.SIGPROF else f"{wall_seconds:g} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, cpu_seconds), (signal.SIGALRM, signal.ITIMER_REAL, wall_seconds))
    handlers = {number: signal.signal(number, stop) for number, _, _ in timers}
    before = _forget_peak()
    for _, timer, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for _, timer, _ in timers:
            signal.setitimer(timer, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    grown = (_status(_PEAK) - before) // 1024
    if grown > max(MEMORY_MB, MEMORY_FACTOR * size / 1e6):
        raise TooMuch(f"{grown} MB")


def keep_out_of_collections() -> None:
    """Make later garbage collections (one at the start of each case) skip everything that exists now."""
    gc.collect()
    gc.freeze()


def _forget_peak() -> int:
    """Begin a new measurement of the peak of our memory. Returns what there is now, in kB."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
