"""Choices of the user are remembered in the next session."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rockproc.observer.scenarios.catalog import load
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.settings import preferences
from rockproc.tui.settings.preferences import Preferences
from rockproc.tui.settings.theme import LIGHT
from rockproc.widgets.panels.key_bar import KeyBar

from tests.fakes import FakeRun
from tests.tui.conftest import lab, settled


@pytest.fixture
def make(script: Path) -> Callable[[], RockprocApp]:
    return lambda: RockprocApp(FakeRun, template=Launch(str(script)), opens=load(script))


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("", Preferences()),
        ("[1, 2]", Preferences()),
        ("{", Preferences()),
        ("[" * 9_000, Preferences()),
        ('{"theme": 3, "sort_order": "odd", "second_panel": 1, "zoomed": true}', Preferences()),
        ('{"second_panel": 99, "zoomed": 2.5, "more": []}', Preferences()),
        ('{"theme": "nord", "second_panel": 6, "left_percent": 35}', Preferences("nord", 6, 35)),
        ('{"left_percent": 99, "top_percent": "50", "arguments": [1]}', Preferences()),
        ('{"arguments": {"/a.py": "-n 3", "/b.py": 4}}', Preferences(arguments={"/a.py": "-n 3"})),
    ],
)
def test_invalid_preferences_are_ignored(tmp_path: Path, text: str, then: Preferences) -> None:
    file = tmp_path / "preferences.json"
    assert preferences.load(file) == Preferences()
    file.write_text(text)
    assert preferences.load(file) == then


def test_preferences_are_written_atomically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "state" / "preferences.json"
    preferences.save(Preferences(theme="name"), file)
    assert preferences.load(file) == Preferences(theme="name")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    preferences.save(Preferences(theme="cpu"), file)
    assert preferences.load(file) == Preferences(theme="name")
    assert list(file.parent.iterdir()) == [file]
    preferences.save(Preferences(), Path("/proc/nowhere/preferences.json"))


@pytest.mark.slow
async def test_theme_and_layout_are_remembered_and_the_order_is_not(make: Callable[[], RockprocApp]) -> None:
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("o", "6")
        app.theme = LIGHT.name
        await settled(pilot)
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert app.theme == LIGHT.name
        assert lab(app).processes.order == "tree"
        assert [panel.NUMBER for panel in lab(app).panels if panel.display] == [1, 6]
        await pilot.press("4", "enter")
        await settled(pilot)
        assert [panel.NUMBER for panel in lab(app).panels if panel.display] == [4]
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)  # in another program what was enlarged may be empty
        assert lab(app).focused is lab(app).panels[0]
        assert [panel.NUMBER for panel in lab(app).panels if panel.display] == [1, 4]


async def test_a_missing_theme_is_replaced_by_the_default(make: Callable[[], RockprocApp]) -> None:
    preferences.save(Preferences(theme="gone"), preferences.preferences_file())
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert app.theme == Preferences().theme


@pytest.mark.parametrize("key", ["3", "4"])
@pytest.mark.slow
async def test_an_enlarged_panel_names_the_key_to_go_back(make: Callable[[], RockprocApp], key: str) -> None:
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "all panels" not in lab(app).query_one(KeyBar).text
        await pilot.press(key, "enter")
        await settled(pilot)
        bar = lab(app).query_one(KeyBar)
        assert "esc all panels" in bar.text
        assert bar.text.rstrip().endswith("? help")
        await pilot.press("f")
        await settled(pilot)
        assert "all panels" not in bar.text
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert "all panels" not in bar.text


@pytest.mark.slow
async def test_the_sizes_of_panels_are_remembered(make: Callable[[], RockprocApp]) -> None:
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        half = lab(app).query_one("#output").region.width
        await pilot.press("left_curly_bracket")
        await settled(pilot)
        wider = lab(app).query_one("#output").region.width
        assert wider > half
        for _ in range(20):
            await pilot.press("right_curly_bracket")
        await settled(pilot)
        assert 20 < lab(app).query_one("#output").region.width < half
        await pilot.press("L")  # none of the presets: the first one
        await settled(pilot)
        assert lab(app).query_one("#output").region.width == half
        await pilot.press("L")
        await settled(pilot)
    app = make()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert lab(app).query_one("#output").region.width > half
