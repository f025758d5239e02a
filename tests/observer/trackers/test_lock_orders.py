"""Locks that one process acquires and another one releases are not assumed to be held endlessly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from rockproc.observer.journals.reader import Record
from rockproc.observer.model import Lock, World
from rockproc.observer.model.keys import LockKey, ProcessKey
from rockproc.observer.trackers.lock_orders import LockOrderTracker
from rockproc.probe.layout import Kind

PROCESS, THREAD = ProcessKey(1), 7
SIGNAL, MOST_HELD = LockKey(5), 100


def acquired(key: int, *, may_give_up: bool = False) -> Record:
    return Record(0, THREAD, key, int(may_give_up), 0, 0, Kind.ACQUIRED, b"")


@pytest.mark.parametrize(("kind", "limit"), [("Lock", 1), ("RLock", MOST_HELD)])
def test_the_number_of_assumed_holds_is_bounded(kind: str, limit: int) -> None:
    world = World()
    world.locks[SIGNAL] = Lock(SIGNAL, kind, "signal", None)
    tracker = LockOrderTracker(world, lambda key: key)
    source: Any = SimpleNamespace(process=SimpleNamespace(key=PROCESS), site=Mock(return_value=None))
    for _ in range(3 * MOST_HELD):
        tracker.apply(source, acquired(SIGNAL), 0.0)
    assert len(tracker._held[PROCESS]) <= limit + 1


@pytest.mark.parametrize("may_give_up", [False, True])
def test_an_acquisition_that_may_fail_is_in_no_lock_order(may_give_up: bool) -> None:
    world = World()
    for key in (LockKey(1), LockKey(2)):
        world.locks[key] = Lock(key, "Lock", "lock", None)
    tracker = LockOrderTracker(world, lambda key: key)
    source: Any = SimpleNamespace(process=SimpleNamespace(key=PROCESS), site=Mock(return_value=None))
    tracker.apply(source, acquired(1), 0.0)
    tracker.apply(source, acquired(2, may_give_up=may_give_up), 0.0)
    assert len(world.lock_orders) == (0 if may_give_up else 1)
