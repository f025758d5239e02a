from __future__ import annotations

import random

import pytest
from rockproc.observer.model import State, StateInterval, Stream
from rockproc.observer.model.keys import ProcessKey
from rockproc.widgets.formatting import lane as lane_module
from rockproc.widgets.formatting.lane import NOTHING, Lane
from rockproc.widgets.formatting.time_window import Lens, Window

RUN, WAIT, STOP, ZOMBIE = State.RUNNING, State.WAITING, State.STOPPED, State.ZOMBIE
KINDS = (RUN, WAIT, STOP, ZOMBIE)
LETTERS = "rwszS "


def spans(*stretches: tuple[float, float | None, State]) -> Stream[StateInterval]:
    stream: Stream[StateInterval] = Stream()
    for begin, end, state in stretches:
        stream.append(StateInterval(ProcessKey(1), begin, end, state))
    return stream


def line(lane: Lane, stream: Stream[StateInterval], now: float, window: Window | None = None) -> str:
    lane.update(stream)
    states = lane.states(window or Window(0.0, 0.1, 12), now)
    return "".join(LETTERS[state] for state in states).rstrip()


def test_each_column_shows_its_longest_state() -> None:
    stream = spans((0.0, 0.34, RUN), (0.34, 0.58, WAIT), (0.58, 0.8, RUN), (0.8, None, ZOMBIE))
    assert line(Lane(), stream, 0.95) == "rrrwwwrrzz"


def test_an_open_interval_ends_now_or_with_the_next_one() -> None:
    lane, stream = Lane(), spans((0.0, None, RUN))
    assert line(lane, stream, 0.25) == "rrr"
    stream.replace_last(StateInterval(ProcessKey(1), 0.0, 0.3, RUN))
    stream.append(StateInterval(ProcessKey(1), 0.3, None, WAIT))
    assert line(lane, stream, 0.55) == "rrrwww"


def test_nothing_is_drawn_after_the_last_interval() -> None:
    stream = spans((0.2, 0.5, RUN), (0.7, 0.8, WAIT))
    assert line(Lane(), stream, 1.1) == "  rrr  w"


def test_nothing_later_than_now_is_drawn() -> None:
    lane = Lane()
    stream = spans((0.0, 0.3, RUN), (0.3, 0.8, WAIT), (0.8, None, STOP))
    assert line(lane, stream, 1.05) == "rrrwwwwwsss"
    assert line(lane, stream, 0.55) == "rrrwww"
    assert line(lane, stream, 0.15) == "rr"
    assert line(lane, stream, 0.55, Window(0.2, 0.1, 2)) == "rw"
    assert line(lane, stream, 1.05) == "rrrwwwwwsss"


def test_a_late_interval_replaces_earlier_states() -> None:
    lane, stream = Lane(), spans((0.0, 0.3, RUN), (0.3, 0.6, WAIT), (0.6, None, RUN))
    assert line(lane, stream, 0.85) == "rrrwwwrrr"
    stream.take_last()
    stream.replace_last(StateInterval(ProcessKey(1), 0.3, 0.4, WAIT))
    stream.append(StateInterval(ProcessKey(1), 0.4, None, ZOMBIE))
    assert line(lane, stream, 0.85) == "rrrwzzzzz"
    stream.take_last()
    stream.replace_last(StateInterval(ProcessKey(1), 0.3, 0.5, WAIT))
    assert line(lane, stream, 0.85) == "rrrww"


def test_an_earlier_view_can_be_drawn_in_between() -> None:
    lane, stream = Lane(), spans(*((step / 10, step / 10 + 0.1, KINDS[step % 3]) for step in range(10)))
    assert line(lane, stream, 1.0) == "rwsrwsrwsr"
    early = spans((0.0, 0.1, RUN), (0.1, None, WAIT))
    assert line(lane, early, 0.25) == "rww"
    assert line(lane, stream, 1.0) == "rwsrwsrwsr"


