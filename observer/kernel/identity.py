"""What tells a process from a later one with the same pid."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

from .procfs import stat_fields

TICKS = os.sysconf("SC_CLK_TCK")


def exit_status(pid: int, fields: list[bytes]) -> int | None:
    """The raw wait status in what `stat_fields` gave of a zombie; None where the kernel does not let us see it."""
    if fields[0] != b"Z":
        return None
    try:
        foreign = Path(f"/proc/{pid}").stat().st_uid != os.geteuid() != 0
    except OSError:
        foreign = True
    return None if foreign else int(fields[49])


def start_time(pid: int) -> float | None:
    """When a process began, or None when there is none; only good for comparing with another one of these.

    On Linux seconds since boot, from the kernel's own record: psutil adds the wall clock's idea of when the machine was
    booted, which changes when the clock is set.
    """
    if sys.platform == "linux":
        fields = stat_fields(pid)
        return int(fields[19]) / TICKS if fields else None
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
