"""Limits for one damaged file: two seconds and 300 MB."""

from __future__ import annotations

import contextlib
import gc
import signal
from collections.abc import Generator
from pathlib import Path
from types import FrameType

CPU_SECONDS = 2.0
"""The limit of CPU time, which does not depend on how busy the machine is."""
WALL_SECONDS = 30.0
"""The limit of real time, for cases that wait instead of computing."""
MEMORY_MB = 300
_PEAK = "VmHWM"


class TooMuch(Exception):
    """A case has taken too long or too much memory."""


@contextlib.contextmanager
def limited() -> Generator[None]:
    """Raise TooMuch in the block when it goes beyond a limit. To be used in the main thread."""

    def stop(number: int, _frame: FrameType | None) -> None:
        raise TooMuch(f"{CPU_SECONDS:g} s of work" if number == signal.SIGPROF else f"{WALL_SECONDS:g} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, CPU_SECONDS), (signal.SIGALRM, signal.ITIMER_REAL, WALL_SECONDS))
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
    if grown > MEMORY_MB:
        raise TooMuch(f"{grown} MB")


def _forget_peak() -> int:
    """Begin a new measurement of the peak of our memory. Returns what there is now, in kB."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
