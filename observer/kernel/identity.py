"""Distinguishes a process from a later one with the same pid."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .procfs import stat_fields

TICKS = os.sysconf("SC_CLK_TCK")


def exit_status(pid: int, fields: list[bytes]) -> int | None:
    """Return the raw wait status of a zombie from its `stat_fields`; None if the kernel does not let us see it."""
    if fields[0] != b"Z":
        return None
    try:
        foreign = Path(f"/proc/{pid}").stat().st_uid != os.geteuid() != 0
    except OSError:
        foreign = True
    return None if foreign else int(fields[49])


def start_time(pid: int) -> float | None:
    """Return when a process began; None if there is no such process.

    Compare it only with other values of this function.

    On Linux these are seconds since boot, as the kernel records them. psutil adds the time of the boot by the wall
    clock, which changes when that clock is set.
    """
    if sys.platform == "linux":
        fields = stat_fields(pid)
        return int(fields[19]) / TICKS if fields else None
    import psutil  # takes long to import, and Linux does without it

    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
