"""The look-up tables of a view are reused as long as only time passes."""

from __future__ import annotations

from msgspec.structs import replace
from rockproc.observer.model import Stream
from rockproc.widgets.bases.view import View

from tests.fakes import MAIN, ONE, snapshot


def test_a_later_view_reuses_unchanged_lookup_tables() -> None:
    keys = {"kill": "9"}
    now = snapshot(12.4)
    view = View.of(now, keys=keys)
    later = view.updated(replace(now, now=13.4), keys)
    assert later.now == 13.4
    assert later.processes is view.processes
    renamed = tuple(replace(process, name="newcomer") if process.key == ONE else process for process in now.processes)
    changed = later.updated(replace(now, processes=renamed, messages=Stream()), keys)
    assert changed.processes[ONE].name == "newcomer"
    assert changed.who(MAIN) == view.who(MAIN)
    assert view.updated(now, {"kill": "K"}).key("kill") == "K"


def test_a_view_of_another_moment_reuses_nothing() -> None:
    then = View.of(snapshot(3.0), moment=3.0)
    assert then.updated(then.snapshot, then.keys).moment is None