def brute_force(stretches: list[tuple[float, float | None, State]], window: Window, now: float) -> list[set[int]]:
    """Return, for each column, the states that held for its longest part, within rounding."""
    columns: list[set[int]] = []
    for column in range(window.columns):
        held = [0.0] * len(KINDS)
        for begin, end, state in stretches:
            last = now if end is None else min(end, now)
            held[KINDS.index(state)] += max(min(last, window.at(column + 1)) - max(begin, window.at(column)), 0.0)
        longest_seconds = max(held)
        columns.append(
            {kind for kind, value in enumerate(held) if longest_seconds - value < 1e-6}
            if longest_seconds > 1e-6
            else {NOTHING}
        )
    return columns


@pytest.mark.parametrize("seed", range(20))
def test_lanes_are_exact_at_every_scale(seed: int) -> None:
    rng = random.Random(seed)
    stretches: list[tuple[float, float | None, State]] = []
    at = rng.random()
    for _ in range(60):
        begin = at + rng.choice((0.0, 0.0, rng.random()))
        at = begin + rng.expovariate(3.0)
        stretches.append((begin, at, rng.choice(KINDS)))
    lane, stream = Lane(), Stream[StateInterval]()
    for begin, end, state in stretches:
        stream.append(StateInterval(ProcessKey(1), begin, end, state))
        lane.update(stream)
    for _ in range(20):
        cell = rng.choice((0.003, 0.05, 0.1, 0.7, 5.0))
        window = Window(round(rng.uniform(0, at) / cell) * cell, cell, 40)
        now = rng.uniform(0, at * 1.2)
        for seen, right in zip(lane.states(window, now), brute_force(stretches, window, now), strict=True):
            assert seen in right or right == {NOTHING}


def test_old_intervals_are_merged_with_exact_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old intervals must become coarser, while the total time of each state stays exact."""
    monkeypatch.setattr(lane_module, "_MAX_INTERVALS", 100)
    lane, stream = Lane(), Stream[StateInterval](100_000)
    for step in range(10_000):
        stream.append(StateInterval(ProcessKey(1), step / 10, step / 10 + 0.08, RUN))
        stream.append(StateInterval(ProcessKey(1), step / 10 + 0.08, step / 10 + 0.1, WAIT))
        lane.update(stream)
    assert len(lane._begins) <= 202
    assert len({len(lane._begins), len(lane._kinds), *map(len, lane._before)}) == 1
    running, waiting, *_ = lane.seconds(1000.0)
    assert (running, waiting) == pytest.approx((800.0, 200.0))
    assert lane.seconds(500.0)[0] == pytest.approx(400.0, rel=0.02)
    whole = Lens(whole=True).window(1000.0, 100)
    assert set(lane.states(whole, 1000.0)) <= {0, NOTHING}
    assert line(lane, stream, 1000.0, Window(999.8, 0.02, 10)) == "rrrrwrrrrw"


def test_a_column_that_was_drawn_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = spans(*((step / 100, step / 100 + 0.01, KINDS[step % 2]) for step in range(300)))
    lane, window = Lane(), Lens().window(3.0, 60)
    first = line(lane, stream, 3.0, window)
    computed: list[float] = []
    longest = Lane._longest

    def counted(self: Lane, begin: float, end: float) -> int:
        computed.append(begin)
        return longest(self, begin, end)

    monkeypatch.setattr(Lane, "_longest", counted)
    assert line(lane, stream, 3.0, window) == first
    assert len(computed) <= 1


def test_a_hidden_lane_loses_no_intervals() -> None:
    spans: Stream[StateInterval] = Stream(2000)
    seen, unseen = Lane(), Lane()
    for second in range(10_000):
        spans.append(StateInterval(ProcessKey(1), second, second + 1, State.WAITING if second % 2 else State.RUNNING))
        seen.update(spans)
        unseen.update(spans, soon=False)
    assert spans.first > 0
    unseen.update(spans)
    assert unseen.seconds(10_000.0) == seen.seconds(10_000.0)
