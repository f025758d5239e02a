"""Asks the kernel at each sample about living processes: their threads, and what they have open."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..kernel.thread_sampler import ThreadSampler
from ..model import World
from ..model.keys import LockKey
from ..trackers.open_ends import OpenEndTracker
from ..trackers.passed_objects import PassedObjectTracker
from .blocked_lines import BlockedLines
from .connection_ends import ConnectionEnds


class Samplers:
    """Asks the kernel at each sample of the process table."""

    def __init__(self, world: World, lock_of: Callable[[LockKey], LockKey]) -> None:
        """Create it for one run.

        Args:
            world: the model that it keeps.
            lock_of: returns the key of the object that a lock is a part of.
        """
        self._open_ends = OpenEndTracker(world)
        self._passed_objects = PassedObjectTracker(world, lock_of)
        self._threads = ThreadSampler(world)
        self._blocked_lines = BlockedLines(world)
        self._connection_ends = ConnectionEnds(world)

    def look(self, sockets: Collection[int], at: float) -> None:
        """Sample open ends, threads, blocked lines and the other ends of connections.

        Args:
            sockets: the inodes of sockets that are channels.
            at: seconds since launch.
        """
        self._open_ends.look(at)
        self._passed_objects.look(at)
        self._threads.look(sockets, at)
        self._blocked_lines.look(at)
        self._connection_ends.look(at)

    def forget(self) -> None:
        """Drop what concerns processes that are no longer in the world."""
        self._passed_objects.forget()
        self._blocked_lines.forget()
