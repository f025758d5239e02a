"""The threads of each process that are inside of no tapped operation, and what the kernel says that they wait for."""

from __future__ import annotations

import os
import re
import struct
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import suppress
from io import RawIOBase
from pathlib import Path

from ..model import Blocked, Process, State, ThreadState, World
from ..model.thread_state import CONFIRM_SECONDS
from .blocked_threads import Files, endless_poll, standard_files, system_call, waits_for_another
from .procfs import read_proc

_EPOLLS = {"x86_64": (232, 281), "aarch64": (22,)}.get(os.uname().machine, ())
"""Numbers of epoll_wait and epoll_pwait."""
_THREAD_HEAD = 4096
"""Bytes of the C library's description of a thread, which begins at the thread's ident."""
_NUMBER = struct.Struct("@i")
_NO_TIME = 0xFFFFFFFF
_MIN_WAIT_SECONDS = 0.3
"""Seconds for which a process waits before the kernel is asked for its other threads."""
_MAX_PROCESSES = 64
"""The number of processes that are asked in one sample. If there are more, they are asked in turn."""
_WATCHED = re.compile(r"^tfd:\s*(\d+)", re.MULTILINE)


class ThreadSampler:
    """Keeps `Process.other_threads`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[tuple[int, int], tuple[int, float]] = {}
        """The number of runs of each thread when it was first seen in its present wait, and the time of that."""
        self._offset: int | None = None
        """The offset of a thread's number in the C library's description of the thread."""
        self._outside: set[str] = set()
        """The standard streams of the main process, which processes outside the program may share."""
        self._turn = 0
        self._users: dict[int, set[int]] = defaultdict(set)
        """The idents of the threads that have used an object, by their process's key."""

    def look(self, sockets: Collection[int], at: float) -> None:
        """Sample the threads of all processes if any thread waits.

        Args:
            sockets: inodes of those that the program has made in pairs.
            at: seconds since launch.
        """
        living = [process for process in self._world.living_processes if process.probed and process.pid is not None]
        waits = any(at - wait.since > _MIN_WAIT_SECONDS for member in living for wait in member.waits)
        if not waits and not any(member.idle for member in living):
            for member in living:
                member.other_threads = None
            return
        self._users.clear()
        for access in self._world.access.values():
            for process, ident in access.users:
                self._users[process].add(ident)
        for pool in self._world.pools.values():
            if pool.owner is not None and pool.handover_thread is not None:
                self._users[pool.owner].add(pool.handover_thread)
        main = self._world.main_process
        if main is not None and main.pid is not None and main.state.alive and not self._outside:
            self._outside = standard_files(main.pid)
        files = Files(sockets, self._outside)
        if len(living) > _MAX_PROCESSES:
            begin = self._turn % len(living)
            self._turn += _MAX_PROCESSES
            living = [*living, *living][begin : begin + _MAX_PROCESSES]
        seen: dict[tuple[int, int], tuple[int, float]] = {}
        for process in living:
            threads = self._threads(process, files, at, seen)
            self._world.threads_seen_at[process.key] = at
            if threads != process.other_threads:
                process.other_threads = threads
                self._world.changes += 1
        for key in self._world.threads_seen_at.keys() - self._world.processes.keys():
            del self._world.threads_seen_at[key]
        kept = {member.pid for member in living}
        self._seen = {**{thread: was for thread, was in self._seen.items() if thread[0] not in kept}, **seen}

    def _threads(
        self, process: Process, files: Files, at: float, seen: dict[tuple[int, int], tuple[int, float]]
    ) -> tuple[ThreadState, ...] | None:
        pid = process.pid
        assert pid is not None
        if process.state is State.STOPPED:
            return None
        try:
            numbers = [int(name) for name in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208 (no Path for each)
            idents = self._idents(process, numbers)
        except (OSError, ValueError):
            return None
        tapped = {wait.thread for wait in process.waits}
        found: list[ThreadState] = []
        for number in numbers:
            ident = idents.get(number)
            if ident in tapped:
                continue
            blocked, runs = what_blocks(pid, number, files)
            since = 0.0  # the same at each look, so that a thread that only sleeps is no news
            if blocked:
                known, first = self._seen.get((pid, number), (-1, at))
                since = first if known == runs else at
                seen[pid, number] = runs, since
            confirmed = bool(blocked) and at - since >= CONFIRM_SECONDS
            found.append(ThreadState(number, ident, blocked, since, confirmed))
        return tuple(found)

    def _idents(self, process: Process, numbers: list[int]) -> dict[int, int]:
        """Return the idents of threads by their numbers, where both are known."""
        pid, main = process.pid, process.main_thread
        assert pid is not None
        idents = {wait.thread for wait in process.waits} | self._users[process.key]
        idents.discard(main or 0)
        found = {pid: main} if main is not None else {}
        if main is None or not idents:
            return found
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            if self._offset is None or self._number(memory, main + self._offset) != pid:
                self._offset = self._search(memory, main, pid)
            if self._offset is None:
                raise OSError
            for ident in idents:
                with suppress(OSError):
                    number = self._number(memory, ident + self._offset)
                    if number in numbers:
                        found[number] = ident
        return found

    def _number(self, memory: RawIOBase, address: int) -> int:
        """Return the number there. Raises OSError if nothing is there, as when the process has ended meanwhile."""
        memory.seek(address)
        data = memory.read(_NUMBER.size) or b""
        if len(data) < _NUMBER.size:
            raise OSError
        return _NUMBER.unpack(data)[0]

    def _search(self, memory: RawIOBase, main: int, pid: int) -> int | None:
        """Return the offset at which the main thread's description holds its number, which is the pid."""
        memory.seek(main)
        head = memory.read(_THREAD_HEAD) or b""
        places = range(0, len(head) - _NUMBER.size, _NUMBER.size)
        return next((place for place in places if _NUMBER.unpack_from(head, place)[0] == pid), None)


def what_blocks(pid: int, number: int, files: Files) -> tuple[Blocked, int]:
    """Return what a thread waits for without a time-out, and how often it has run.

    Args:
        pid: the process.
        number: the kernel's thread id.
        files: decides which open files belong to the program alone.
    """
    folder = f"{pid}/task/{number}"
    try:
        runs = _runs(folder)
        found = _what_blocks(pid, folder, files) if runs is not None else Blocked.NO
        # It may have gone on to another wait in between.
        return (found, runs) if runs is not None and found and _runs(folder) == runs else (Blocked.NO, 0)
    except (OSError, KeyError, ValueError, IndexError, struct.error):
        return Blocked.NO, 0


def _runs(folder: str) -> int | None:
    """Return how often a thread has run; None if it does not wait at the moment."""
    status = read_proc(f"{folder}/status").decode("ascii", "replace")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    if fields["State"][0] != "S":
        return None
    return int(fields["voluntary_ctxt_switches"]) + int(fields["nonvoluntary_ctxt_switches"])


def _what_blocks(pid: int, folder: str, files: Files) -> Blocked:
    call, arguments = system_call(folder)
    if waits_for_another(call, arguments):
        return Blocked.THREAD
    if endless_poll(pid, call, arguments, files):
        return Blocked.FILES
    if call in _EPOLLS and arguments[3] & _NO_TIME == _NO_TIME and _has_own_files(pid, arguments[0], files):
        return Blocked.FILES
    return Blocked.NO


def _has_own_files(pid: int, epoll: int, files: Files) -> bool:
    """Return True if all files for which it waits are open in this program only."""
    watched = [int(number) for number in _WATCHED.findall(Path(f"/proc/{pid}/fdinfo/{epoll}").read_text())]
    pairs: set[int] | None = None
    for descriptor in watched:
        if files.own(pid, descriptor):
            continue
        name = str(Path(f"/proc/{pid}/fd/{descriptor}").readlink())
        if name == "anon_inode:[eventfd]":
            continue
        if not name.startswith("socket:[") or name in files.outside:
            return False
        if pairs is None:
            pairs = set(_sockets(pid))
        # The kernel numbers the two ends of `socketpair()` one after the other.
        inode = int(name[8:-1])
        if inode + 1 not in pairs and inode - 1 not in pairs:
            return False
    return bool(watched)


def _sockets(pid: int) -> Iterator[int]:
    """Yield the inodes of all sockets that a process has open."""
    folder = Path(f"/proc/{pid}/fd")
    for entry in folder.iterdir():
        with suppress(OSError):
            name = str(entry.readlink())
            if name.startswith("socket:["):
                yield int(name[8:-1])
