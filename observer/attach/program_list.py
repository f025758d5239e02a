"""The Python programs of this user, to choose from."""

from __future__ import annotations

import time

import msgspec

from .process_tree import Program, programs, uses_multiprocessing
from .scheduler_clock import SchedulerClock


class ListedProgram(msgspec.Struct, frozen=True):
    program: Program
    age: float
    """The time since it began, in seconds."""
    idle: float | None
    """The time since the main thread of any of its processes has run, in seconds; None where that is not known."""
    uses_multiprocessing: bool
    """True if its main process has loaded multiprocessing."""


def list_programs() -> list[ListedProgram]:
    """Return the programs: those that use multiprocessing or have children come first, then the newest."""
    clock, now = SchedulerClock(), time.clock_gettime(time.CLOCK_BOOTTIME)
    found = [
        ListedProgram(
            program,
            max(now - program.root.started, 0.0),
            _idle(clock, now, program),
            uses_multiprocessing(program.root.pid),
        )
        for program in programs()
    ]
    return sorted(found, key=lambda program: not program.uses_multiprocessing and len(program.program.members) == 1)


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


def duration_text(seconds: float) -> str:
    """Return a duration in its two largest units: `14 min`, `3 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"
