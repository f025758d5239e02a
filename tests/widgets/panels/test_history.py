from __future__ import annotations

from msgspec.structs import replace
from rockproc.observer.model import State, StateInterval, Stream, TimelineMark
from rockproc.widgets.bases.view import View
from rockproc.widgets.panels.history import History
from rockproc.widgets.panels.legend import Legend

from tests.fakes import MAIN, ONE, THREE, snapshot


def intervals(*found: StateInterval) -> Stream[StateInterval]:
    stream: Stream[StateInterval] = Stream()
    stream.extend(found)
    return stream


def history(view: View) -> list[str]:
    panel = History()
    panel.view = view
    return panel.copied().splitlines()


def test_history_names_starts_long_waits_signals_findings_and_ends_in_order() -> None:
    spans = {
        ONE: intervals(
            StateInterval(ONE, 0.4, 1.0, State.RUNNING),
            StateInterval(ONE, 1.0, 1.05, State.WAITING, "get tasks"),
            StateInterval(ONE, 1.1, 3.1, State.WAITING, "acquire lock_b"),
            StateInterval(ONE, 5.0, None, State.WAITING, "join worker-2"),
            StateInterval(ONE, 6.0, 7.0, State.WAITING, "asleep"),
        )
    }
    lines = history(View.of(snapshot(spans=spans)))
    assert [line for line in lines if "worker-1" in line][:3] == [
        "0.400 worker-1 started by fork, pid 4125",
        "1.100 worker-1 waits: acquire lock_b, 2.0 s",
        "5.000 worker-1 waits: join worker-2, until now",
    ]
    assert any("worker-3 gets SIGTERM" in line for line in lines)
    assert any("worker-3 ended: SIGTERM, exitcode −15" in line for line in lines)
    assert any("finding: deadlock" in line for line in lines)
    times = [float(line.split()[0]) for line in lines]
    assert times == sorted(times)


def test_history_of_an_earlier_moment_leaves_out_what_came_later() -> None:
    spans = {ONE: intervals(StateInterval(ONE, 1.0, 9.0, State.WAITING, "get tasks"))}
    view = View.of(replace(snapshot(spans=spans), now=5.0), moment=5.0)
    assert history(view) == ["0.400 worker-1 started by fork, pid 4125", "1.000 worker-1 waits: get tasks, until now"]


def test_history_has_no_gap_where_old_events_are_dropped() -> None:
    many = (StateInterval(MAIN, at, at + 0.5, State.WAITING, f"get {at}") for at in range(1000))
    marks: Stream[TimelineMark] = Stream()
    marks.extend(TimelineMark(float(at), "signal", THREE, "SIGUSR1") for at in range(1000))
    lines = history(View.of(snapshot(now=1000.0, spans={MAIN: intervals(*many)}, marks=marks, findings=())))
    begin = float(lines[0].split()[0])
    assert sum("SIGUSR1" in line for line in lines) == 1000 - begin
    assert sum("waits" in line for line in lines) in (1000 - begin, 999 - begin)


def test_every_glyph_of_the_legend_has_a_meaning() -> None:
    text = Legend().copied()
    assert "═ waits forever: no process can end this wait" in text
    assert len(text.splitlines()) == 15
