"""Reads /proc. The keeper loads this file by path, so that it imports little, and no other module of rockproc."""

# pathlib takes milliseconds to import.
# ruff: noqa: PTH208

from __future__ import annotations

import os
import sys

LINUX = sys.platform == "linux"
PROC_FILE_BYTES = 16384
"""An upper bound for the size of the files below /proc that we read."""

Member = tuple[int, int]
"""A process: its pid and its start time in clock ticks (0 if the platform does not report it)."""


def read_proc(path: str) -> bytes:
    """Return the content of a file below /proc.

    It takes a third of the time of `Path.read_bytes`, and hundreds of files are read each second.
    """
    fd = os.open(f"/proc/{path}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, PROC_FILE_BYTES)
    finally:
        os.close(fd)


def stat_line(pid: int) -> bytes:
    """Return the content of /proc/PID/stat; empty if there is no such process."""
    try:
        return read_proc(f"{pid}/stat")
    except OSError:
        return b""


def fields_of(line: bytes) -> list[bytes]:
    """Split a stat line into its fields from the third (state) on, so that field n of proc(5) is item n - 3."""
    return line[line.rindex(b")") + 2 :].split()


def stat_fields(pid: int) -> list[bytes] | None:
    line = stat_line(pid)
    return fields_of(line) if line else None


def living() -> dict[int, tuple[int, int, int]]:
    """Return parent, session and start time of every process of the machine that has not ended, by pid."""
    found: dict[int, tuple[int, int, int]] = {}
    if LINUX:
        for name in os.listdir("/proc"):
            # A thread group leader that has ended is shown as a zombie while its other threads continue.
            if (
                name.isdigit()
                and (fields := stat_fields(int(name)))
                and (fields[0] not in b"ZX" or int(fields[17]) > 1)
            ):
                found[int(name)] = int(fields[1]), int(fields[3]), int(fields[19])
        return found
    import subprocess

    table = subprocess.run(["ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "stat="], stdout=-1, check=False).stdout
    for row in table.splitlines():
        pid, parent, state = row.split(None, 2)
        if not state.startswith(b"Z"):
            found[int(pid)] = int(parent), 0, 0
    return found


def descendants(root: int, processes: dict[int, tuple[int, int, int]]) -> list[Member]:
    children: dict[int, list[int]] = {}
    for pid, (parent, _, _) in processes.items():
        children.setdefault(parent, []).append(pid)
    found: list[Member] = []
    front = children.get(root, [])
    while front:
        found += [(pid, processes[pid][2]) for pid in front]
        front = [child for pid in front for child in children.get(pid, ())]
    return found


def usable_cores() -> int:
    """Return the number of cores that this process, and those that it starts, may use; 0 where that is not known."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count() or 0
