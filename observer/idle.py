"""What a process waits for that no tap can see without being in its way: by what the kernel says.

It tells of the main thread only, and when it is asked: a short sleep is as likely to be missed as to be met.
"""

from __future__ import annotations

import platform

from .blocked import system_call, waits_for_another

_CALLS = {"x86_64": ((35, 230), (23, 270)), "aarch64": ((101, 115), (72,))}
"""Numbers of nanosleep and clock_nanosleep; and of select and pselect6, by which Python below 3.11 sleeps."""
_SLEEPS, _SELECTS = _CALLS.get(platform.machine(), ((), ()))
ASLEEP, FOR_A_THREAD = "asleep", "waits for a thread"
"""In `time.sleep`; in a lock, a queue or a join of `threading`, without a time-out."""


def idle(pid: int) -> str:
    """Empty as well where it is not known."""
    try:
        call, arguments = system_call(f"/proc/{pid}")
    except (OSError, ValueError):
        return ""
    if call in _SLEEPS or (call in _SELECTS and arguments[:1] == [0]):  # of no files at all
        return ASLEEP
    return FOR_A_THREAD if waits_for_another(call, arguments) else ""
