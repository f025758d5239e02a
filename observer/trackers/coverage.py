"""Processes that are not observed: the reason why, and the objects that they share with the others."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from rockproc.probe.layout import POOL, THREADS

from ..kernel.open_objects import OpenObjects, open_objects
from ..kernel.unobserved_reason import has_left_journal, unobserved_reason
from ..model import Channel, Lock, Pool, Process, SharedValue, UnobservedReason, World
from ..model.keys import ChannelKey, LockKey, ProcessKey

_LOOKS_AT_ONCE = 8
"""The largest number of processes that are examined in one sample: each requires reading five files of /proc."""
_FIRST_PAUSE_SECONDS = 0.3
_LONGEST_PAUSE_SECONDS = 5.0
"""The longest pause between two looks at a process. Each pause is twice as long as the one before."""
_SEMAPHORE_KEY_LETTERS = 8
"""The key of a semaphore is made of the last letters of its name."""


class _Watched(msgspec.Struct):
    next_look: float
    pause: float
    first_seen: float
    command: str | None


class _Carrier(msgspec.Struct):
    journal: str
    command: str | None = None
    """The command line of the process when it was last known to carry the probe."""
    left: float | None = None
    """The time at which its journal was first seen not to be mapped any more."""


class CoverageTracker:
    """Sets `Process.unobserved`, and `shared_with_unobserved` of channels, locks, values and pools.

    What an unobserved process has shared once stays marked: what it did with it is missing in the counts for good.
    """

    def __init__(
        self, world: World, channel_of: Callable[[int], ChannelKey], lock_of: Callable[[LockKey], LockKey]
    ) -> None:
        """Keep a part of a world.

        Args:
            world: the world.
            channel_of: returns the key of the channel that has an end with this inode.
            lock_of: returns the key of the lock, Condition, Event or Barrier that a semaphore belongs to.
        """
        self._world = world
        self._channel_of = channel_of
        self._lock_of = lock_of
        self._watched: dict[ProcessKey, _Watched] = {}
        self._carriers: dict[int, _Carrier] = {}
        """The processes that carry the probe, by pid, since a handle may later be assigned to the process."""

    def journal_begins(self, pid: int, journal: str) -> None:
        """Record that a process has begun to write a journal.

        Args:
            pid: the process.
            journal: the name of the journal's file.
        """
        self._carriers[pid] = _Carrier(journal)

    def look(self, at: float) -> None:
        """Look at the unobserved processes that are due."""
        by_pid = {process.pid: process for process in self._world.processes.values() if process.pid is not None}
        left = _LOOKS_AT_ONCE
        for process in list(self._world.processes.values()):
            if not process.state.alive or process.pid is None or process.role == "resource tracker":
                continue
            if process.probed and process.unobserved is None and not self._executes_another(process, process.pid, at):
                continue
            watched = self._watched.get(process.key)
            if watched is None:
                begin = process.started if process.started is not None else at
                watched = self._watched[process.key] = _Watched(at, _FIRST_PAUSE_SECONDS, begin, process.command)
            if watched.command != process.command:
                watched.command, watched.next_look, watched.pause = process.command, at, _FIRST_PAUSE_SECONDS
            if at < watched.next_look or not left:
                continue
            left -= 1
            watched.next_look = at + watched.pause
            watched.pause = min(watched.pause * 2, _LONGEST_PAUSE_SECONDS)
            self._look_at(process, process.pid, by_pid.get(process.ppid or 0), at - watched.first_seen)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        known = self._world.processes
        self._watched = {key: watched for key, watched in self._watched.items() if key in known}
        pids = {process.pid for process in known.values()}
        self._carriers = {pid: carrier for pid, carrier in self._carriers.items() if pid in pids}

    def _executes_another(self, process: Process, pid: int, at: float) -> bool:
        """Return whether a process that carried the probe has executed a program that does not."""
        carrier = self._carriers.get(pid)
        if carrier is None or process.command == carrier.command:
            return False
        if has_left_journal(pid, carrier.journal):
            if carrier.left is None:
                carrier.left = at
            if unobserved_reason(pid, None, process.command or "", at - carrier.left) is None:
                return False  # the probe may begin in it again, as in a worker of loky
            process.unobserved = UnobservedReason.EXEC
            self._world.changes += 1
        carrier.command = process.command
        return process.unobserved is UnobservedReason.EXEC

    def _look_at(self, process: Process, pid: int, parent: Process | None, age: float) -> None:
        if process.unobserved not in (UnobservedReason.EXEC, UnobservedReason.DAMAGED_JOURNAL):
            command = parent.command if parent is not None else None
            reason = unobserved_reason(pid, command, process.command or "", age)
            if reason is not process.unobserved:
                process.unobserved = reason
                self._world.changes += 1
        has_open = open_objects(pid)
        if has_open is not None and process.unobserved is not None:
            self._mark(process.key, has_open)

    def _mark(self, key: ProcessKey, has_open: OpenObjects) -> None:
        world = self._world
        channels = {self._channel_of(inode) for inode in has_open.channels}
        locks = {self._lock_of(semaphore_key(name)) for name in has_open.semaphores}
        shared: list[Channel | Lock | Pool | SharedValue] = [
            *(world.channels[key] for key in channels if key in world.channels),
            *(world.locks[key] for key in locks if key in world.locks),
            *(value for value in world.values.values() if value.key >> 32 in has_open.memory),
            *(pool for pool in world.pools.values() if not pool.key & THREADS and pool.key & ~POOL in channels),
        ]
        for thing in shared:
            if key not in thing.shared_with_unobserved:
                thing.shared_with_unobserved = (*thing.shared_with_unobserved, key)
                world.changes += 1


def semaphore_key(name: str) -> LockKey:
    """Return the key that the probe gives to a semaphore of this name; see `taps.synchronize`."""
    return LockKey(int.from_bytes(name[-_SEMAPHORE_KEY_LETTERS:].encode(errors="replace"), "little"))
