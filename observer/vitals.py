"""What the operating system knows of the processes of a run, with or without a probe in them."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import psutil

from .identity import TICKS, exit_status
from .keeper_process import stat_fields

_AFRESH = 8
"""Samples after which all processes are looked at again: one of ours may have the pid of a stranger that has ended."""
PAGE = os.sysconf("SC_PAGE_SIZE")
STATUS = {
    b"R": psutil.STATUS_RUNNING,
    b"S": psutil.STATUS_SLEEPING,
    b"D": psutil.STATUS_DISK_SLEEP,
    b"T": psutil.STATUS_STOPPED,
    b"t": psutil.STATUS_TRACING_STOP,
    b"Z": psutil.STATUS_ZOMBIE,
    b"X": psutil.STATUS_DEAD,
    b"I": psutil.STATUS_IDLE,
}


@dataclass(frozen=True, slots=True)
class Vital:
    """One process at one moment."""

    pid: int
    create_time: float
    """Tells it from others with its pid; see `identity.start_time`."""
    ppid: int
    status: str
    """psutil's words: running, sleeping, disk-sleep, stopped, tracing-stop, zombie, …"""
    cpu: float | None
    """Per cent of one core since the sample before; None in the first."""
    rss: int | None
    threads: int | None
    command: str
    exit_status: int | None = None
    """The raw wait status of a zombie, where the platform tells; see `os.waitstatus_to_exitcode`."""


class Vitals:
    """Samples all descendants of a process.

    On Linux by one read of /proc/PID/stat for each, which says all of it but the command line, where psutil reads three
    to five files. Elsewhere by psutil.
    """

    def __init__(self) -> None:
        self._used: dict[_Identity, tuple[float, float]] = {}
        """When each was sampled last, and the seconds of CPU that it had used then."""
        self._commands: dict[tuple[_Identity, bytes], str] = {}
        self._strangers: set[bytes] = set()
        """Pids of processes that are none of ours, not to be looked at each time."""
        self._samples = 0

    def sample(self, root: int, now: float) -> dict[int, Vital]:
        """The descendants of `root` by pid; `root` itself is not among them. `now` in seconds, of any clock."""
        used: dict[_Identity, tuple[float, float]] = {}
        commands: dict[tuple[_Identity, bytes], str] = {}
        vitals: dict[int, Vital] = {}
        self._samples += 1
        if self._samples % _AFRESH == 0:
            self._strangers.clear()
        for reading in _readings(root, self._strangers):
            identity = reading.pid, reading.create_time
            image = identity, reading.image
            commands[image] = self._commands.get(image) or _command(reading.pid)
            used[identity] = now, reading.used
            before, used_before = self._used.get(identity, (now, 0.0))
            vitals[reading.pid] = Vital(
                pid=reading.pid,
                create_time=reading.create_time,
                ppid=reading.ppid,
                status=reading.status,
                cpu=max(reading.used - used_before, 0.0) / (now - before) * 100 if now > before else None,
                rss=reading.rss,
                threads=reading.threads,
                command=commands[image],
                exit_status=reading.exit_status,
            )
        self._used, self._commands = used, commands
        return vitals


_Identity = tuple[int, float]


class _Reading(NamedTuple):
    pid: int
    create_time: float
    ppid: int
    status: str
    used: float
    """Seconds of CPU, user and system."""
    rss: int | None
    threads: int | None
    exit_status: int | None
    image: bytes
    """Changes when the process executes another program, and with it its command line."""


def _readings(root: int, strangers: set[bytes]) -> Iterator[_Reading]:
    return _readings_linux(root, strangers) if sys.platform == "linux" else _readings_psutil(root)


def _readings_linux(root: int, strangers: set[bytes]) -> Iterator[_Reading]:
    children: dict[bytes, list[tuple[bytes, list[bytes]]]] = {}
    running = {name for name in os.listdir(b"/proc") if name.isdigit()}  # noqa: PTH208 (bytes, and no Path for each)
    strangers &= running
    known = {name: fields for name in running - strangers if (fields := stat_fields(int(name)))}
    for name, fields in known.items():
        children.setdefault(fields[1], []).append((name, fields))
    # Whose parent has just ended may be on its way to our keeper.
    strangers |= {
        name for name, fields in known.items() if fields[1] in known or fields[1] in strangers or fields[1] == b"0"
    }
    front = [b"%d" % root]
    while front:
        found = [child for parent in front for child in children.get(parent, ())]
        front = [name for name, _ in found]
        strangers.difference_update(front)
        for name, fields in found:
            ended = fields[0] == b"Z"
            yield _Reading(
                pid=int(name),
                create_time=int(fields[19]) / TICKS,
                ppid=int(fields[1]),
                status=STATUS.get(fields[0], psutil.STATUS_RUNNING),
                used=(int(fields[11]) + int(fields[12])) / TICKS,
                rss=None if ended else int(fields[21]) * PAGE,
                threads=None if ended else int(fields[17]),
                exit_status=exit_status(int(name), fields),
                image=fields[45],
            )


def _readings_psutil(root: int) -> Iterator[_Reading]:
    try:
        processes = psutil.Process(root).children(recursive=True)
    except psutil.Error:
        return
    for process in processes:
        try:
            with process.oneshot():
                ended = process.status() == psutil.STATUS_ZOMBIE
                times = None if ended else process.cpu_times()
                yield _Reading(
                    pid=process.pid,
                    create_time=process.create_time(),
                    ppid=process.ppid(),
                    status=process.status(),
                    used=0.0 if times is None else times.user + times.system,
                    rss=None if ended else process.memory_info().rss,
                    threads=None if ended else process.num_threads(),
                    exit_status=None,
                    image=process.name().encode(),
                )
        except psutil.Error:
            continue


def _command(pid: int) -> str:
    try:
        return shlex.join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""
