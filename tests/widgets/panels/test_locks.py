"""The line that describes a lock, and the glyph of an ended process."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rockproc.observer.model import Channel, Hold, Lock, Process, RunState, Snapshot, State, Stream, Wait
from rockproc.observer.model.keys import ChannelKey, LockKey, ProcessKey
from rockproc.widgets.bases.view import View, state_glyph
from rockproc.widgets.panels.locks import _cells, counted
from rockproc.widgets.panels.lost_ends import lost_ends

from tests.fakes import snapshot


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Lock", "taken     3 times, 6 of them after a wait; 2 timed out"),
        ("Condition", "notified  3 times; 6 waits; 2 timed out"),
        ("Event", "set       3 times; 6 waits; 2 timed out"),
        ("Barrier", "passed    3 times; 6 waits; 2 timed out"),
    ],
)
def test_counts_of_a_lock_have_their_names(kind: str, text: str) -> None:
    lock = Lock(LockKey(1), kind, "it", acquired=3, contended=6, timed_out=2)
    assert "".join(part for part, _ in counted(lock)) == text


@pytest.mark.parametrize(("exitcode", "glyph"), [(0, ("✓", "dim")), (1, ("✖", "bad")), (None, ("✗", "dim"))])
def test_the_glyph_of_an_ended_process_shows_its_exit_status(exitcode: int | None, glyph: tuple[str, str]) -> None:
    assert state_glyph(Process(ProcessKey(1), "one", pid=7, state=State.GONE, exitcode=exitcode)) == glyph


def test_a_new_pid_changes_the_names_of_a_view() -> None:
    """The new process may have printed lines before."""

    def view(pid: int | None) -> View:
        people = (Process(ProcessKey(1), "worker", pid=pid),)
        return View.of(
            Snapshot(RunState.RUNNING, 0.0, people, (), (), (), (), Stream(), Stream(), Stream(), {}, Stream(), None)
        )

    assert view(None).names != view(7).names


def test_waiters_of_a_held_lock_are_named_as_long_as_there_is_room() -> None:
    view = View.of(snapshot())
    keys = [process.key for process in view.snapshot.processes]
    waiters = tuple(Hold(key, 1, 10.0, None) for key in keys[1:4])
    lock = Lock(LockKey(99), "Lock", "printer", holders=(Hold(keys[0], 1, 11.0, None),), waiters=waiters)

    def text(columns: int) -> str:
        return "".join(part for part, _ in _cells(lock, view, columns, 8)).strip()

    assert text(69) == "printer  ● main 1.4s  ◂ worker-1 2.4s worker-2 worker-3"
    assert text(48) == "printer  ● main 1.4s  ◂ worker-1 2.4s +2"


def test_no_name_is_cut_beside_the_state_of_a_condition() -> None:
    view = View.of(snapshot())
    keys = [process.key for process in view.snapshot.processes]
    lock = Lock(LockKey(99), "Condition", "fresh_bread", waiters=tuple(Hold(key, 1, 10.0, None) for key in keys[1:4]))
    text = "".join(part for part, _ in _cells(lock, view, 64, 11))
    assert text.strip() == "fresh_bread ○ free, notify() awaited  ◂ worker-1 2.4s +2"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (60, "key ✖ worker-1 ended by SIGTERM 1.4s  ◂ worker-2 2.4s"),
        (51, "key ✖ worker-1 ended by SIGTERM  ◂ worker-2 2.4s"),
        (45, "key ✖ worker-1  ◂ worker-2 2.4s"),
        (30, "key ✖ worker-1  ◂ worker-2"),
    ],
)
def test_parts_are_left_out_before_a_time_or_a_name_is_cut(columns: int, shown: str) -> None:
    main, dead, waits, *_ = snapshot().processes
    dead = replace(dead, name="worker-1", state=State.JOINED, exitcode=-15, signal="SIGTERM")
    view = View.of(replace(snapshot(), processes=(main, dead, waits)))
    holder, waiter = Hold(dead.key, 1, 11.0, None), Hold(waits.key, 1, 10.0, None)
    lock = Lock(LockKey(99), "Lock", "key", holders=(holder,), waiters=(waiter,))
    assert "".join(part for part, _ in _cells(lock, view, columns, 3)).strip() == shown


def test_the_end_of_a_queue_that_may_be_lost_is_shown_while_somebody_lives() -> None:
    killed = Process(ProcessKey(2), "reader", pid=8, state=State.JOINED, exitcode=-9, signal="SIGKILL")
    main = Process(ProcessKey(1), "main", pid=7, state=State.WAITING)
    main.waits = (Wait("get", "jobs", 5, 10.0, None, 1),)
    jobs = Channel(ChannelKey(5), "Queue", "jobs", ended_reading=(killed.key,))

    def rows(*processes: Process) -> list[str]:
        view = View.of(replace(snapshot(), processes=processes, channels=(jobs,), now=12.0))
        return ["".join(text for text, _ in cells).strip() for _, cells in lost_ends(view, 80)]

    assert rows(main, killed) == ["jobs, reading end ✖ reader ended by SIGKILL  ◂ main 2.0s"]
    assert rows(killed) == []
