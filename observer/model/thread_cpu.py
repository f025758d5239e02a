"""The CPU that a thread uses, as the kernel counts it."""

from __future__ import annotations

import msgspec


class ThreadCpu(msgspec.Struct, frozen=True):
    number: int
    """The kernel's number of the thread; that of the main thread is the pid."""
    name: str
    """The name that the kernel has for it: that of the program, or the thread's own from CPython 3.14 on."""
    seconds: float
    """Seconds of CPU that it has used, in user mode and in the kernel."""
    percent: float | None = None
    """Per cent of one core since the sample before; None in the first."""
    started: float | None = None
    """The start of the thread, in seconds since launch; None where that is not known."""
