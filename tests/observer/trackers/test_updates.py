"""Processes write a Value concurrently only if nothing that they did in between can have put them in order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rockproc.observer.journals.reader import CellState
from rockproc.observer.model import World
from rockproc.observer.model.keys import ProcessKey, ValueKey
from rockproc.observer.trackers.updates import UpdateTracker
from rockproc.probe.layout import CellKind

VALUE, LOCK = ValueKey(5), 6
LOOKS = 4


def cell(key: int, what: int, *, first: int = 0, second: int = 0) -> CellState:
    return CellState(key, 1, first, second, 0, 0, 0, 0, 0, what, 0, 0)


@pytest.mark.parametrize("acquires", [False, True])
def test_writes_with_other_operations_in_between_may_be_in_order(acquires: bool) -> None:
    world = World()
    tracker = UpdateTracker(world, lambda key: key)
    for look in range(1, LOOKS):
        for process in (ProcessKey(1), ProcessKey(2)):
            source: Any = SimpleNamespace(process=SimpleNamespace(key=process), left=0)
            cells = [cell(VALUE, CellKind.VALUE, second=look), cell(LOCK, CellKind.LOCK, first=look if acquires else 0)]
            tracker.look(source, cells, float(look))
    updates = world.updates.get(VALUE)
    assert (updates is not None and updates.concurrent) is not acquires
