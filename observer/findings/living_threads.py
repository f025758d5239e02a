"""The processes of a program that live, and all their threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from ..model import Process, State, Thread, ThreadState, Wait, World
from ..model.keys import ChannelKey, ProcessKey
from ..model.process import HELPER_ROLES

SAME_WAIT_SECONDS = 0.4
"""Seconds for which a thread must have been in the same wait, as processes are read one after the other."""


class LivingThreads:
    """The living processes of a world, without the helpers of multiprocessing, and their threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.processes = [
            process for process in world.processes.values() if process.state.alive and process.role not in HELPER_ROLES
        ]
        self.by_pid = {process.pid: process for process in world.processes.values() if process.pid is not None}
        self.of = {process.key: list(_threads(process)) for process in self.processes}
        """All threads of each living process, by its key."""
        self.tapped = {thread for access in world.access.values() for thread in access.users}
        """Threads that have used anything of multiprocessing."""
        self.servers = {
            manager.pid for manager in world.managers.values() if manager.cls == "SyncManager" and not manager.extended
        }
        """The pids of managers that do nothing but what other processes ask for."""

    @cached_property
    def acting(self) -> set[Thread]:
        """Those of `tapped` that have used more than the queues and pipes of pools, as the threads of a pool do."""
        accesses = self._world.access.items()
        return {thread for key, access in accesses if not self._is_of_pool(key) for thread in access.users}

    def _is_of_pool(self, key: int) -> bool:
        channel = self._world.channels.get(ChannelKey(key))
        return channel is not None and channel.internal and channel.kind != "Connection"

    def ended(self, threads: Iterable[Thread]) -> list[ProcessKey]:
        """Return the keys of the processes of these threads that have ended."""
        return [key for key in dict.fromkeys(process for process, _ in threads) if not self.lives(key)]

    def failed(self, keys: Iterable[ProcessKey]) -> list[ProcessKey]:
        """Return the keys of those that have failed, and so perhaps have ended before they came to it."""
        processes = self._world.processes
        return [key for key in sorted(keys) if not self.lives(key) and key in processes and processes[key].exitcode]

    def lives(self, key: ProcessKey) -> bool:
        """Return whether a process has been started and has not ended."""
        process = self._world.processes.get(key)
        return process is not None and process.ended is None and process.state is not State.CREATED

    def has_lasted(self, wait: Wait) -> bool:
        """Return whether a thread has been in a wait for long enough to say that it waits."""
        return self._world.now - wait.since >= SAME_WAIT_SECONDS


def ident_of(process: Process, state: ThreadState) -> int:
    """Return what stands for a thread: its ident, or its negative number where that is not known."""
    if state.number == process.pid:
        return process.main_thread or 0
    return state.ident if state.ident is not None else -state.number


def _threads(process: Process) -> Iterator[Thread]:
    found = {process.main_thread or 0: None}
    found.update(dict.fromkeys(wait.thread for wait in process.waits))
    if process.other_threads is not None:
        found.update(dict.fromkeys(ident_of(process, state) for state in process.other_threads))
    elif process.observed and (process.threads or 1) > len(found):
        found[-1] = None  # others, of which nothing is known
    for ident in found:
        yield process.key, ident
