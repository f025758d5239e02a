from __future__ import annotations

import signal
from pathlib import Path

from rockproc.observer.scenarios.catalog import load
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.actions.table import ACTIONS
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.dialogs.help import Help
from rockproc.tui.screens.catalog import Catalog
from rockproc.tui.screens.lab import Lab
from rockproc.widgets.bases.rows import ListRows
from textual.command import CommandPalette

from tests.tui.conftest import lab, run, settled, shown, text_of


def keys(app: RockprocApp) -> list[str]:
    return [row.text.strip() for row in app.screen.query_one("#keys", ListRows)._rows]


def test_every_action_has_its_method(script: Path) -> None:
    handlers = Lab(load(script), Launch(str(script))).handlers
    homes = {"catalog": Catalog, "everywhere": RockprocApp}
    for action in ACTIONS:
        home = homes.get(action.scope)
        assert hasattr(home, f"action_{action.id}") if home else action.id in handlers, action.id
        assert action.help
        assert action.label
    assert handlers.keys() == {action.id for action in ACTIONS if action.scope not in homes}


def test_every_key_is_unique_on_a_screen() -> None:
    for scopes in ((*Catalog.SCOPES, "everywhere"), (*Lab.SCOPES, "everywhere")):
        used = [key for action in ACTIONS if action.scope in scopes for key in action.keys.split(",")]
        assert len(used) == len(set(used)), scopes


async def test_help_lists_the_focused_panel_first(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(lab_app.screen, Help)
        assert keys(lab_app)[0] == "The selected process"
        assert keys(lab_app)[1] == "t  Send SIGTERM to the selected process"
        await pilot.press("escape", "3", "question_mark")
        await pilot.pause()
        assert keys(lab_app)[0] == "The selected message"
        assert "Messages" in keys(lab_app)
        # What does not work here comes last, with where it does.
        place = keys(lab_app).index("Not available now")
        (signals,) = [text for text in keys(lab_app) if "SIGTERM to the selected" in text]
        assert signals.startswith("t  Send SIGTERM to the selected process ▸ in the list")
        assert keys(lab_app).index(signals) > place
        await pilot.press(*"sigterm to the selected", "enter")
        await pilot.pause()
        assert isinstance(lab_app.screen, Help)
        assert run().sent == []


async def test_an_entry_of_the_help_is_found_and_run(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("question_mark", *"sigkill")
        await pilot.pause()
        assert [text for text in keys(lab_app) if "SIGKILL" in text] == [
            "9  Send SIGKILL (9) to the selected process: it ends at once",
            "K  Send SIGKILL to every process of the run",
        ]
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(lab_app.screen, Lab)
        assert run().sent == [(2, signal.SIGKILL)]


async def test_the_palette_lists_every_action_and_names_its_target(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "6", "ctrl+p", *"process term")
        await shown(pilot, "process.terminate()")
        assert isinstance(lab_app.screen, CommandPalette)
        assert "▸ worker-2 (4126)" in text_of(lab_app)
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert run().sent == [(3, signal.SIGTERM)]
        assert lab_app.screen is lab(lab_app)


async def test_a_key_of_the_bar_can_be_clicked(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        bar = text_of(lab_app).splitlines()[-1]
        await pilot.click("KeyBar", offset=(bar.index("kill"), 0))
        assert run().sent == [(2, signal.SIGKILL)]


async def test_each_line_of_the_help_has_the_key_that_does_it(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        lines = {line.partition("  ")[2].strip(): line.partition("  ")[0] for line in keys(lab_app)}
        assert lines["Go back to the previous change"] == ","
        assert lines["Go on to the next change"] == "."
