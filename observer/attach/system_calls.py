"""The system call in which each thread of a process waits, as the kernel says."""

from __future__ import annotations

import os
import platform
import struct
from enum import StrEnum
from typing import NamedTuple

import msgspec

from ..kernel.blocked_threads import system_call
from ..kernel.procfs import fields_of, read_proc
from .memory import ProcessMemory, UnreadableMemory
from .scheduler_clock import SchedulerClock


class _Numbers(NamedTuple):
    """Numbers of system calls; -1 where there is none."""

    futex: int
    poll: int
    ppoll: int
    read: int
    write: int
    wait4: int
    waitid: int
    epoll_wait: int
    epoll_pwait: int
    select: int
    pselect6: int
    nanosleep: int
    clock_nanosleep: int
    accept: int
    accept4: int
    recvfrom: int
    sendto: int
    recvmsg: int
    sendmsg: int
    pause: int


_NUMBERS = {
    "x86_64": _Numbers(202, 7, 271, 0, 1, 61, 247, 232, 281, 23, 270, 35, 230, 43, 288, 45, 44, 47, 46, 34),
    "aarch64": _Numbers(98, -1, 73, 63, 64, 260, 95, -1, 22, -1, 72, 101, 115, 202, 242, 207, 206, 212, 211, -1),
}.get(platform.machine())
SUPPORTED = _NUMBERS is not None
"""True if the numbers of the system calls of this machine are known."""
_FUTEX_WAITS = (0, 9)
"""FUTEX_WAIT and FUTEX_WAIT_BITSET."""
_FUTEX_FLAGS = 0x180
_MAX_POLLED = 1024
_POLLED = struct.Struct("<ihh")
_NO_TIME = 0xFFFFFFFF
_NOT_HANDLERS = (2, 4, 6, 7, 8, 11)
"""SIGINT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV."""
_POLL_IN = 1


class Blocked(StrEnum):
    """The kind of thing that a thread waits for in the kernel."""

    RUNS = "runs"
    FUTEX = "futex"
    """A lock: a semaphore, or one of the threads of the same process."""
    READ = "read"
    WRITE = "write"
    POLL = "poll"
    CHILD = "child"
    """The end of a child process."""
    SLEEP = "sleep"
    ACCEPT = "accept"
    SIGNAL = "signal"
    OTHER = "other"


class SystemCall(msgspec.Struct, frozen=True):
    blocked: Blocked
    timed: bool = False
    """True if it ends by itself after some time."""
    address: int = 0
    """The address of the futex that the thread waits for."""
    files: tuple[int, ...] = ()
    """The descriptors that are waited for; for a poll, those that are polled for reading."""
    child: int | None = None
    """The pid that is waited for; None for any."""


class ThreadState(msgspec.Struct, frozen=True):
    """The state of one thread, as the kernel reports it."""

    tid: int
    letter: str
    """R, S, D, T, t, Z, as in /proc/PID/stat."""
    switches: int
    """The number of times that it has run and then waited. Between two equal numbers it has not run."""
    call: SystemCall
    inner_tid: int
    """The number of the thread in the innermost pid namespace. In a container, it differs from `tid`."""
    last_ran: float | None
    """The time at which it was last put on a processor, in seconds since the machine's start; None if not known."""


def threads(memory: ProcessMemory, clock: SchedulerClock) -> dict[int, ThreadState]:
    """Return the states of all threads, by tid. Raises OSError if the process has ended or may not be read."""
    pid = memory.pid
    found: dict[int, ThreadState] = {}
    for name in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 (no Path for each thread)
        folder = f"{pid}/task/{name}"
        try:
            letter = fields_of(read_proc(f"{folder}/stat"))[0].decode()
            status = read_proc(f"{folder}/status")
            call = _call(memory, folder, letter)
            ran = clock.last_ran(folder)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        switches = sum(int(line.split()[1]) for line in status.splitlines() if b"ctxt_switches" in line)
        inner = inner_number(status) or int(name)
        found[int(name)] = ThreadState(int(name), letter, switches, call, inner, ran)
    return found


def inner_number(status: bytes) -> int | None:
    """Return the number of a process or thread in the innermost pid namespace, from its /proc/…/status."""
    return next((int(line.split()[-1]) for line in status.splitlines() if line.startswith(b"NSpid:")), None)


