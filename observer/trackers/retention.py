"""Drops the oldest ended objects, so that a run of any length can be observed.

Objects about which something may still be reported are kept, however many there are: those that live, those that a
living process uses, those that a finding is about, and the parents of living processes. What has been dropped is
counted in `World.forgotten`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from ..model import OBJECTS, Process, State, World, is_part_of_program, is_unobserved
from ..model.keys import ProcessKey

MAX_OBJECTS = 1_000
"""The number of ended processes, of inactive findings, and of objects of each kind that are kept, which no living
process has used."""
_MAX_EXCESS_OBJECTS = 100
"""Objects are only dropped once there are this many more than `MAX_OBJECTS`."""
_PAUSE_SECONDS = 1.0
_OVER = (State.JOINED, State.GONE)


class Retention:
    """Drops ended objects from a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looked = 0.0

    @property
    def due(self) -> bool:
        world = self._world
        many = any(len(getattr(world, name)) > MAX_OBJECTS + _MAX_EXCESS_OBJECTS for name in (*OBJECTS, "findings"))
        return many and world.now - self._looked >= _PAUSE_SECONDS

    def drop_oldest(self, unfinished: set[ProcessKey], used: set[int]) -> None:
        """Drop the oldest ended objects.

        Args:
            unfinished: keys of the processes whose journals may hold more.
            used: keys of the objects that living processes have used.
        """
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
        wanted = self._wanted() | unfinished
        ended = [process for process in world.processes.values() if process.state in _OVER]
        gone = self._drop("processes", (process.key for process in ended if process.key not in wanted))
        self._sum_up(gone.values())
        for key in gone:
            world.spans.pop(ProcessKey(key), None)

    def _wanted(self) -> set[ProcessKey]:
        """Return the keys of the processes that live, those that other objects refer to, and the ancestors of both."""
        world = self._world
        wanted = {key for finding in world.findings.values() for key in finding.processes}
        for lock in world.locks.values():
            wanted |= {hold.process for hold in lock.holders}
        wanted |= {managed.held_by.process for managed in world.managed.values() if managed.held_by is not None}
        for pool in world.pools.values():
            wanted |= {*pool.broken_by, *pool.read_by, *(worker.process for worker in pool.workers)}
        for value in world.values.values():
            if value.segment is not None and value.unlinked is None:
                wanted |= {*value.opened_by, *value.bereft, *filter(None, [value.owner])}
        by_pid = {process.pid: process for process in world.processes.values() if process.pid is not None}
        kept = {world.main} if world.main is not None else set[ProcessKey]()
        for process in world.processes.values():
            below: Process | None = process if process.state not in _OVER or process.key in wanted else None
            while below is not None and below.key not in kept:
                kept.add(below.key)
                below = by_pid.get(below.parent or 0)
        return kept

    def _drop(self, name: str, over: Iterable[Any]) -> Mapping[int, Any]:
        """Drop the oldest of the ended objects, and return them."""
        objects = getattr(self._world, name)
        keys = list(over)
        gone = {key: objects.pop(key) for key in keys[: max(len(keys) - MAX_OBJECTS, 0)]}
        forgotten: Any = self._world.forgotten
        self._world.forgotten = replace(forgotten, **{name: getattr(forgotten, name) + len(gone)})
        return gone

    def _sum_up(self, processes: Iterable[Process]) -> None:
        forgotten = self._world.forgotten
        for process in processes:
            unobserved = is_unobserved(process)
            forgotten = replace(
                forgotten,
                operations=forgotten.operations + process.operations,
                records=forgotten.records + process.records,
                dropped=forgotten.dropped + process.dropped,
                faults=forgotten.faults + process.faults,
                unobserved=forgotten.unobserved + unobserved,
                unobserved_parts=forgotten.unobserved_parts + (unobserved and is_part_of_program(process)),
                subinterpreters=forgotten.subinterpreters + process.subinterpreters,
                fault=forgotten.fault or (f"{process.name}: {process.fault}" if process.fault else ""),
            )
        self._world.forgotten = forgotten
