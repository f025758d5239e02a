"""Whether all threads of a process wait for what time alone will never bring: by what the kernel says of each.

The probe cannot say that: it sees no thread but those of Python that use multiprocessing, and to tell the time-out of
every wait would cost each of them.
"""

from __future__ import annotations

import os
import platform
import struct
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .procfs import read_proc


class _Calls(NamedTuple):
    """Numbers of system calls."""

    futex: int
    poll: int
    """-1 where there is none."""
    ppoll: int
    read: int
    write: int
    wait4: int


_CALLS = {"x86_64": _Calls(202, 7, 271, 0, 1, 61), "aarch64": _Calls(98, -1, 73, 63, 64, 260)}.get(platform.machine())
_FUTEX_WAITS = (0, 9)
"""FUTEX_WAIT and FUTEX_WAIT_BITSET."""
_FLAGS = 0x180
"""FUTEX_PRIVATE_FLAG, and which clock a time-out is of."""
_POLLED = struct.Struct("@ihh")
_MOST_POLLED = 1000
_STANDARD = 3
"""Input, output and errors: somebody outside is at their other end."""
_NO_TIME = 0xFFFFFFFF
"""The time-out -1 of `poll`, as 32 bits."""
_HARMLESS = sum(1 << number - 1 for number in (2, 4, 6, 7, 8, 11))
"""Signals whose handler wakes nobody: SIGINT, which Python always handles, and those of crashes."""
_STANDARD_SIGNALS = (1 << 31) - 1
"""Not those for real time, of which the C library keeps some for itself."""

Threads = dict[str, int]
"""Times that each thread has run. Two that are equal: none has run in between."""


@dataclass(frozen=True)
class Files:
    """What tells of an open file whether nobody but the program has the other end of it."""

    sockets: Collection[int]
    """Inodes of those that the program has made in pairs."""
    outside: Collection[str]
    """Files that the program was started with, as the kernel names them."""

    def own(self, pid: int, descriptor: int) -> bool:
        name = _file(pid, descriptor)
        kind, _, rest = name.partition(":[")
        if descriptor < _STANDARD or name in self.outside:
            return False
        return kind == "pipe" or (kind == "socket" and int(rest.rstrip("]")) in self.sockets)


def standard_files(pid: int) -> set[str]:
    """Input, output and errors of a process, as the kernel names them."""
    found: set[str] = set()
    for descriptor in range(_STANDARD):
        with suppress(OSError):
            found.add(_file(pid, descriptor))
    return found


def _file(pid: int, descriptor: int) -> str:
    return str(Path(f"/proc/{pid}/fd/{descriptor}").readlink())


def blocked(pid: int, files: Files) -> Threads | None:
    """None where one of its threads runs, or may be woken by time, by a signal or from outside, or nobody knows."""
    if _CALLS is None:
        return None
    found: Threads = {}
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 (no Path for each)
            folder = f"{pid}/task/{thread}"
            status = dict(line.split(":\t", 1) for line in _text(f"{folder}/status").splitlines())
            if status["State"][0] != "S" or int(status["SigCgt"], 16) & ~_HARMLESS & _STANDARD_SIGNALS:
                return None
            if not _endless(pid, *system_call(folder), files):
                return None
            found[thread] = int(status["voluntary_ctxt_switches"]) + int(status["nonvoluntary_ctxt_switches"])
    except (OSError, KeyError, ValueError, IndexError, struct.error):
        return None
    return found


def system_call(folder: str) -> tuple[int, list[int]]:
    """The one that a thread is in, and its arguments. Raises OSError, and ValueError for a thread that runs.

    folder: its own below /proc.
    """
    call, *arguments = _text(f"{folder}/syscall").split()
    return int(call), [int(each, 16) for each in arguments]


def _text(path: str) -> str:
    return read_proc(path).decode("ascii", "replace")


def waits_for_another(call: int, arguments: list[int], *, ever: bool = False) -> bool:
    """Whether a system call is a thread's wait, without a time-out (or with any: `ever`), for one of any process."""
    waits = _CALLS is not None and call == _CALLS.futex and arguments[1] & ~_FLAGS in _FUTEX_WAITS
    return waits and (ever or arguments[3] == 0)


def has_timeout(call: int, arguments: list[int]) -> bool:
    """Whether a system call waits for a thread or for files, for some time at the most."""
    if _CALLS is not None and call in (_CALLS.poll, _CALLS.ppoll):
        return arguments[2] & _NO_TIME != _NO_TIME if call == _CALLS.poll else arguments[2] != 0
    return waits_for_another(call, arguments, ever=True) and not waits_for_another(call, arguments)


def _endless(pid: int, call: int, arguments: list[int], files: Files) -> bool:
    if _CALLS is None:
        return False
    first, second, *_ = arguments
    if call == _CALLS.futex:
        return waits_for_another(call, arguments)
    if call == _CALLS.wait4:
        return True  # for a child of the program
    if call in (_CALLS.read, _CALLS.write):
        return files.own(pid, first)
    if call in (_CALLS.poll, _CALLS.ppoll) and not has_timeout(call, arguments):
        return second <= _MOST_POLLED and all(files.own(pid, each) for each in _polled(pid, first, second))
    return False


def endless_poll(pid: int, call: int, arguments: list[int], files: Files) -> bool:
    """Whether a system call waits, without a time-out, for files that nobody but the program has open."""
    return (
        _CALLS is not None
        and call in (_CALLS.read, _CALLS.poll, _CALLS.ppoll)
        and _endless(pid, call, arguments, files)
    )


def _polled(pid: int, address: int, count: int) -> list[int]:
    """The descriptors for which a thread polls."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return [descriptor for descriptor, _, _ in _POLLED.iter_unpack(memory.read(count * _POLLED.size))]
