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
        self._since: dict[int, float] = {}
        """When each object was told of by its first proxy."""
        self._born: dict[int, float] = {}
        """When the server last made an object of that key: an identity is given again once its object is no more."""
        self._again: dict[int, tuple[Managed, float]] = {}
        """What another proxy has told of an object that is there: it may be of one that its server will tell of."""
        self._before: dict[int, tuple[int, int]] = {}
        """Calls, and failed ones, of earlier objects with that key."""
        self._gone = 0
        """The last key that was given to one of these."""

    def apply(self, source: Source, record: Record, at: float) -> None:
        text = record.payload.decode("utf-8", "replace")
        site = source.site(record.site)
        if record.kind == Kind.METHOD:
            source.methods[record.a] = text
        elif record.kind == Kind.MANAGER:
            name = self._names.of_owner("Manager", site)
            self._world.managers[record.key] = Manager(record.key, text, name, record.a, site)
        elif record.kind == Kind.MANAGED:
            managed = Managed(record.key, record.a, text, self._names.name(text, site).text, site)
            if record.key not in self._world.managed:
                self._enter(managed, at)
            elif self._is_over(record.key):
                self._replace(managed, at)
            else:
                self._again[record.key] = managed, at
        elif record.kind == Kind.STATE:
            if record.b:
                self._is_new(record.key, at)
            self._states[record.key] = record.a, text, at
            if record.key in self._world.managed and not self._is_over(record.key):
                managed = self._world.managed[record.key]
                managed.value_calls, managed.value = record.a, text
        elif record.kind == Kind.CALL and record.key in self._world.managed:
            managed = self._world.managed[record.key]
            managed.last, managed.last_at, managed.caller = text, at, source.process.key

    def _enter(self, managed: Managed, at: float) -> None:
        self._world.managed[managed.key] = managed
        self._since[managed.key] = at
        managed.value_calls, managed.value, _ = self._states.get(managed.key, (0, "", at))

    def _is_new(self, key: int, at: float) -> None:
        """The server has made an object: where it has the identity of an earlier one, that is no more."""
        self._born[key] = at
        if key in self._world.managed and self._is_over(key):
            again = self._again.pop(key, None)
            if again is not None and again[1] > at:
                self._replace(*again)

    def _is_over(self, key: int) -> bool:
        """Its server has made another object of that key, of which no proxy has told yet."""
        return self._born.get(key, -1.0) > self._since[key]

    def _replace(self, managed: Managed, at: float) -> None:
        """Another object has the key of one that is no more, which keeps its place under a key of its own."""
        key = managed.key
        old = self._world.managed[key]
        # What the last look has counted may have been too few, or the next one's; the server has told at its end.
        old.calls = old.value_calls + old.failed
        before = self._before.get(key, (0, 0))
        self._before[key] = before[0] + old.calls, before[1] + old.failed
        self._gone -= 1
        old.key, old.held_by = self._gone, None
        kept = [(self._gone if each == key else each, thing) for each, thing in self._world.managed.items()]
        self._world.managed.clear()
        self._world.managed.update(kept)
        self._enter(managed, at)

    def forget(self) -> None:
        """Of objects that are in the world no more."""
        known = self._world.managed
        self._states = {key: state for key, state in self._states.items() if key in known}
        self._since = {key: at for key, at in self._since.items() if key in known}
        self._born = {key: at for key, at in self._born.items() if key in known}
        self._again = {key: again for key, again in self._again.items() if key in known}
        self._before = {key: counts for key, counts in self._before.items() if key in known}

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
            if key > 0:  # of the others, nothing more will come
                before = self._before.get(key, (0, 0))
                managed.calls, managed.failed = calls[key] - before[0], failed[key] - before[1]
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
