"""In a small terminal, the right panel must be below the processes."""

from __future__ import annotations

from msgspec.structs import replace
from rockproc.observer.model.stream import stream_of
from rockproc.tui.screens.lab_layout import Arrangement

from tests.fakes import snapshot


def test_a_remembered_panel_is_shown_unless_it_has_nothing_to_show() -> None:
    arrangement = Arrangement(remembered=6)
    arrangement.follow(snapshot())
    assert arrangement.second == 6
    arrangement.follow(replace(snapshot(), output=stream_of(0, [])))
    assert arrangement.second == 3


def test_a_panel_chosen_in_this_session_is_kept() -> None:
    arrangement = Arrangement(remembered=3)
    arrangement.focus(6)
    arrangement.follow(replace(snapshot(), output=stream_of(0, [])))
    assert arrangement.second == 6
