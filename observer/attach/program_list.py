"""The Python programs of this user, to choose from."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .process_tree import Program, programs
from .scheduler_clock import SchedulerClock


@dataclass(frozen=True)
class ListedProgram:
    program: Program
    age: float
    """Seconds since it began."""
    idle: float | None
    """Seconds since the main thread of any of its processes has run; None where that is not known."""


def list_programs() -> list[ListedProgram]:
    """Those that use multiprocessing or have children come first, then the newest."""
    clock, now = SchedulerClock(), time.clock_gettime(time.CLOCK_BOOTTIME)
    found = [ListedProgram(each, max(now - each.root.started, 0.0), _idle(clock, now, each)) for each in programs()]
    return sorted(found, key=lambda each: len(each.program.members) == 1)


def _idle(clock: SchedulerClock, now: float, program: Program) -> float | None:
    moments: list[float] = []
    for member in program.members:
        try:
            moment = clock.last_ran(f"{member.pid}/task/{member.pid}")
        except OSError:
            continue  # it has just ended
        if moment is None:
            return None
        moments.append(moment)
    return max(now - max(moments), 0.0) if moments else None
