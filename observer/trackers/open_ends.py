"""Finds the processes that have an end of an awaited pipe open."""

from __future__ import annotations

import time

from ..kernel.open_objects import open_ends
from ..model import World
from ..model.keys import ProcessKey

SHORTEST_EXAMINED_SECONDS = 0.3
"""The shortest wait that is examined."""
_PAUSE_SECONDS = 0.5
_REST_RATIO = 50
"""The pause after a look is this many times as long as the look took, if that is longer."""


def pause_after(seconds: float) -> float:
    """Return the pause after a look at what processes have open that took so many seconds."""
    return max(_PAUSE_SECONDS, _REST_RATIO * seconds)


class OpenEndTracker:
    """Keeps `world.open_ends`, as the kernel says it. It is asked only while a thread waits at a pipe."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next_look = 0.0

    def look(self, at: float) -> None:
        """Ask the kernel what each living process has open.

        Args:
            at: seconds since launch.
        """
        world = self._world
        living = world.living_processes
        waited = {
            wait.end
            for process in living
            for wait in process.waits
            if wait.end and at - wait.since > SHORTEST_EXAMINED_SECONDS
        }
        if not waited:
            world.open_ends = {}
            return
        if at < self._next_look and waited == world.open_ends.keys():
            return
        began = time.monotonic()
        found: dict[int, dict[ProcessKey, tuple[bool, bool]]] = {end: {} for end in waited}
        for process in living:
            has_open = open_ends(process.pid) if process.pid is not None else None
            if has_open is None:
                continue
            for end, ends in found.items():
                access = world.access.get(end)
                peer = access.peer if access is not None else None
                reads, writes = has_open.get(end, (False, False))
                # A message that is written at one end of a duplex Pipe is read at the other one.
                ends[process.key] = (reads, writes if peer is None else peer in has_open)
        world.open_ends = found
        self._next_look = at + pause_after(time.monotonic() - began)
