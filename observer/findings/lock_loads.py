"""Measures for how long several processes have waited for the same lock without a pause."""

from __future__ import annotations

import msgspec

from ..model import World
from ..model.keys import LockKey, ProcessKey

_LONGEST_GAP_SECONDS = 1.0
"""The longest time between two samples of a stretch: what happened in a longer one is unknown."""
_MIN_SHARE = 0.8
"""The share of the time in which at least two processes wait."""


class LockLoad(msgspec.Struct):
    """A stretch in which at least two processes waited for a lock most of the time, and one of them held it."""

    since: float
    acquired_before: int
    """The number of times that the lock had been acquired when the stretch began."""
    at: float
    acquired: int = 0
    crowded_seconds: float = 0.0
    """Seconds in which at least two processes waited."""
    waited_seconds: float = 0.0
    """The sum of the waits of all processes."""
    processes: set[ProcessKey] = msgspec.field(default_factory=set[ProcessKey])

    @property
    def seconds(self) -> float:
        return self.at - self.since


class LockLoads:
    """Keeps the present stretch of each lock."""

    def __init__(self) -> None:
        self.loads: dict[LockKey, LockLoad] = {}

    def look(self, world: World) -> None:
        """Add the waits of this moment to the stretches."""
        for key, lock in world.locks.items():
            if lock.kind not in ("Lock", "RLock") or lock.internal:
                continue
            waiting = {waiter.process for waiter in lock.waiters}
            crowded = len(waiting) >= 2 and bool(lock.holders)
            load = self.loads.get(key)
            if load is None or world.now - load.at > _LONGEST_GAP_SECONDS:
                if crowded:
                    self.loads[key] = LockLoad(world.now, lock.acquired, world.now)
                continue
            passed, load.at = world.now - load.at, world.now
            load.acquired = lock.acquired - load.acquired_before
            load.waited_seconds += passed * len(waiting)
            load.crowded_seconds += passed if crowded else 0.0
            load.processes |= waiting | {hold.process for hold in lock.holders}
            if load.crowded_seconds < _MIN_SHARE * load.seconds:
                del self.loads[key]
        for key in self.loads.keys() - world.locks.keys():
            del self.loads[key]
