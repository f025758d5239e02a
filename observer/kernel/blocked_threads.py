"""Decides from the system call of a thread what it waits for, and whether only this program could end that wait.

The probe cannot decide that: it sees only the threads of Python that use multiprocessing, and recording the time-out of
every wait would slow down each of them.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from .procfs import read_proc


class _Calls(NamedTuple):
    """Numbers of system calls."""

    futex: int
    poll: int
    """-1 where there is none."""
    ppoll: int
    read: int


_CALLS = {"x86_64": _Calls(202, 7, 271, 0), "aarch64": _Calls(98, -1, 73, 63)}.get(os.uname().machine)
_FUTEX_WAITS = (0, 9)
"""FUTEX_WAIT and FUTEX_WAIT_BITSET."""
_FLAGS = 0x180
"""FUTEX_PRIVATE_FLAG, and which clock a time-out is of."""
_POLLED = struct.Struct("@ihh")
_MAX_POLLED = 1000
_STANDARD = 3
"""Descriptors below this number are standard input, output and errors, whose other end is outside the program."""
_NO_TIME = 0xFFFFFFFF
"""The time-out -1 of `poll`, as 32 bits."""


class Files(msgspec.Struct, frozen=True):
    """Decides whether both ends of an open file belong to the program alone."""

    sockets: Collection[int]
    """The inodes of sockets that the program has created in pairs."""
    outside: Collection[str]
    """Files that the program was started with, as the kernel names them."""

    def own(self, pid: int, descriptor: int) -> bool:
        name = _file(pid, descriptor)
        kind, _, rest = name.partition(":[")
        if descriptor < _STANDARD or name in self.outside:
            return False
        return kind == "pipe" or (kind == "socket" and int(rest.rstrip("]")) in self.sockets)


def standard_files(pid: int) -> set[str]:
    """Return the names of the standard streams of a process, as the kernel writes them."""
    found: set[str] = set()
    for descriptor in range(_STANDARD):
        with suppress(OSError):
            found.add(_file(pid, descriptor))
    return found


def _file(pid: int, descriptor: int) -> str:
    return str(Path(f"/proc/{pid}/fd/{descriptor}").readlink())


def system_call(folder: str) -> tuple[int, list[int]]:
    """Return the system call of a thread and its arguments. Raises OSError; ValueError for a running thread.

    Args:
        folder: the folder of the thread below /proc.
    """
    call, *arguments = _text(f"{folder}/syscall").split()
    return int(call), [int(argument, 16) for argument in arguments]


def _text(path: str) -> str:
    return read_proc(path).decode("ascii", "replace")


def waits_for_another(call: int, arguments: list[int], *, ever: bool = False) -> bool:
    """Return whether a system call waits for a thread of any process, without a time-out or, with `ever`, with any."""
    waits = _CALLS is not None and call == _CALLS.futex and arguments[1] & ~_FLAGS in _FUTEX_WAITS
    return waits and (ever or arguments[3] == 0)


def has_timeout(call: int, arguments: list[int]) -> bool:
    """Return whether a system call waits for a thread or for files, and has a time-out."""
    if _CALLS is not None and call in (_CALLS.poll, _CALLS.ppoll):
        return arguments[2] & _NO_TIME != _NO_TIME if call == _CALLS.poll else arguments[2] != 0
    return waits_for_another(call, arguments, ever=True) and not waits_for_another(call, arguments)


def endless_poll(pid: int, call: int, arguments: list[int], files: Files) -> bool:
    """Return whether a system call waits, without a time-out, for files that only the program has open."""
    if _CALLS is None:
        return False
    first, second, *_ = arguments
    if call == _CALLS.read:
        return files.own(pid, first)
    if call in (_CALLS.poll, _CALLS.ppoll) and not has_timeout(call, arguments):
        return second <= _MAX_POLLED and all(files.own(pid, polled) for polled in _polled(pid, first, second))
    return False


def _polled(pid: int, address: int, count: int) -> list[int]:
    """Return the descriptors for which a thread polls."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        return [descriptor for descriptor, _, _ in _POLLED.iter_unpack(memory.read(count * _POLLED.size))]
