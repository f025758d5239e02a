"""Managers, the objects in them, and the calls that cross to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..probe.layout import Kind
from .lives import Source
from .names import Names
from .reader import CellState, Record
from .world import Managed, Manager, World


class Managing:
    """Keeps `world.managers` and `world.managed`."""

    def __init__(self, world: World, names: Names) -> None:
        self._world = world
        self._names = names
        self._states: dict[int, tuple[int, str]] = {}
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
            managed.value_calls, managed.value = self._states.get(record.key, (0, ""))
        elif record.kind == Kind.STATE:
            self._states[record.key] = record.a, text
            if record.key in self._world.managed:
                managed = self._world.managed[record.key]
                managed.value_calls, managed.value = record.a, text
        elif record.kind == Kind.CALL and record.key in self._world.managed:
            managed = self._world.managed[record.key]
            managed.last, managed.last_at, managed.caller = text, at, source.process.key

    def count(self, cells: Iterable[CellState]) -> None:
        """All cells of all processes that count for managed objects."""
        calls: Counter[int] = Counter()
        failed: Counter[int] = Counter()
        for cell in cells:
            calls[cell.key] += cell.a + cell.b
            failed[cell.key] += cell.b
        for key, managed in self._world.managed.items():
            managed.calls, managed.failed = calls[key], failed[key]
        living = {process.pid for process in self._world.processes.values() if process.state.alive}
        for manager in self._world.managers.values():
            manager.alive = manager.pid in living
