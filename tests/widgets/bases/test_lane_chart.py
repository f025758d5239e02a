from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from rockproc.observer.kernel.idle import ASLEEP
from rockproc.observer.model import (
    Finding,
    Hold,
    Lock,
    MessageEvent,
    Process,
    Severity,
    Site,
    Snapshot,
    State,
    StateInterval,
    Stream,
    ThreadChange,
    TimelineMark,
    Verdict,
    Wait,
)
from rockproc.widgets.bases.lane_chart import LaneChart, legend
from rockproc.widgets.bases.view import View

from tests.fakes import LOCK_A, LOCK_B, ONE, TWO, snapshot

WHERE = Site("/home/you/two_locks.py", 36)

WAIT = Wait("acquire", "b", LOCK_B, 1.0, None, 1)
PROCESS = Process(ONE, "one", pid=5, state=State.WAITING, started=0.0, main_thread=1, waits=(WAIT,))


def world(now: float, **changes: Any) -> Snapshot:
    marks, messages = Stream[TimelineMark](), Stream[MessageEvent]()
    return snapshot(now, marks=marks, messages=messages, **changes)


def lanes(*intervals: tuple[float, float | None, State, str]) -> dict[int, Stream[StateInterval]]:
    stream: Stream[StateInterval] = Stream()
    for begin, end, state, text in intervals:
        stream.append(StateInterval(ONE, begin, end, state, text))
    return {ONE: stream}


def drawn(view: View, process: Process = PROCESS, columns: int = 30) -> str:
    chart = LaneChart()
    chart.read(view, [process])
    return "".join(glyph for glyph, _ in chart.line(process, view, chart.window(view, columns))).rstrip()


def test_sleeping_waiting_and_running_look_different() -> None:
    spans = lanes(
        (0.0, 0.5, State.RUNNING, ""), (0.5, 1.0, State.WAITING, ASLEEP), (1.0, None, State.WAITING, "get tasks")
    )
    view = View.of(world(2.5, processes=(PROCESS,), spans=spans, findings=()))
    assert drawn(view) == "┊━━━━┄┄┄┄┄╌╌ tasks ╌╌╌╌╌╌"


def test_a_wait_that_a_finding_proves_to_be_endless_is_marked() -> None:
    spans = lanes((0.0, 1.0, State.RUNNING, ""), (1.0, None, State.WAITING, "acquire b"))
    finding = Finding("deadlock", Severity.ERROR, Verdict.CERTAIN, "", 2.0, processes=(ONE,), objects=(LOCK_B,))
    view = View.of(world(2.5, processes=(PROCESS,), spans=spans, findings=(finding,)))
    assert drawn(view) == "┊━━━━━━━━━══ b ══════════"
    over = View.of(world(2.5, processes=(PROCESS,), spans=spans, findings=(replace(finding, active=False),)))
    assert "═" not in drawn(over)
    died = replace(finding, rule="holder-died", processes=(TWO,))
    for timed, marked in ((False, True), (True, False)):
        process = replace(PROCESS, waits=tuple(replace(wait, timed=timed) for wait in PROCESS.waits))
        view = View.of(world(2.5, processes=(process,), spans=spans, findings=(died,)))
        assert ("═" in drawn(view, process)) is marked
    for site, marked in ((WHERE, True), (None, False)):  # of several that wait for a Pool, the site tells which one
        process = replace(PROCESS, waits=tuple(replace(wait, timed=False, site=WHERE) for wait in PROCESS.waits))
        lost = replace(died, rule="task-lost", site=site)
        view = View.of(world(2.5, processes=(process,), spans=spans, findings=(lost,)))
        assert ("═" in drawn(view, process)) is marked


def test_the_future_of_a_rewound_view_is_kept_and_faint() -> None:
    spans = lanes((0.0, 1.0, State.RUNNING, ""), (1.0, 2.0, State.WAITING, ""))
    chart = LaneChart()
    chart.read(View.of(world(2.0, processes=(PROCESS,), spans=spans)), [PROCESS])
    rewound = View.of(world(1.0, processes=(PROCESS,), spans=spans, findings=()), 1.0)
    chart.read(rewound, [PROCESS])
    line = chart.line(PROCESS, rewound, chart.window(rewound, 30))
    assert "".join(glyph for glyph, _ in line).rstrip() == "┊" + "━" * 19 + "╌" * 10
    assert {role for _, role in line[20:30]} == {"faint"}


def test_a_held_lock_is_drawn_above_the_lane_until_it_is_released() -> None:
    chart = LaneChart()
    lock = Lock(LOCK_A, "Lock", "a", holders=(Hold(ONE, 1, 0.5, None),))
    for now, locks in ((0.6, (lock,)), (1.0, (lock,)), (1.1, (replace(lock, holders=()),))):
        view = View.of(world(now, processes=(PROCESS,), spans=lanes((0.0, None, State.RUNNING, "")), locks=locks))
        chart.read(view, [PROCESS])
    holds = "".join(glyph for glyph, _ in chart.holds(PROCESS, view, chart.window(view, 20)))
    assert holds.rstrip() == "        ▀a▀▀▀▀▀▀▀▀▀"


def test_the_legend_explains_what_is_drawn() -> None:
    line = [("━", "run"), ("═", "dead")]
    assert legend([line], 80) == "  ═ waits forever  ━ runs"
    assert legend([line], 20) == "  ═ waits forever"


def test_a_thread_has_a_lane_that_is_blank_where_nothing_is_known_of_it() -> None:
    changes = Stream[ThreadChange]()
    for at, state, text in ((0.5, State.WAITING, "acquire a"), (1.5, State.RUNNING, ""), (2.0, State.GONE, "")):
        changes.append(ThreadChange(ONE, 77, at, state, text))
    chart = LaneChart()
    view = View.of(world(2.4, processes=(PROCESS,), thread_changes=changes, findings=()))
    chart.read(view, [PROCESS])
    assert chart.threads(PROCESS) == [77]
    drawn = "".join(glyph for glyph, _ in chart.thread_line(PROCESS, 77, view, chart.window(view, 30)))
    assert drawn.rstrip() == "     ╌╌ a ╌╌╌╌╌━━━━━"


def test_an_endless_wait_of_a_thread_is_marked() -> None:
    changes = Stream[ThreadChange]()
    changes.append(ThreadChange(ONE, 77, 1.0, State.WAITING, "acquire b"))
    finding = Finding("deadlock", Severity.ERROR, Verdict.CERTAIN, "", 2.0, processes=(ONE,), objects=(LOCK_B,))
    process = replace(PROCESS, waits=(replace(WAIT, thread=77),))
    view = View.of(world(2.4, processes=(process,), thread_changes=changes, findings=(finding,)))
    chart = LaneChart()
    chart.read(view, [process])
    glyphs = "".join(glyph for glyph, _ in chart.thread_line(process, 77, view, chart.window(view, 30)))
    assert glyphs.strip() == "══ b ═════════"
