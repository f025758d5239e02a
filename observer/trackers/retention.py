"""Lets the oldest go of what is over, so that a run of any length can be watched.

All of which something may come yet is kept, whatever its number: what lives, what a living process uses, what a finding
is about, and the parents of those that live. What has been let go is counted in `World.forgotten`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..model import OBJECTS, Process, State, World, is_part_of_program, is_unobserved

MOST = 1_000
"""So many are kept of the processes that have ended, of the objects of each kind that nobody who lives has used, and of
the findings that are over."""
_MORE = 100
_PACE = 1.0
"""It is looked for some once there are so many more, and so many seconds after the last time."""
_OVER = (State.JOINED, State.GONE)


class Retention:
    def __init__(self, world: World) -> None:
        self._world = world
        self._looked = 0.0

    @property
    def due(self) -> bool:
        world = self._world
        many = any(len(getattr(world, name)) > MOST + _MORE for name in (*OBJECTS, "findings"))
        return many and world.now - self._looked >= _PACE

    def let_go(self, telling: set[int], used: set[int]) -> None:
        """telling: processes that may have more to tell. used: objects that living processes have used."""
        world = self._world
        self._looked = world.now
        world.changes += 1
        self._drop("findings", (key for key, finding in world.findings.items() if not finding.active))
        used = used | {key for key, manager in world.managers.items() if manager.alive}
        about = {key for finding in world.findings.values() for key in finding.objects}
        for name in OBJECTS:
            if name == "processes":
                continue  # last: what goes here may be all that has kept them
            keys: Iterable[int] = getattr(world, name).keys()
            self._drop(name, (key for key in keys if key not in used and key not in about))
        wanted = self._wanted() | telling
        ended = [each for each in world.processes.values() if each.state in _OVER]
        gone = self._drop("processes", (each.key for each in ended if each.key not in wanted))
        self._sum_up(gone.values())
        for key in gone:
            world.spans.pop(key, None)

    def _wanted(self) -> set[int]:
        """The processes that live, those that others tell of, and the ancestors of both."""
        world = self._world
        wanted = {key for finding in world.findings.values() for key in finding.processes}
        for lock in world.locks.values():
            wanted |= {hold.process for hold in lock.holders}
        wanted |= {each.held_by.process for each in world.managed.values() if each.held_by is not None}
        for pool in world.pools.values():
            wanted |= {*pool.broken_by, *pool.read_by, *(worker.process for worker in pool.workers)}
        for value in world.values.values():
            if value.segment is not None and value.unlinked is None:
                wanted |= {*value.opened_by, *value.bereft, *filter(None, [value.owner])}
        by_pid = {each.pid: each for each in world.processes.values() if each.pid is not None}
        kept = {world.main or 0}
        for process in world.processes.values():
            below: Process | None = process if process.state not in _OVER or process.key in wanted else None
            while below is not None and below.key not in kept:
                kept.add(below.key)
                below = by_pid.get(below.parent or 0)
        return kept

    def _drop(self, name: str, over: Iterable[Any]) -> Mapping[int, Any]:
        """Those that are over, without the newest of them."""
        objects = getattr(self._world, name)
        keys = list(over)
        gone = {key: objects.pop(key) for key in keys[: max(len(keys) - MOST, 0)]}
        forgotten: Any = self._world.forgotten
        self._world.forgotten = replace(forgotten, **{name: getattr(forgotten, name) + len(gone)})
        return gone

    def _sum_up(self, processes: Iterable[Process]) -> None:
        forgotten = self._world.forgotten
        for each in processes:
            unobserved = is_unobserved(each)
            forgotten = replace(
                forgotten,
                operations=forgotten.operations + each.operations,
                records=forgotten.records + each.records,
                dropped=forgotten.dropped + each.dropped,
                faults=forgotten.faults + each.faults,
                unobserved=forgotten.unobserved + unobserved,
                unobserved_parts=forgotten.unobserved_parts + (unobserved and is_part_of_program(each)),
                fault=forgotten.fault or (f"{each.name}: {each.fault}" if each.fault else ""),
            )
        self._world.forgotten = forgotten
