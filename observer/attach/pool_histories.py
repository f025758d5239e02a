"""Remembers over several readings which workers the Pools of a program had while no task was taken.

A Pool replaces each worker that ends. If each one ends before its first task, then the same tasks stay in their pipe.
"""

from __future__ import annotations

import msgspec


class Untouched(msgspec.Struct):
    """A stretch of time in which no worker of a Pool has taken a task, although some wait."""

    since: float
    """Seconds since the start of the program."""
    tasks: tuple[int, str]
    """The number of bytes in the pipe of the tasks, and the numbers of the jobs whose results are still to come."""
    workers: set[int] = msgspec.field(default_factory=set[int])
    """The pids of all workers that the Pool was seen to have."""


class PoolHistories:
    """Keeps one such stretch for each Pool, by its key."""

    def __init__(self) -> None:
        self._by_pool: dict[int, Untouched] = {}

    def note(self, pool: int, tasks: tuple[int, str] | None, workers: set[int], now: float) -> tuple[int, float]:
        """Return the number of workers that the Pool has replaced since its tasks were left alone, and that moment.

        Args:
            pool: the key of the Pool.
            tasks: see `Untouched`; None if no task waits in the pipe, or a thread of the Pool puts one there.
            workers: the pids of its present workers.
            now: seconds since the start of the program.
        """
        known = self._by_pool.get(pool)
        if tasks is None:
            self._by_pool.pop(pool, None)
            return 0, now
        if known is None or known.tasks != tasks:
            known = self._by_pool[pool] = Untouched(now, tasks)
        known.workers |= workers
        return len(known.workers - workers), known.since
