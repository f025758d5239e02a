"""Finds the objects that were passed to a process in a way in which the probe does not find them.

The probe searches the arguments of a process only to a certain depth. A process that was started by spawn or forkserver
has nothing open but what it was passed or has made, so that the kernel knows all of it.
"""

from __future__ import annotations

from collections.abc import Callable

from ..kernel.open_objects import open_objects
from ..model import Process, World
from ..model.keys import LockKey
from ..model.process import BY_IMPORT
from .coverage import semaphore_key
from .open_ends import SHORTEST_EXAMINED_SECONDS


class PassedObjectTracker:
    """Adds to `Access.given`, and keeps `world.examined`."""

    def __init__(self, world: World, lock_of: Callable[[LockKey], LockKey]) -> None:
        """Create it for one run.

        Args:
            world: the model whose `access` it completes.
            lock_of: returns the key of the object that a lock is a part of.
        """
        self._world = world
        self._lock_of = lock_of

    def look(self, at: float) -> None:
        """Ask the kernel once about each process that has begun its work, if a thread waits.

        Args:
            at: seconds since launch.
        """
        living = self._world.living_processes
        if not any(at - wait.since > SHORTEST_EXAMINED_SECONDS for process in living for wait in process.waits):
            return
        examined = self._world.examined
        for process in living:
            is_asked = process.start_method in BY_IMPORT and process.ran and process.key not in examined
            if is_asked and self._examine(process):
                examined.add(process.key)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        self._world.examined &= self._world.processes.keys()

    def _examine(self, process: Process) -> bool:
        """Record what a process has open; return False if that is not known."""
        has_open = open_objects(process.pid) if process.pid is not None else None
        if has_open is None:
            return False
        keys = {*has_open.channels, *(self._lock_of(semaphore_key(name)) for name in has_open.semaphores)}
        for key in keys:
            access = self._world.access.get(key)
            if access is not None and access.maker != process.key:
                access.given.add(process.key)
        return True
