"""The user's own keys must have their effects, and a wrong file must be explained."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from rockproc.tui.actions import keymap
from rockproc.tui.actions.table import ACTIONS
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.screens.catalog import Catalog
from rockproc.tui.screens.lab import Lab
from rockproc.widgets.bases.rows import ListRows
from textual.command import CommandPalette

from tests.tui.conftest import run, settled, shown, text_of

SCREENS = [(*Catalog.SCOPES, "everywhere"), (*Lab.SCOPES, "everywhere")]


def write(text: str | bytes) -> Path:
    file = keymap.keys_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_without_a_file_no_keys_are_changed() -> None:
    assert keymap.load(keymap.keys_file(), SCREENS) == {}


def test_keys_have_their_long_names() -> None:
    file = write('[keys]\nterminate = "T"\nterminate_all = "t, f9"\nhelp = "?"\nfilter = "-"\n"panel(3)" = "ctrl+t"\n')
    assert keymap.load(file, SCREENS) == {
        "terminate": "T",
        "terminate_all": "t,f9",
        "help": "question_mark",
        "filter": "minus",
        "panel(3)": "ctrl+t",
    }


def test_an_action_can_be_named_by_its_former_id() -> None:
    assert keymap.load(write('[keys]\nstop = "ctrl+t"\n'), SCREENS) == {"end_run": "ctrl+t"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[keys]\nterminat = "t"', "no action “terminat”: did you mean “terminate”?"),
        ('[keys]\nxyzzy = "t"', "no action “xyzzy”"),
        ('[keys]\nterminate = "9"', "terminate and kill would both have 9"),
        ('[keys]\nrun = "e"', "run and edit would both have e"),
        ('[keys]\nrecord = "t"', "terminate and record would both have t"),
        ("[keys]\nterminate = 3", "terminate needs a key in quotes"),
        ('[keys]\nterminate = ""', "terminate needs a key in quotes"),
        ('[keys]\nterminate = ","', "no list of keys"),
        ('[keys]\nterminate = "f77x"', "no key “f77x”"),
        ('[keys]\nterminate = "hypr+t"', "no key “hypr+t”"),
        ('[keys]\npause = "down"', "down moves in the lists"),
        ('[keys]\npause = "j"', "j moves in the lists"),
        ('terminate = "t"', "one table, [keys]"),
        ("keys = 3", "one table, [keys]"),
        ('[keys\nterminate = "t"', "line 1"),
        (b"\xff\xfe", "utf-8"),
    ],
)
def test_a_wrong_keys_file_is_reported_in_one_line(text: str | bytes, message: str) -> None:
    with pytest.raises(keymap.KeysError) as caught:
        keymap.load(write(text), SCREENS)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_default_key_is_accepted_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    usual = {action.id: action.keys for action in ACTIONS if action.id not in ("copy", "back", "quit_here")}
    lines = [f'"{name}" = "{keys}"' for name, keys in usual.items()]
    file.write_text("\n".join(["[keys]", *lines]))
    assert keymap.load(file, SCREENS) == usual


def test_a_folder_instead_of_the_keys_file_is_reported() -> None:
    keymap.keys_file().mkdir(parents=True)
    with pytest.raises(keymap.KeysError):
        keymap.load(keymap.keys_file(), SCREENS)


def test_the_document_names_every_action() -> None:
    text = (Path(__file__).parents[3] / "docs" / "keys.md").read_text()
    missing = [action.id for action in ACTIONS if f"`{action.id}`" not in text]
    assert not missing, "python docs/keys.py writes them"


async def test_a_changed_key_is_used_and_shown(lab_app: RockprocApp) -> None:
    write('[keys]\nterminate = "T"\nterminate_all = "t"\nhelp = "f2"\n')
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        bar = text_of(lab_app).splitlines()[-1]
        assert " T terminate" in bar
        assert bar.rstrip().endswith("F2 help") or bar.rstrip().endswith("f2 help")
        await pilot.press("up", "down", "T", "t")
        assert run().sent == [(2, signal.SIGTERM), (None, signal.SIGTERM)]
        await pilot.press("f2")
        await pilot.pause()
        listed = [row.text.strip() for row in lab_app.screen.query_one("#keys", ListRows)._rows]
        assert "T  Send SIGTERM to the selected process" in listed
        await pilot.press("escape", "ctrl+p", *"process term")
        await shown(pilot, "process.terminate()")
        assert isinstance(lab_app.screen, CommandPalette)
        lines = [line for line in text_of(lab_app).splitlines() if "Process: terminate" in line]
        assert lines[0].split()[-1] == "T" or " T " in lines[0]


@pytest.mark.slow
async def test_a_hint_names_the_changed_key(lab_app: RockprocApp) -> None:
    write('[keys]\none_process = "c"\nback = "f4"\n')
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("6", "enter", "home", "c")
        await settled(pilot)
        assert "· c shows all" in text_of(lab_app)
        await pilot.press("q")
        message = [toast.message for toast in lab_app._notifications]
        assert any("q quits from the Catalog: f4 goes back there" in item for item in message), message


async def test_only_the_search_key_explains_that_nothing_can_be_searched(lab_app: RockprocApp) -> None:
    write('[keys]\nprompt = "f3"\n')
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        hint = "Nothing can be searched here, but in Processes"
        await pilot.press("slash", "4", "slash")
        assert not any(toast.message.startswith(hint) for toast in lab_app._notifications)
        await pilot.press("f3")
        assert any(toast.message.startswith(hint) for toast in lab_app._notifications)


async def test_a_wrong_keys_file_changes_no_keys(lab_app: RockprocApp) -> None:
    file = write('[keys]\nterminate = "T"\nkil = "\x1b[31m"\n'.replace("\x1b", "\\u001b"))
    async with lab_app.run_test(size=(140, 40), notifications=True) as pilot:
        await settled(pilot)
        (toast,) = [toast for toast in lab_app._notifications if toast.message.startswith("Your keys are not used: ")]
        assert "did you mean “kill”?" in toast.message
        assert str(file) in toast.message
        await pilot.press("up", "down", "t")
        assert run().sent == [(2, signal.SIGTERM)]
