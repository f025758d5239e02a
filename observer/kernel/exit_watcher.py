"""Reports the exact moment at which a process ends, whether or not it is our child."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import sys
import time
from typing import NamedTuple

from .identity import exit_status, start_time
from .procfs import stat_fields


class ProcessExit(NamedTuple):
    pid: int
    at_ns: int
    """`time.monotonic_ns()` when it was noticed."""
    status: int | None
    """The raw wait status; None if the system does not report it."""
    collected: bool = False
    """True if its parent has collected its exit status, so that it is no zombie."""


PIDFD_GET_INFO = 0xC040FF0B
"""Linux 6.15: the exit status of a process also after its parent has collected it. From `linux/pidfd.h`."""
_PIDFD_INFO_EXIT = 1 << 3
_INFO_BYTES, _EXIT_CODE_AT = 64, 60


def collected_status(fd: int) -> int | None:
    """Return the raw wait status of a process that has been collected, by its pidfd; None where it is not known."""
    info = bytearray(_INFO_BYTES)
    struct.pack_into("Q", info, 0, _PIDFD_INFO_EXIT)
    try:
        fcntl.ioctl(fd, PIDFD_GET_INFO, info)
    except OSError:
        return None
    (mask,) = struct.unpack_from("Q", info, 0)
    return struct.unpack_from("i", info, _EXIT_CODE_AT)[0] if mask & _PIDFD_INFO_EXIT else None


class ExitWatcher:
    """Watches processes through pidfds. On a system without pidfds it reports nothing."""

    def __init__(self) -> None:
        self._epoll = select.epoll() if sys.platform == "linux" else None
        self._watched: dict[int, int] = {}
        """The pids by pidfd."""
        self._pids: set[int] = set()

    def fileno(self) -> int:
        """Return a descriptor that is readable when a process has ended; -1 if nothing can be watched."""
        return -1 if self._epoll is None else self._epoll.fileno()

    def watch(self, pid: int, create_time: float) -> bool:
        """Watch a process; return False if it has ended already or cannot be watched."""
        if sys.platform != "linux" or self._epoll is None:
            return False
        if pid in self._pids:
            return True
        try:
            fd = os.pidfd_open(pid)
        except OSError:
            return False
        if start_time(pid) != create_time:
            os.close(fd)
            return False
        self._epoll.register(fd, select.EPOLLIN)
        self._watched[fd] = pid
        self._pids.add(pid)
        return True

    def read(self) -> list[ProcessExit]:
        """Return the processes that have ended since the last call. Never blocks."""
        found: list[ProcessExit] = []
        if self._epoll is None or self._epoll.closed:
            return found
        for fd, _ in self._epoll.poll(0):
            at = time.monotonic_ns()
            pid = self._watched.pop(fd)
            # The pid belongs to the process of the pidfd as long as that is a zombie.
            fields = stat_fields(pid)
            status = exit_status(pid, fields) if fields else None
            collected = fields is None or fields[0] not in (b"Z", b"X")
            if status is None:
                status = collected_status(fd)
                collected = collected or status is not None
            self._epoll.unregister(fd)
            self._pids.discard(pid)
            os.close(fd)
            found.append(ProcessExit(pid, at, status, collected))
        return found

    def close(self) -> None:
        for fd in self._watched:
            os.close(fd)
        self._watched.clear()
        if self._epoll is not None:
            self._epoll.close()
