"""A user sets an Event of a running program in a real terminal."""

from __future__ import annotations

import os

import pytest

from tests.end_to_end.conftest import SCENARIOS, Open


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may open a semaphore that has no name")
def test_an_event_can_be_set_by_hand(open_terminal: Open) -> None:
    terminal = open_terminal("--start-method", "fork", str(SCENARIOS / "event.py"), columns=140, rows=40)
    terminal.wait_for(lambda: terminal.line("runner-3", "wait start"), what="three runners at the line")
    terminal.press("u")
    terminal.wait_for("start.set()")
    terminal.press("enter")
    terminal.wait_for("enter do it")
    assert not terminal.line("lap 1")
    terminal.press("enter")
    terminal.wait_for(lambda: terminal.line("runner-1: lap 1") or terminal.line("lap 1"), what="a runner that runs")
    terminal.press("@")
    terminal.wait_for(lambda: terminal.line("Command log"), what="the command log")
    terminal.wait_for(lambda: any("start.set()" in row and "." in row for row in terminal.rows), what="the act in it")
