"""Managers, the objects in them, and the calls that cross to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ..probe.layout import Kind
from .lives import Source
from .names import Names
from .reader import CellState, Record
from .world import Hold, Managed, Manager, World

_HELD = re.compile(r"held by (?P<name>[^|]*?)(?P<thread>\|.*)?(, \d+ wait)?")
"""What the probe says of a lock. Another thread than the main one is named behind the process, as the server does."""


class Managing:
    """Keeps `world.managers` and `world.managed`."""

    def __init__(self, world: World, names: Names) -> None:
        self._world = world
        self._names = names
        self._states: dict[int, tuple[int, str, float]] = {}
        """What objects hold, also of those that no proxy has told of yet."""

    def apply(self, source: Source, record: Record, at: float) -> None:
        text = record.payload.decode("utf-8", "replace")
        site = source.site(record.site)
        if record.kind == Kind.METHOD:
            source.methods[record.a] = text
        elif record.kind == Kind.MANAGER:
            name = self._names.of_owner("Manager", site)
            self._world.managers[record.key] = Manager(record.key, text, name, record.a, site)
        elif record.kind == Kind.MANAGED:
            name = self._names.name(text, site).text
            managed = self._world.managed[record.key] = Managed(record.key, record.a, text, name, site)
            managed.value_calls, managed.value, _ = self._states.get(record.key, (0, "", at))
        elif record.kind == Kind.STATE:
            self._states[record.key] = record.a, text, at
            if record.key in self._world.managed:
                managed = self._world.managed[record.key]
                managed.value_calls, managed.value = record.a, text
        elif record.kind == Kind.CALL and record.key in self._world.managed:
            managed = self._world.managed[record.key]
            managed.last, managed.last_at, managed.caller = text, at, source.process.key

    def forget(self) -> None:
        """Of objects that are in the world no more."""
        self._states = {key: state for key, state in self._states.items() if key in self._world.managed}

    def known(self) -> set[int]:
        """Keys of which cells may tell."""
        return set(self._world.managed)

    def count(self, cells: Iterable[CellState]) -> None:
        """All cells of all processes that count for managed objects."""
        calls: Counter[int] = Counter()
        failed: Counter[int] = Counter()
        for cell in cells:
            calls[cell.key] += cell.a + cell.b
            failed[cell.key] += cell.b
        living = {process.pid for process in self._world.processes.values() if process.state.alive}
        for manager in self._world.managers.values():
            manager.alive = manager.pid in living
        for key, managed in self._world.managed.items():
            managed.calls, managed.failed = calls[key], failed[key]
            managed.held_by = self._holder(managed)

    def _holder(self, managed: Managed) -> Hold | None:
        held = _HELD.fullmatch(managed.value)
        # An answer that came after the telling may have been to a `release`.
        if held is None or managed.value_calls < managed.calls - managed.failed:
            return None
        manager = self._world.managers.get(managed.manager)
        if manager is not None and not manager.alive:
            return None  # nobody waits for what is gone
        named = [process for process in self._world.processes.values() if process.name == held["name"]]
        if len(named) != 1:
            return None
        thread = 0 if held["thread"] else named[0].main_thread or 0
        return Hold(named[0].key, thread, self._states[managed.key][2], None)
