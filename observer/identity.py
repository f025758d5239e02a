"""What tells a process from a later one with the same pid."""

from __future__ import annotations

import os
import sys

import psutil

from .keeper_process import stat_fields

TICKS = os.sysconf("SC_CLK_TCK")


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
