from __future__ import annotations

import pytest
from rockproc.observer.stream import Stream
from rockproc.observer.world import Process, Span, State
from rockproc.widgets.lane import Lane

RUN, WAIT = State.RUNNING, State.WAITING


def spans(*stretches: tuple[float, float | None, State]) -> Stream[Span]:
    stream: Stream[Span] = Stream()
    for begin, end, state in stretches:
        stream.append(Span(1, begin, end, state))
    return stream


def process(**changes: object) -> Process:
    base = Process(1, "p", pid=7, state=WAIT, started=0.0)
    for name, value in changes.items():
        setattr(base, name, value)
    return base


def line(lane: Lane, who: Process, stream: Stream[Span] | None, now: float, columns: int = 40) -> str:
    lane.update(stream)
    return "".join(text for text, _ in lane.line(who, stream, now, columns))


def test_each_cell_shows_the_state_that_held_longest() -> None:
    stream = spans((0.0, 0.34, RUN), (0.34, 0.58, WAIT), (0.58, 0.8, RUN))
    assert line(Lane(), process(state=RUN), stream, 0.95) == "━━━╌╌╌━━━━"


def test_the_present_comes_from_the_process_where_no_span_is_open() -> None:
    assert line(Lane(), process(), spans((0.0, 0.2, RUN)), 0.49) == "━━╌╌╌"


def test_an_open_span_reaches_to_now_and_is_closed_by_the_next() -> None:
    lane, stream = Lane(), spans((0.0, None, RUN))
    assert line(lane, process(state=RUN), stream, 0.25) == "━━━"
    stream.append(Span(1, 0.3, None, WAIT))
    assert line(lane, process(), stream, 0.55) == "━━━╌╌╌"


def test_births_and_deaths_have_signs() -> None:
    stream = spans((0.2, 0.5, RUN))
    dead = process(state=State.JOINED, started=0.2, ended=0.5, exitcode=0)
    assert line(Lane(), dead, stream, 0.75) == "  ━━━✖  "
    fresh = process(state=State.CREATED, started=None, created=0.2)
    assert line(Lane(), fresh, None, 0.45) == "  ┊  "


def test_only_the_newest_part_is_shown_when_the_room_is_short() -> None:
    stream = spans((0.0, 1.0, RUN), (1.0, 2.0, WAIT))
    assert line(Lane(), process(), stream, 1.95, columns=4) == "╌╌╌╌"


def test_coarsening_keeps_the_time() -> None:
    fine, coarse = Lane(), Lane()
    coarse.coarsen(0.4)
    stream = spans(*((step / 10, step / 10 + 0.05 * (step % 3), RUN if step % 2 else WAIT) for step in range(100)))
    fine.update(stream)
    coarse.update(stream)
    fine.coarsen(0.4)
    assert fine.scale == pytest.approx(0.4)
    assert [[round(part, 6) for part in cell] for cell in fine._cells[: len(coarse._cells)]] == [
        [round(part, 6) for part in cell] for cell in coarse._cells
    ]
    assert sum(map(sum, fine._cells)) == pytest.approx(sum(0.05 * (step % 3) for step in range(100)))


def test_only_what_is_new_is_looked_at() -> None:
    lane, stream = Lane(), spans((0.0, 1.0, RUN))
    lane.update(stream)
    before = [list(cell) for cell in lane._cells]
    lane.update(stream)
    assert lane._cells == before