def handled_signals(pid: int) -> tuple[int, ...]:
    """Return the signals for which a process has a handler of its own. Raises OSError.

    SIGINT is left out, which every Python handles, and so are those of crashes and the C library's own.
    """
    for line in read_proc(f"{pid}/status").splitlines():
        if line.startswith(b"SigCgt:"):
            caught = int(line.split()[1], 16)
            return tuple(number for number in range(1, 32) if caught >> number - 1 & 1 and number not in _NOT_HANDLERS)
    return ()


def awaited_socket(pid: int) -> int | None:
    """Return the inode of the socket that the main thread of a process waits to read from; None if it does not."""
    try:
        number, arguments = system_call(f"{pid}/task/{pid}")
        if _NUMBERS is None or number not in (_NUMBERS.read, _NUMBERS.recvfrom, _NUMBERS.recvmsg):
            return None
        kind, _, rest = os.readlink(f"/proc/{pid}/fd/{arguments[0]}").partition(":[")  # noqa: PTH115
    except (OSError, ValueError):
        return None
    return int(rest[:-1]) if kind == "socket" else None


def _call(memory: ProcessMemory, folder: str, letter: str) -> SystemCall:
    if letter not in "SD":
        return SystemCall(Blocked.RUNS)
    if _NUMBERS is None:
        return SystemCall(Blocked.OTHER)
    try:
        number, arguments = system_call(folder)
    except ValueError:
        return SystemCall(Blocked.RUNS)
    if number < 0 or len(arguments) < 4:
        return SystemCall(Blocked.OTHER)
    return _known(memory, _NUMBERS, number, arguments)


def _known(memory: ProcessMemory, numbers: _Numbers, number: int, arguments: list[int]) -> SystemCall:
    first, second, third, fourth = arguments[:4]
    if number == numbers.futex:
        waits = second & ~_FUTEX_FLAGS in _FUTEX_WAITS
        return SystemCall(Blocked.FUTEX if waits else Blocked.OTHER, timed=fourth != 0, address=first)
    if number in (numbers.read, numbers.recvfrom, numbers.recvmsg):
        return SystemCall(Blocked.READ, files=(first,))
    if number in (numbers.write, numbers.sendto, numbers.sendmsg):
        return SystemCall(Blocked.WRITE, files=(first,))
    if number in (numbers.poll, numbers.ppoll):
        timed = third & _NO_TIME != _NO_TIME if number == numbers.poll else third != 0
        return SystemCall(Blocked.POLL, timed=timed, files=_polled(memory, first, second))
    if number in (numbers.wait4, numbers.waitid):
        return SystemCall(Blocked.CHILD, child=_child(first, second, wait4=number == numbers.wait4))
    if number in (numbers.nanosleep, numbers.clock_nanosleep):
        return SystemCall(Blocked.SLEEP, timed=True)
    if number in (numbers.select, numbers.pselect6):
        timed = arguments[4] != 0 if len(arguments) > 4 else True
        return SystemCall(Blocked.SLEEP if not first else Blocked.OTHER, timed=timed)
    if number in (numbers.epoll_wait, numbers.epoll_pwait):
        return SystemCall(Blocked.OTHER, timed=fourth & _NO_TIME != _NO_TIME)
    if number in (numbers.accept, numbers.accept4):
        return SystemCall(Blocked.ACCEPT, files=(first,))
    return SystemCall(Blocked.SIGNAL if number == numbers.pause else Blocked.OTHER)


def _child(first: int, second: int, *, wait4: bool) -> int | None:
    if wait4:
        pid = first & 0xFFFFFFFF
        return pid if 0 < pid < 1 << 31 else None
    return second if first == os.P_PID else None


def _polled(memory: ProcessMemory, address: int, count: int) -> tuple[int, ...]:
    if not 0 < count <= _MAX_POLLED:
        return ()
    try:
        data = memory.read_uncached(address, count * _POLLED.size)
    except UnreadableMemory:
        return ()
    return tuple(descriptor for descriptor, events, _ in _POLLED.iter_unpack(data) if events & _POLL_IN)
