"""Builds immutable views of a world for screens, reports and recordings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ..model import RunState, Snapshot, World
from ..model.keys import ValueKey
from ..model.tree import in_tree_order

Item = TypeVar("Item", bound=Struct)
Key = TypeVar("Key", bound=int)


class SnapshotBuilder:
    """Builds snapshots. An object that has not changed since the last snapshot is the same copy in the next one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._last: Snapshot | None = None
        self._copies: dict[str, dict[int, Any]] = defaultdict(dict)
        """The copies in the last snapshot, by the name of their collection and their key."""

    def build(self, contents: Mapping[ValueKey, bytes], per_second: float) -> Snapshot:
        world, held = self._world, self._held
        if self._last is not None and self._last.version == world.version:
            return replace(self._last, now=world.now)
        processes = held("processes", world.processes)
        self._last = Snapshot(
            state=world.state,
            now=world.now,
            processes=tuple(in_tree_order(processes)),
            channels=tuple(held("channels", world.channels)),
            values=tuple(held("values", world.values)),
            locks=tuple(held("locks", world.locks)),
            managers=tuple(held("managers", world.managers)),
            managed=tuple(held("managed", world.managed)),
            pools=tuple(held("pools", world.pools)),
            findings=tuple(world.findings.values()),
            messages=world.messages,
            output=world.output,
            marks=world.marks,
            spans=dict(world.spans),
            commands=world.commands,
            main=self._copies["processes"].get(world.main) if world.main is not None else None,
            contents=contents,
            records_per_second=0.0 if world.state is RunState.ENDED else per_second,
            forgotten=world.forgotten,
            main_cannot_finish=world.main_cannot_finish,
            thread_changes=world.thread_changes,
            version=world.version,
        )
        return self._last

    def _held(self, kind: str, objects: dict[Key, Item]) -> list[Item]:
        copies = self._copies[kind]
        for key in copies.keys() - objects.keys():
            del copies[key]
        for key, item in objects.items():
            known = copies.get(key)
            if known != item:
                copies[key] = replace(item)
        return [copies[key] for key in objects]
