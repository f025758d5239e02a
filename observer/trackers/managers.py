"""Managers, the objects in them, and the calls that cross to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec
from rockproc.probe import records
from rockproc.probe.layout import MANAGED_CALLS, MANAGED_FAILED, Kind

from ..journals.reader import CellState, Record
from ..model import ChangedCopy, Hold, ManagedObject, Manager, Process, Site, World
from ..model.keys import ManagedKey, ManagerKey, ProcessKey
from ..source.names import ObjectNames
from ..source.questions import copy_changes, extends_managers
from .managed_updates import ManagedUpdates
from .source import Source

_FIRST_ASSIGNED_KEY = -1
"""Keys of replaced objects count down from here: the probe uses all 64 bits, and a recording holds no larger number."""
_CONTAINERS = ("dict", "list")
_MAX_PENDING = 100
"""Objects with one key that are kept while only one of the two sides has reported them."""


class _Life(msgspec.Struct):
    """An object as its server reports it: first at `since`, last at `at`."""

    since: float
    at: float
    state: records.State


class _Again(msgspec.Struct):
    """A later proxy, of the same object or of the next one with the same identity."""

    managed: ManagedObject
    at: float
    last: str
    last_at: float | None
    caller: ProcessKey | None
    """The process that made the last call with that key before this proxy."""


class ManagerTracker:
    """Keeps `world.managers` and `world.managed` up to date.

    A server reuses the identity of an object once the object is deleted. Server and clients report their objects in
    journals of their own, and either journal may be read several objects ahead of the other. Reports that cannot be
    assigned to an object yet are kept until they can.
    """

    def __init__(self, world: World, names: ObjectNames) -> None:
        self._world = world
        self._names = names
        self._lives: defaultdict[ManagedKey, list[_Life]] = defaultdict(list)
        """The objects with one key, from the one that is shown on, also those that no proxy has reported yet."""
        self._since: dict[ManagedKey, float] = {}
        """The time at which the first proxy reported the object that is shown."""
        self._again: defaultdict[ManagedKey, list[_Again]] = defaultdict(list)
        self._before: dict[ManagedKey, tuple[int, int]] = {}
        """The numbers of calls, and of failed ones, of earlier objects with that key."""
        self._proxies_at: set[Site] = set()
        """Lines that change objects of a manager which are items of others."""
        self._updates = ManagedUpdates()
        self._next_key = ManagedKey(_FIRST_ASSIGNED_KEY)
        """The key for the next object that loses its own to a successor."""

    def apply(self, source: Source, record: Record, at: float) -> None:
        site = source.site(record.site)
        if record.kind == Kind.METHOD:
            label = records.Label.unpack(record)
            source.methods[label.number] = label.name
        elif record.kind == Kind.MANAGER:
            manager, name = records.Manager.unpack(record), self._names.of_owner("Manager", site)
            key = ManagerKey(record.key)
            extended = site is None or extends_managers(site.path)
            self._world.managers[key] = Manager(key, manager.class_name, name, manager.pid, site, extended=extended)
        elif record.kind == Kind.MANAGED:
            made = records.Managed.unpack(record)
            name = self._names.name(made.type_name, site).text
            self._proxied(
                ManagedObject(ManagedKey(record.key), ManagerKey(made.manager), made.type_name, name, site), at
            )
        elif record.kind == Kind.STATE:
            self._reported(ManagedKey(record.key), records.State.unpack(record), at)
        elif record.kind == Kind.CALL and record.key in self._world.managed:
            managed = self._world.managed[ManagedKey(record.key)]
            call = records.Call.unpack(record).call
            managed.last, managed.last_at, managed.caller = call, at, source.process.key
            if site is not None:
                self._find_changed_copy(managed, call, site)
                self._updates.apply(managed, (source.process.key, record.thread), record, site)

    def _find_changed_copy(self, managed: ManagedObject, call: str, site: Site) -> None:
        """Find out whether the line of a call changes what it returns."""
        method, _, arguments = call.partition("(")
        if method != "__getitem__":
            # The returned object is a proxy itself, and the change reaches its object.
            if any(change.method == method for change in copy_changes(site)):
                self._proxies_at.add(site)
                for other in self._world.managed.values():
                    other.changed_copies = tuple(copy for copy in other.changed_copies if copy.site != site)
            return
        if site in self._proxies_at or any(copy.site == site for copy in managed.changed_copies):
            return
        for change in copy_changes(site):
            if change.item == arguments[:-1] or (change.base == managed.name and managed.type in _CONTAINERS):
                managed.changed_copies += (ChangedCopy(site, change.text),)
                return

    def _reported(self, key: ManagedKey, state: records.State, at: float) -> None:
        """Record the state of an object that the server has reported."""
        lives = self._lives[key]
        if not lives or state.number > lives[-1].state.number:
            lives.append(_Life(at, at, state))
            del lives[:-_MAX_PENDING]
        for life in lives:
            # A thread of the server may report a state after another thread has reported a later one.
            if life.state.number == state.number and life.state.calls <= state.calls:
                life.state, life.at = state, at
        self._settle(key)

    def _proxied(self, managed: ManagedObject, at: float) -> None:
        shown = self._world.managed.get(managed.key)
        if shown is None:
            self._enter(managed, at)
        else:
            again = self._again[managed.key]
            again.append(_Again(managed, at, shown.last, shown.last_at, shown.caller))
            del again[:-_MAX_PENDING]
        self._settle(managed.key)

    def _enter(self, managed: ManagedObject, at: float) -> None:
        self._world.managed[managed.key] = managed
        self._since[managed.key] = at

    def _settle(self, key: ManagedKey) -> None:
        """Show the last object with this key that both sides have reported."""
        while key in self._world.managed:
            shown, since = self._world.managed[key], self._since[key]
            lives, again = self._lives[key], self._again[key]
            while len(lives) > 1 and lives[1].since <= since:
                del lives[0]
            if lives and lives[0].since <= since:
                shown.value_calls, shown.value = lives[0].state.calls, lives[0].state.text
            # A proxy from before that time is a further one of the object that is shown.
            following = next((life.since for life in lives if life.since > since), None)
            reported = following or (lives[0].at if lives else since)
            again[:] = [proxy for proxy in again if proxy.at >= reported]
            if following is None or not again:
                return
            self._replace(shown, again.pop(0))

    def _replace(self, old: ManagedObject, again: _Again) -> None:
        """Give the key of a deleted object to its successor; the old object stays listed under a new key."""
        key = old.key
        # The last poll may have counted too few calls, or calls of the next object; the server has reported at its end.
        old.calls = old.value_calls + old.failed
        before = self._before.get(key, (0, 0))
        self._before[key] = before[0] + old.calls, before[1] + old.failed
        if old.last_at is not None and old.last_at >= again.at:
            new = again.managed
            new.last, new.last_at, new.caller = old.last, old.last_at, old.caller
            old.last, old.last_at, old.caller = again.last, again.last_at, again.caller
        old.key, old.replaced, old.held_by = self._next_key, True, None
        self._next_key = ManagedKey(self._next_key - 1)
        kept = [(thing.key, thing) for thing in self._world.managed.values()]
        self._world.managed.clear()
        self._world.managed.update(kept)
        self._enter(again.managed, again.at)

    def forget(self) -> None:
        """Drop what concerns objects that are no longer in the world."""
        known = self._world.managed
        self._updates.forget(set(known))
        for kept in (self._lives, self._since, self._again, self._before):
            for key in kept.keys() - known.keys():
                del kept[key]

    def known(self) -> set[int]:
        """Return the keys that cells of these objects may have."""
        return set(self._world.managed)

    def count(self, cells: Iterable[CellState]) -> None:
        """Set the counts and holders of all managed objects, from the cells of all processes."""
        calls: Counter[int] = Counter()
        failed: Counter[int] = Counter()
        for cell in cells:
            calls[cell.key] += cell[MANAGED_CALLS] + cell[MANAGED_FAILED]
            failed[cell.key] += cell[MANAGED_FAILED]
        living = {process.pid for process in self._world.processes.values() if process.state.alive}
        for manager in self._world.managers.values():
            manager.alive = manager.pid in living
        for key, managed in self._world.managed.items():
            if not managed.replaced:
                before = self._before.get(key, (0, 0))
                managed.calls, managed.failed = calls[key] - before[0], failed[key] - before[1]
                managed.held_by = self._holder(managed)

    def _holder(self, managed: ManagedObject) -> Hold | None:
        """Return the thread that holds a lock; None if that is not certain."""
        lives = self._lives[managed.key]
        # An answer that came after the report may have been to a `release`.
        if not lives or not lives[0].state.holder_pid or managed.value_calls < managed.calls - managed.failed:
            return None
        manager = self._world.managers.get(managed.manager)
        if manager is not None and not manager.alive:
            return None  # nobody waits for what is gone
        state = lives[0].state
        process = self._process(state.holder_pid, at=lives[0].at)
        if process is None:
            return None
        thread = process.main_thread or 0 if state.by_main_thread else 0
        return Hold(process.key, thread, lives[0].at, None)

    def _process(self, pid: int, at: float) -> Process | None:
        """Return the process that had a pid at that moment."""
        having = (process for process in self._world.processes.values() if process.pid == pid)
        return next((process for process in having if process.ended is None or process.ended >= at), None)
