"""Since when nothing in a program has moved, and nothing in it ever will by itself."""

from __future__ import annotations

from collections.abc import Collection

from .blocked import Files, Threads, blocked, standard_files
from .world import HELPERS, Process, State, World

_PATIENCE = 0.5
"""Seconds for which a process waits before the operating system is asked about its threads."""


class Stillness:
    """Keeps `world.still`.

    If between two looks no thread of any process has run, then there was a moment at which all of them were waiting. If
    each waits for what only another one could do, that moment lasts for ever.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._before: dict[int, Threads] = {}
        self._since = 0.0

    def look(self, sockets: Collection[int], at: float) -> None:
        """sockets: inodes of those that the program has made in pairs."""
        found = self._threads(sockets, at)
        same = bool(found) and found == self._before
        if not same:
            self._before, self._since = found, at
        self._world.still = self._since if same else None

    def _threads(self, sockets: Collection[int], at: float) -> dict[int, Threads]:
        """Of all processes by key; nothing where one of them may go on."""
        people = [each for each in self._world.processes.values() if each.state.alive and each.role not in HELPERS]
        pids = [each.pid for each in people if each.pid is not None and _waits(each, at)]
        if len(pids) < len(people):
            return {}
        files = Files(sockets, standard_files(pids))
        found: dict[int, Threads] = {}
        for pid in pids:
            threads = blocked(pid, files)
            if threads is None:
                return {}
            found[pid] = threads
        return found


def _waits(process: Process, at: float) -> bool:
    waiting = process.waiting
    return process.probed and process.state is State.WAITING and waiting is not None and at - waiting.since >= _PATIENCE
