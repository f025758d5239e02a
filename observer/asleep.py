"""Whether a process is in `time.sleep`, which no tap can see without being in its way: by what the kernel says.

It tells for the main thread only, and when it is asked: a short sleep is as likely to be missed as to be met.
"""

from __future__ import annotations

import platform
from pathlib import Path

_CALLS = {"x86_64": ((b"35", b"230"), (b"23", b"270")), "aarch64": ((b"101", b"115"), (b"72",))}
"""Numbers of nanosleep and clock_nanosleep; and of select and pselect6, by which Python below 3.11 sleeps."""
_SLEEPS, _SELECTS = _CALLS.get(platform.machine(), ((), ()))


def asleep(pid: int) -> bool:
    """False as well where it is not known."""
    try:
        call, _, rest = Path(f"/proc/{pid}/syscall").read_bytes().partition(b" ")
    except OSError:
        return False
    return call in _SLEEPS or (call in _SELECTS and rest.startswith(b"0x0 "))  # of no files at all
