"""Keys that come faster than the screen changes must have the same effect as slow ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.dialogs.confirm import Confirm
from rockproc.tui.dialogs.help import Help
from rockproc.tui.dialogs.intervene import TypeValue
from rockproc.tui.dialogs.open_file import OpenFile
from rockproc.tui.screens.catalog import Catalog
from rockproc.tui.screens.lab import Lab
from rockproc.widgets.panels.output import Output
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from tests.fakes import FakeRun
from tests.parameters import fast_first
from tests.tui.conftest import lab, run, settled
from tests.tui.test_interventions import with_layouts


async def press_all_at_once(pilot: Pilot[None], *keys: str) -> None:
    """Press all keys at once, as a terminal delivers input that was typed ahead."""
    for key in keys:
        character = "\r" if key == "enter" else key if len(key) == 1 else None
        pilot.app.post_message(events.Key({"/": "slash", ".": "full_stop"}.get(key, key), character))
    for _ in range(6):
        await pilot.pause()
    await settled(pilot)


@pytest.mark.slow
async def test_a_path_can_be_typed_ahead(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(script.parent)
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, "o", *"nowhere.py")
        assert isinstance(app.screen, OpenFile)
        assert app.screen.query_one(Input).value == "nowhere.py"
        await press_all_at_once(pilot, "escape")
        assert isinstance(app.screen, Catalog)
        await press_all_at_once(pilot, "o", *"two_locks.py", "enter")
        assert isinstance(app.screen, Lab)
        assert run().launch.script == str(script)


async def test_keys_after_the_filter_of_the_catalog_can_be_typed_ahead(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first `enter` leaves the filter, and the second one runs the selected scenario."""
    monkeypatch.chdir(script.parent)
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, "/", *"two_locks.py")
        assert app.screen.query_one(Input).value == "two_locks.py"
        await press_all_at_once(pilot, "enter", "enter")
        assert isinstance(app.screen, Lab)


async def test_panel_keys_can_be_typed_ahead(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, "6", "enter", "home", "y")
        assert lab_app.clipboard == "took lock_a"
        assert lab(lab_app).arrangement.enlarged == Output.NAME
        await press_all_at_once(pilot, "escape", "1", "down", "f", "escape", "z")
        assert run().sent == [(3, 19)]


@pytest.mark.slow
async def test_a_search_in_the_help_can_be_typed_ahead(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, "question_mark", *"sigint")
        assert isinstance(lab_app.screen, Help)
        assert lab_app.screen.query_one(Input).value == "sigint"


@pytest.mark.parametrize(
    "keys",
    fast_first(
        [(keys,) for keys in (("t", "b", "v"), ("slash", "n"), ("6", "enter"), ("space", "escape"), ("x", "down"))], 2
    ),
)
async def test_keys_for_the_lab_can_be_typed_ahead(
    script: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]
) -> None:
    monkeypatch.chdir(script.parent)
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, "end", "enter", *keys)
        assert app.is_running
        assert FakeRun.made


async def test_a_filter_can_be_typed_ahead(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(script.parent)
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, "/", *"two_locks")
        assert app.screen.query_one("#filter", Input).value == "two_locks"
        await press_all_at_once(pilot, "escape")
        await press_all_at_once(pilot, "/", *"two_locks", "enter", "enter")
        assert isinstance(app.screen, Lab)
        assert Path(run().launch.script).name == "two_locks.py"


async def test_editing_keys_keep_their_order(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(script.parent)
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, "o")
        await press_all_at_once(pilot, *"nowhere", "backspace", "backspace", *"n", "left", "t", "home", "a", "end", "z")
        assert app.screen.query_one(Input).value == "anowhetnz"
        await press_all_at_once(pilot, "escape")
        await press_all_at_once(pilot, "/", *"queues", "backspace", "backspace", "u")
        assert app.screen.query_one("#filter", Input).value == "queuu"


async def test_a_search_in_a_panel_keeps_the_order_of_editing_keys(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, "6", "/", *"looc", "backspace", "k", "backspace", "backspace", *"ck", "enter")
        panel = lab_app.screen.query_one(Output)
        assert panel.pattern is not None
        assert panel.pattern.pattern == "lock"


@pytest.mark.parametrize("keys", [("4", "u", "enter", "7", "enter", "enter"), ("5", "u", "enter", "enter", "enter")])
async def test_a_dialog_that_is_confirmed_twice_leaves_the_lab_open(
    lab_app: RockprocApp, keys: tuple[str, ...]
) -> None:
    with_layouts()
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await press_all_at_once(pilot, *keys[:3])
        dialog = lab_app.screen
        assert isinstance(dialog, TypeValue | Confirm)
        await press_all_at_once(pilot, *keys[3:])
        dialog.dismiss(None)  # as a second enter does that was on its way when the dialog closed
        await settled(pilot)
        assert isinstance(lab_app.screen, Lab)
