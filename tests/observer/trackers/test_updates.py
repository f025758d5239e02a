"""Two processes write a Value concurrently only if no operation in between can have put the writes in order."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rockproc.observer.journals.reader import CellState
from rockproc.observer.model import Dependence, Process, SharedValue, Site, Updater, Updates, World
from rockproc.observer.model.keys import LockKey, ProcessKey, ValueKey
from rockproc.observer.trackers.updates import UpdateTracker
from rockproc.probe.layout import CellKind

VALUE, LOCK = ValueKey(5), 6
LOOKS = 4


def started(key: ProcessKey, begin: float = 0.0, joined: float | None = None) -> Process:
    return Process(key, f"process {key}", parent=7, started=begin, joined=joined)


def cell(key: int, what: int, *, first: int = 0, second: int = 0) -> CellState:
    return CellState(key, 1, first, second, 0, 0, 0, 0, 0, what, 0, 0)


@pytest.mark.parametrize("acquires", [False, True])
def test_writes_with_other_operations_in_between_may_be_in_order(acquires: bool) -> None:
    world = World()
    tracker = UpdateTracker(world, lambda key: key)
    for look in range(1, LOOKS):
        for process in (ProcessKey(1), ProcessKey(2)):
            source: Any = SimpleNamespace(process=started(process), left=0)
            cells = [cell(VALUE, CellKind.VALUE, second=look), cell(LOCK, CellKind.LOCK, first=look if acquires else 0)]
            tracker.look(source, cells, float(look))
    updates = world.updates.get(VALUE)
    assert (updates is not None and updates.concurrent) is not acquires


@pytest.mark.parametrize(("second_begins", "expected"), [(2, True), (3, False)])
def test_single_writes_are_concurrent_if_both_processes_live_at_the_same_time(
    second_begins: int, expected: bool
) -> None:
    world = World()
    tracker = UpdateTracker(world, lambda key: key)
    for look in range(1, 6):
        for process, begins, ends in ((1, 1, 3), (2, second_begins, 5)):
            if begins <= look <= ends:
                child = started(ProcessKey(process), begins, joined=ends)
                source: Any = SimpleNamespace(process=child, left=0)
                tracker.look(source, [cell(VALUE, CellKind.VALUE, second=int(look > begins))], float(look))
    updates = world.updates.get(VALUE)
    assert (updates is not None and updates.concurrent) is expected


def test_writes_under_different_locks_are_concurrent() -> None:
    world = World()
    tracker = UpdateTracker(world, lambda key: key)
    for process in (1, 2):
        key, site = ProcessKey(process), Site("app.py", process)
        locks = frozenset({LockKey(LOCK + process)})
        world.updates.setdefault(VALUE, Updates()).updaters[key, site] = Updater(
            key, site, Dependence.SAME_LINE, None, locks
        )
    for look in range(1, LOOKS):
        for process in (1, 2):
            source: Any = SimpleNamespace(process=started(ProcessKey(process)), left=0)
            held = cell(LOCK + process, CellKind.LOCK, first=look)
            tracker.look(source, [cell(VALUE, CellKind.VALUE, second=look), held], float(look))
    assert world.updates[VALUE].concurrent


@pytest.mark.parametrize(("dependence", "expected"), [(Dependence.SAME_LINE, True), (Dependence.NONE, False)])
def test_a_value_that_assigns_turns_orders_updates(dependence: Dependence, expected: bool) -> None:
    world = World()
    tracker = UpdateTracker(world, lambda key: key)
    turn, key, site = ValueKey(VALUE + 1), ProcessKey(1), Site("app.py", 3)
    world.updates[turn] = Updates({(key, site): Updater(key, site, dependence)})
    for look in range(1, LOOKS):
        for process in (1, 2):
            source: Any = SimpleNamespace(process=started(ProcessKey(process)), left=0)
            cells = [cell(written, CellKind.VALUE, second=look) for written in (VALUE, turn)]
            tracker.look(source, cells, float(look))
    assert (VALUE in world.updates and world.updates[VALUE].concurrent) is expected


@pytest.mark.parametrize(("text", "expected"), [("import fcntl\nfcntl.flock(f, 2)\n", False), ("x = 1\n", True)])
def test_updates_under_a_lock_of_the_file_system_are_not_called_concurrent(
    text: str, expected: bool, tmp_path: Path
) -> None:
    script = tmp_path / "app.py"
    script.write_text(text)
    world = World()
    tracker = UpdateTracker(world, lambda key: key)
    key, site = ProcessKey(1), Site(str(script), 2)
    world.updates[VALUE] = Updates({(key, site): Updater(key, site, Dependence.SAME_LINE)})
    for look in range(1, LOOKS):
        for process in (1, 2):
            source: Any = SimpleNamespace(process=started(ProcessKey(process)), left=0)
            tracker.look(source, [cell(VALUE, CellKind.VALUE, second=look)], float(look))
    assert world.updates[VALUE].concurrent is expected


@pytest.mark.parametrize(
    ("joined", "reads", "acquired", "expected"),
    [(None, 1, 0, True), (3.0, 1, 0, True), (1.0, 1, 0, False), (None, 100, 0, False), (None, 1, 1, False)],
)
def test_short_siblings_that_only_write_values_are_concurrent(
    joined: float | None, reads: int, acquired: int, expected: bool
) -> None:
    """The first has ended before the second is looked at for the first time."""
    world = World()
    tracker = UpdateTracker(world, lambda key: key)
    for process in (started(ProcessKey(1), 0.5, joined), started(ProcessKey(2), 2.0)):
        source: Any = SimpleNamespace(process=process, left=0)
        cells = [cell(VALUE, CellKind.VALUE, first=reads, second=1), cell(LOCK, CellKind.LOCK, first=acquired)]
        tracker.look(source, cells, 4.0)
    assert (VALUE in world.updates and world.updates[VALUE].concurrent) is expected


@pytest.mark.parametrize(("lock", "expected"), [(LOCK, True), (LOCK + 1, False)])
def test_the_lock_of_the_value_itself_puts_no_updates_in_order(lock: int, expected: bool) -> None:
    """Each access takes the lock; only an operation that had to wait for another process is counted."""
    world = World()
    world.values[VALUE] = SharedValue(VALUE, "Value", "v", "int", lock=LockKey(lock))
    tracker = UpdateTracker(world, lambda key: key)
    for process in (started(ProcessKey(1), 0.5), started(ProcessKey(2), 2.0)):
        source: Any = SimpleNamespace(process=process, left=0)
        cells = [cell(VALUE, CellKind.VALUE, first=1, second=1), cell(LOCK, CellKind.LOCK, first=2)]
        tracker.look(source, cells, 4.0)
    assert (VALUE in world.updates and world.updates[VALUE].concurrent) is expected
