"""Reads from the kernel what a process waits for where a tap would disturb it, as in `time.sleep`.

It describes the main thread only, at the moment of the call: a wait shorter than the interval of the calls may be
missed.
"""

from __future__ import annotations

import os

from .blocked_threads import has_timeout, system_call, waits_for_another

_CALLS = {"x86_64": ((35, 230), (23, 270)), "aarch64": ((101, 115), (72,))}
"""Numbers of nanosleep and clock_nanosleep; and of select and pselect6, by which Python below 3.11 sleeps."""
_SLEEPS, _SELECTS = _CALLS.get(os.uname().machine, ((), ()))
ASLEEP, FOR_A_THREAD = "asleep", "waits for a thread"
"""The texts for a process in `time.sleep`, and for one that waits for a lock, a queue or a join of `threading`."""


def _call(pid: int) -> tuple[int, list[int]]:
    """Return the number of the main thread's system call and its arguments; an unused number if it is not known."""
    try:
        return system_call(str(pid))
    except (OSError, ValueError):
        return -2, []


def ends_by_itself(pid: int) -> bool:
    """Return whether the wait of its main thread has a time-out; False also where that is not known."""
    return has_timeout(*_call(pid))


def idle(pid: int, *, still: bool = False) -> str:
    """Return what the main thread waits for; empty if it does not wait, or if that is unknown.

    Args:
        pid: the process.
        still: True to count waits for a thread with a time-out. If the process computes, these may be for the GIL.
    """
    call, arguments = _call(pid)
    if call in _SLEEPS or (call in _SELECTS and arguments[:1] == [0]):  # of no files at all
        return ASLEEP
    return FOR_A_THREAD if waits_for_another(call, arguments, ever=still) else ""
