"""The observer must poll at the right times, by a simulated clock."""

from __future__ import annotations

import pytest
from rockproc.observer.run import poll_schedule as module
from rockproc.observer.run.poll_schedule import PollSchedule


class Clock:
    def __init__(self) -> None:
        self.now, self.used = 100.0, 0.0

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        return self.used

    def takes(self, seconds: float) -> None:
        self.now += seconds
        self.used += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.mark.parametrize(
    ("quiet", "took", "rest"),
    [
        (False, 0.001, 0.049),
        (False, 0.03, 0.09),
        (False, 1.0, 0.1),
        (True, 0.0001, 0.0999),
        (True, 0.002, 0.8),
        (True, 1.0, 1.0),
    ],
)
def test_a_poll_is_followed_by_a_pause(clock: Clock, *, quiet: bool, took: float, rest: float) -> None:
    schedule = PollSchedule()
    assert schedule.rest == 0
    clock.now += 1
    schedule.quiet = not quiet
    with schedule.look():
        clock.takes(took)
        schedule.quiet = quiet
    assert schedule.rest == pytest.approx(rest)
    schedule.wake()
    assert schedule.rest == pytest.approx(min(rest, 0.05) if quiet else rest)
    schedule.wake(at_once=True)
    assert schedule.rest == 0


def test_the_first_polls_come_soon(clock: Clock) -> None:
    schedule = PollSchedule()
    with schedule.look():
        clock.takes(0.001)
    assert schedule.rest == pytest.approx(0.009)


@pytest.mark.parametrize(("quiet", "took", "apart"), [(False, 0.1, 0.5), (True, 0.001, 1.0), (True, 1.0, 3.0)])
def test_samples_are_rare_while_idle_and_soon_for_new_processes(
    clock: Clock, *, quiet: bool, took: float, apart: float
) -> None:
    schedule = PollSchedule()
    schedule.quiet = quiet
    assert schedule.samples(new=False)
    began = clock.now
    with schedule.sample():
        clock.takes(took)
    clock.now = began + apart - 0.01
    assert not schedule.samples(new=False)
    clock.now = began + apart
    assert schedule.samples(new=False)
    with schedule.sample():
        pass
    clock.now += 0.1
    assert not schedule.samples(new=True)
    clock.now += 0.1
    assert schedule.samples(new=True)
    with schedule.sample():
        pass
    assert not schedule.samples(new=False)
    schedule.sample_soon()
    assert schedule.samples(new=False)


def test_only_some_polls_search_for_findings(clock: Clock) -> None:
    schedule = PollSchedule()
    assert schedule.finds()
    assert not schedule.finds()
    clock.now += 0.25
    assert schedule.finds()
    schedule.quiet = True
    clock.now += 1.9
    assert not schedule.finds()
    clock.now += 0.1
    assert schedule.finds()
    clock.now += 0.3
    assert not schedule.finds()
    schedule.quiet = False
    assert schedule.finds()
