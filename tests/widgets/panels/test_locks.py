"""What is said of a lock in a line, and of a process that has ended."""

from __future__ import annotations

import pytest
from rockproc.observer.model import Lock, Process, RunState, Snapshot, State, Stream
from rockproc.observer.model.keys import LockKey, ProcessKey
from rockproc.widgets.bases.view import View, state_glyph
from rockproc.widgets.panels.locks import counted


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Lock", "taken     3 times, 6 of them after a wait; 2 timed out"),
        ("Condition", "notified  3 times; 6 waits; 2 timed out"),
        ("Event", "set       3 times; 6 waits; 2 timed out"),
        ("Barrier", "passed    3 times; 6 waits; 2 timed out"),
    ],
)
def test_what_is_counted_has_its_name(kind: str, text: str) -> None:
    lock = Lock(LockKey(1), kind, "it", acquired=3, contended=6, timed_out=2)
    assert "".join(part for part, _ in counted(lock)) == text


def test_an_exit_status_that_is_known_tells_how_it_went() -> None:
    ended = {"pid": 7, "state": State.GONE}
    assert state_glyph(Process(ProcessKey(1), "one", exitcode=0, **ended)) == ("✓", "dim")
    assert state_glyph(Process(ProcessKey(1), "one", exitcode=1, **ended)) == ("✖", "bad")
    assert state_glyph(Process(ProcessKey(1), "one", **ended)) == ("✗", "dim")


def test_a_pid_that_becomes_known_is_news() -> None:
    """Lines of output may have come before."""

    def view(pid: int | None) -> View:
        people = (Process(ProcessKey(1), "worker", pid=pid),)
        return View.of(
            Snapshot(RunState.RUNNING, 0.0, people, (), (), (), (), Stream(), Stream(), Stream(), {}, Stream(), None)
        )

    assert view(None).names != view(7).names
