"""A few pictures of the screen, to be checked by eye when they change. They belong to the locked Textual version."""

from __future__ import annotations

import math
import struct
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from rockproc.observer.model import SharedValue
from rockproc.observer.model.keys import ValueKey
from rockproc.observer.scenarios import catalog
from rockproc.observer.scenarios.catalog import Scenario, load
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app.application import RockprocApp
from rockproc.widgets.panels.shared_values import SharedValues
from textual.pilot import Pilot

from tests.fakes import FakeRun, snapshot
from tests.parameters import fast_first
from tests.tui.conftest import settled

SIZES = [(80, 24), (140, 40)]
WIDE_FIRST = fast_first([(size,) for size in reversed(SIZES)], ids=map(str, reversed(SIZES)))
DEADLINE_SECONDS = 60.0
STILL_SCREENS = 4
"""The number of equal screens in a row, a tenth of a second apart, after which a screen is at rest."""


async def ready(pilot: Pilot[Any], shows: str = "") -> None:
    """Wait until the screen shows a text and no longer changes: a panel is drawn again when it has its place."""
    shown, same = "", 0
    deadline = time.monotonic() + DEADLINE_SECONDS
    while same < STILL_SCREENS and time.monotonic() < deadline:
        await settled(pilot)
        await pilot.pause(0.1)
        before, shown = shown, pilot.app.export_screenshot()  # with colours: the focus may still move
        there = shows.replace(" ", "&#160;") in shown
        same = same + 1 if shown == before and there else 0
    assert same == STILL_SCREENS, f"the screen does not come to rest, or does not show {shows!r}"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_lab(snap_compare: Any, lab_app: RockprocApp, script: Path, size: tuple[int, int]) -> None:
    """Main waits in join, two workers wait for each other's lock, one is a zombie, and one has not begun."""
    lab_app.seen_steps[load(script).steps_key] = {0}
    assert snap_compare(lab_app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_catalog(
    snap_compare: Any, script: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: tuple[int, int]
) -> None:
    """The Catalog shows one group, one of two steps as observed, and the source from its first line of code."""
    good = load(script)
    broken = Scenario(tmp_path / "broken.py", "broken.py", "yours", error="line 2: invalid syntax", runnable=False)
    monkeypatch.setattr(catalog, "bundled", lambda: [good])
    monkeypatch.setattr(catalog, "found_in", Mock(return_value=[broken]))
    app = RockprocApp(FakeRun, template=Launch("", python="/usr/bin/python3.14"))
    app.seen_steps[load(script).steps_key] = {0}
    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", WIDE_FIRST)
def test_timeline(snap_compare: Any, lab_app: RockprocApp, script: Path, size: tuple[int, int]) -> None:
    """The enlarged timeline has a cursor in its column 20, and arrows for messages between main and the workers."""
    lab_app.seen_steps[load(script).steps_key] = {0}

    async def at_a_moment(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        await pilot.press("2", "enter", "home", "shift+right", "shift+right")
        await ready(pilot)

    assert snap_compare(lab_app, terminal_size=size, run_before=at_a_moment)


@pytest.mark.parametrize("size", WIDE_FIRST)
def test_wait_for_graph(snap_compare: Any, lab_app: RockprocApp, script: Path, size: tuple[int, int]) -> None:
    """Below the enlarged list of locks are the cycle of two workers, and main, which waits for one of them."""
    lab_app.seen_steps[load(script).steps_key] = {0}

    async def enlarged(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        await pilot.press("5", "enter", "end")
        await ready(pilot)

    assert snap_compare(lab_app, terminal_size=size, run_before=enlarged)


@pytest.mark.parametrize("size", WIDE_FIRST)
@pytest.mark.slow
def test_picture(
    snap_compare: Any, lab_app: RockprocApp, script: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """An enlarged Array of 60 × 40 numbers shows rings that are brightest in the middle."""
    monkeypatch.setattr(SharedValues, "coloured", True)
    lab_app.seen_steps[load(script).steps_key] = {0}
    numbers = [1000 - int(math.hypot(x - 30, (y - 20) * 1.5)) * 20 % 700 for y in range(40) for x in range(60)]
    rings = SharedValue(
        ValueKey(9), "Array", "rings", "int[2400]", layout="i*2400/4", raw=struct.pack("2400i", *numbers), size=9600
    )
    FakeRun.first = snapshot(values=(*snapshot().values, rings))

    async def enlarged(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        await pilot.press("4", "end", "enter", "w")
        await ready(pilot, "40 rows of 60")

    assert snap_compare(lab_app, terminal_size=size, run_before=enlarged)
