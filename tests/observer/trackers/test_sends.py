"""Calls of `send()` overlap if each began before the other had ended."""

from __future__ import annotations

import pytest
from rockproc.observer.journals.reader import CellState
from rockproc.observer.model import Process, World
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.trackers.sends import SendTracker
from rockproc.probe.layout import CellKind, Op

PIPE = 100


def killed(key: int, *, began: int, ended: float) -> tuple[Process, CellState]:
    """Return a process that was ended inside a `send()`, and its cell; times are seconds."""
    cell = CellState(PIPE, 1, 0, 0, 0, 0, began, 0, Op.SEND, CellKind.CHANNEL, 0, 0)
    return Process(ProcessKey(key), f"Process-{key}", ended=ended), cell


@pytest.mark.parametrize(("second_began", "overlap"), [(2, True), (4, False)])
def test_overlapping_sends_of_killed_processes_are_found(second_began: int, overlap: bool) -> None:
    world = World()
    tracker = SendTracker(world, float)
    for process, cell in (killed(1, began=1, ended=3.0), killed(2, began=second_began, ended=5.0)):
        tracker.died(process, cell)
        tracker.died(process, cell)
    assert ((PIPE in world.access) and world.access[PIPE].overlapping == {(1, 1), (2, 1)}) is overlap


def test_sends_seen_in_the_same_poll_overlap() -> None:
    world = World()
    tracker = SendTracker(world, float)
    sending = [killed(1, began=1, ended=0.0), killed(2, began=2, ended=0.0)]
    tracker.living(sending[:1], 3.0)
    assert not world.access
    tracker.living(sending, 4.0)
    assert world.access[PIPE].overlapping == {(1, 1), (2, 1)}
    world.access.clear()
    tracker.forget()
    tracker.living(sending[:1], 5.0)
    assert not world.access
