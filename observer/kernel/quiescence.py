"""Since when nothing in a program has moved, and nothing in it ever will by itself."""

from __future__ import annotations

from collections.abc import Collection

from ..model import Process, State, World
from .blocked_threads import Files, Threads, blocked, standard_files

_PATIENCE = 0.5
"""Seconds for which a process waits before the operating system is asked about its threads."""


_AFRESH = 5.0
"""Seconds after which what was proved is looked at again: only a signal can have changed it, or who attached itself."""


class Quiescence:
    """Keeps `world.still`.

    If between two looks no thread of any process has run, then there was a moment at which all of them were waiting. If
    each waits for what only another one could do, that moment lasts for ever.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._before: dict[int, Threads] = {}
        self._since = self._asked = 0.0
        self._outside: set[str] = set()
        """Input, output and errors of the main process, which others may have a copy of."""
        self._moves = 0
        """The process that was found last to go on: to ask it first spares asking hundreds that wait for it."""

    def look(self, sockets: Collection[int], at: float) -> None:
        """sockets: inodes of those that the program has made in pairs."""
        pids = self._waiting(at)
        if self._world.still is not None and set(pids) == self._before.keys() and at - self._asked < _AFRESH:
            return
        found = self._threads(pids, sockets)
        self._asked = at
        same = bool(found) and found == self._before
        if not same:
            self._before, self._since = found, at
        self._world.still = self._since if same else None

    def _waiting(self, at: float) -> list[int]:
        """The pids of all, if all wait."""
        people = self._world.living_processes
        pids = [process.pid for process in people if process.pid is not None and _waits(process, at)]
        return pids if len(pids) == len(people) else []

    def _threads(self, pids: list[int], sockets: Collection[int]) -> dict[int, Threads]:
        """By pid; nothing where one of them may go on."""
        found: dict[int, Threads] = {}
        main = self._world.processes.get(self._world.main or 0)
        if pids and main is not None and main.pid in pids:
            self._outside |= standard_files(main.pid)
        files = Files(sockets, self._outside)
        for pid in sorted(pids, key=lambda pid: pid != self._moves):
            threads = blocked(pid, files)
            if threads is None:
                self._moves = pid
                return {}
            found[pid] = threads
        return found


def _waits(process: Process, at: float) -> bool:
    waiting = process.main_wait
    return (
        process.observed and process.state is State.WAITING and waiting is not None and at - waiting.since >= _PATIENCE
    )
