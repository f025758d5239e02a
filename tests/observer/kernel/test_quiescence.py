"""When everything in a program stands still, whatever the kernel says of each process."""

from __future__ import annotations

import pytest
from rockproc.observer.kernel import quiescence
from rockproc.observer.kernel.blocked_threads import Files, Threads
from rockproc.observer.kernel.quiescence import Quiescence
from rockproc.observer.model import State

from tests.observer.findings.worlds import Invented


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> dict[int, Threads | None]:
    """What it says, by pid; who was asked, as the key 0."""
    answers: dict[int, Threads | None] = {1: {"1": 5}, 2: {"2": 7}, 0: {}}

    def blocked(pid: int, _files: Files) -> Threads | None:
        asked = answers[0]
        assert asked is not None
        asked[str(pid)] = asked.get(str(pid), 0) + 1
        return answers[pid]

    monkeypatch.setattr(quiescence, "blocked", blocked)
    return answers


def waiting() -> Invented:
    there = Invented()
    items = there.channel("items")
    for name in "one", "two":
        there.waits(there.process(name), "get", items)
    return there


def test_two_looks_between_which_nobody_has_run(kernel: dict[int, Threads | None]) -> None:
    world = waiting().world
    still = Quiescence(world)
    still.look((), 10.0)
    assert world.still is None
    kernel[2] = {"2": 8}
    still.look((), 10.5)
    assert world.still is None
    still.look((), 11.0)
    assert world.still == 10.5
    kernel[2] = {"2": 9}
    still.look((), 17.0)
    assert world.still is None


def test_what_is_proved_is_asked_for_now_and_then(kernel: dict[int, Threads | None]) -> None:
    there = waiting()
    still = Quiescence(there.world)
    for tenths in range(100, 160, 5):
        still.look((), tenths / 10)
    assert kernel[0] == {"1": 3, "2": 3}
    there.world.processes[2].state = State.STOPPED
    still.look((), 16.0)
    assert there.world.still is None


def test_who_went_on_is_asked_first(kernel: dict[int, Threads | None]) -> None:
    kernel[2] = None
    still = Quiescence(waiting().world)
    for tenths in range(100, 150, 5):
        still.look((), tenths / 10)
    assert kernel[0] == {"1": 1, "2": 10}


@pytest.mark.parametrize("state", [State.RUNNING, State.STOPPED])
def test_nobody_is_asked_while_one_runs(state: State, kernel: dict[int, Threads | None]) -> None:
    there = waiting()
    there.process("three", state)
    Quiescence(there.world).look((), 10.0)
    assert kernel[0] == {}


def test_a_process_without_a_probe_may_do_anything(kernel: dict[int, Threads | None]) -> None:
    there = waiting()
    there.process("sleep", probed=False)
    Quiescence(there.world).look((), 10.0)
    assert kernel[0] == {}
