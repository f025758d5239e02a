from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyte
import pytest
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.screencasts.frames import grab
from textual.events import Key

from tests.fakes import FakeRun
from tests.tui.conftest import reached, settled


def read(path: Path) -> tuple[dict[str, Any], list[tuple[float, str, str]]]:
    header, *events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return header, [(at, code, data) for at, code, data in events]


def played(header: dict[str, Any], events: list[tuple[float, str, str]]) -> list[str]:
    """Return the rows that a terminal shows at the end of the cast."""
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    for _, code, data in events:
        if code == "o":
            stream.feed(data)
        elif code == "r":
            columns, rows = map(int, data.split("x"))
            screen.resize(rows, columns)
    return [line.rstrip() for line in screen.display]


def typed(path: Path) -> str:
    return "".join(data for _, code, data in read(path)[1] if code == "i")


def shown(app: RockprocApp) -> list[str]:
    return [strip.text.rstrip() for strip in grab(app)]


async def test_the_cast_shows_what_the_app_showed(tmp_path: Path, lab_app: RockprocApp) -> None:
    path = tmp_path / "out.cast"
    async with lab_app.run_test(size=(100, 30), notifications=True) as pilot:
        await settled(pilot)
        lab_app.start_recording(path)
        await pilot.press("up", "down", "down", "3", "x")
        await pilot.press("escape", "question_mark")
        await settled(pilot)
        lab_app._screencast.draw()  # type: ignore[union-attr]
        last = shown(lab_app)
        assert played(*read(path)) == last
        await pilot.resize_terminal(110, 35)
        await settled(pilot)
        lab_app._screencast.draw()  # type: ignore[union-attr]
        assert played(*read(path)) == shown(lab_app)
        lab_app.stop_recording()
    header, events = read(path)
    assert (header["version"], header["width"], header["height"]) == (2, 100, 30)
    assert [data for _, code, data in events if code == "i"][:5] == ["\x1b[A", "\x1b[B", "\x1b[B", "3", "x"]
    assert [data for _, code, data in events if code == "r"] == ["110x35"]
    assert all(earlier[0] <= later[0] for earlier, later in pairwise(events))


@pytest.mark.slow
async def test_the_first_event_is_a_whole_frame(tmp_path: Path, lab_app: RockprocApp) -> None:
    path = tmp_path / "out.cast"
    async with lab_app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        lab_app.start_recording(path)
        first = shown(lab_app)
        header, events = read(path)
        assert played(header, events[:1]) == first
        assert any("worker-1" in line for line in first)
        lab_app.stop_recording()


async def test_a_screencast_has_no_terminal_queries(tmp_path: Path, lab_app: RockprocApp) -> None:
    path = tmp_path / "out.cast"
    async with lab_app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        lab_app.start_recording(path)
        lab_app.copy("a secret")
        await pilot.press("6", "enter", "escape")
        await pilot.press("ctrl+q")
    _, events = read(path)
    written = "".join(data for _, code, data in events if code == "o")
    for forbidden in ("\x1b[?1049", "\x1b]52", "\x1b[?2026", "\x1b[6n", "\x1b[c", "\x1b[?1000", "\x1b[?2004", "\x07"):
        assert forbidden not in written
    assert written.endswith("\x1b[?25h")
    assert played(*read(path))[0] != ""  # the last frame stays


@pytest.mark.slow
async def test_an_unchanged_screen_writes_nothing(tmp_path: Path, lab_app: RockprocApp) -> None:
    path = tmp_path / "out.cast"
    async with lab_app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        lab_app.start_recording(path)
        await settled(pilot)
        lab_app._screencast.draw()  # type: ignore[union-attr]
        size = path.stat().st_size
        for _ in range(3):
            lab_app._screencast.draw()  # type: ignore[union-attr]
        assert path.stat().st_size == size
        lab_app.stop_recording()


async def test_an_unwritable_screencast_file_is_reported(tmp_path: Path) -> None:
    app = RockprocApp(FakeRun, template=Launch(""))
    async with app.run_test(notifications=True) as pilot:
        app.start_recording(tmp_path / "no" / "out.cast")
        await pilot.pause()
        assert not app.recording
        assert "cannot be recorded" in str([toast.message for toast in app._notifications])


async def test_a_key_starts_and_stops_the_screencast(tmp_path: Path, lab_app: RockprocApp, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    async with lab_app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("r")
        assert lab_app.recording
        await settled(pilot)
        assert "REC" in "\n".join(shown(lab_app))
        await pilot.press("r")
        assert not lab_app.recording
    (path,) = tmp_path.glob("*.cast")
    assert read(path)[0]["version"] == 2


async def test_a_key_that_is_held_for_a_dialog_is_written_once(tmp_path: Path, lab_app: RockprocApp) -> None:
    path = tmp_path / "out.cast"
    async with lab_app.run_test(size=(100, 30), notifications=True) as pilot:
        await settled(pilot)
        lab_app.start_recording(path)
        for key in ("question_mark", "s", "i", "g"):
            lab_app.post_message(Key(key, "?" if len(key) > 1 else key))
        await reached(pilot, lambda: typed(path).endswith("g"))
        lab_app.stop_recording()
    assert typed(path) == "?sig"
