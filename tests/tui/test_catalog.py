from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from unittest.mock import Mock

import pytest
from rockproc.observer.scenarios.catalog import bundled
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.app.start import make_run
from rockproc.tui.dialogs.open_file import OpenFile
from rockproc.tui.screens.catalog import Catalog
from rockproc.tui.screens.lab import Lab
from rockproc.widgets.panels.scenario_page import ScenarioPage
from rockproc.widgets.panels.source import Source
from textual.widgets import Input

from tests.fakes import FakeRun
from tests.observer.attach.conftest import Start, look_until, rules, start
from tests.observer.attach.test_hanging import DEADLOCK
from tests.tui.conftest import reached, run, settled, shown, text_of

__all__ = ["start"]


@pytest.fixture
def folder(script: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder, with one good and one broken file."""
    (script.parent / "broken.py").write_text("import multiprocessing\ndef (:\n")
    monkeypatch.chdir(script.parent)
    return script.parent


def catalog(app: RockprocApp) -> Catalog:
    assert isinstance(app.screen, Catalog)
    return app.screen


def names(app: RockprocApp) -> list[str]:
    return [row.key.name for row in catalog(app).listed._rows if isinstance(row.key, Path)]


@pytest.mark.usefixtures("folder")
async def test_bundled_and_own_scenarios_are_listed() -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 60)) as pilot:
        await settled(pilot)
        assert names(app) == [*(scenario.path.name for scenario in bundled()), "broken.py", "two_locks.py"]
        assert "YOURS" in text_of(app)
        assert catalog(app).listed.scenario == bundled()[0]


async def test_the_selected_scenario_is_described(folder: Path) -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 45)) as pilot:
        await settled(pilot)
        await pilot.press("end")
        await shown(pilot, "your file")
        text = text_of(app)
        assert "opposite" in text
        assert "☐ Terminate worker-2." in text
        assert "def worker(first, second):" in text
        assert app.screen.query_one(Source).count() == len((folder / "two_locks.py").read_text().splitlines())


async def test_enter_runs_the_selected_scenario(folder: Path) -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end", "s", "s", "enter")
        await settled(pilot)
        assert isinstance(app.screen, Lab)
        assert run().started
        assert run().launch.script == str(folder / "two_locks.py")
        assert run().launch.start_method == "spawn"


@pytest.mark.usefixtures("folder")
async def test_a_broken_file_shows_the_reason_and_does_not_run() -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"broken")
        await shown(pilot, "line 2")
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert isinstance(app.screen, Catalog)
        assert FakeRun.made == []
        assert ["It cannot run: " in toast.message for toast in app._notifications] == [True]


@pytest.mark.usefixtures("folder")
async def test_the_filter_narrows_and_esc_clears_it() -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        every = names(app)
        await pilot.press("slash", *"two_locks")
        await reached(pilot, lambda: set(names(app)) == {"two_locks.py"})
        await pilot.press("down")
        assert catalog(app).query_one("#filter", Input).has_focus
        await pilot.press("slash", "z", "z")
        await shown(pilot, "Nothing matches")
        assert names(app) == []
        await pilot.press("escape")
        await pilot.pause()
        assert names(app) == every
        assert catalog(app).listed.has_focus


@pytest.mark.usefixtures("folder")
async def test_vi_keys_move() -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        first = catalog(app).listed.scenario
        await pilot.press("j")
        assert catalog(app).listed.scenario == bundled()[1]
        await pilot.press("k")
        assert catalog(app).listed.scenario == first
        await pilot.press("G")
        assert catalog(app).listed.scenario.path.name == "two_locks.py"  # type: ignore[union-attr]


@pytest.mark.usefixtures("folder")
async def test_the_start_method_cycles() -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        seen: list[str | None] = []
        for _ in range(4):
            await pilot.press("s")
            seen.append(app.template.start_method)
        assert seen == ["fork", "spawn", "forkserver", None]
        await pilot.press("s")
        await pilot.pause()
        assert "· fork" in text_of(app)


async def test_any_file_can_be_opened_by_its_path(folder: Path) -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("o")
        await pilot.pause()
        assert isinstance(app.screen, OpenFile)
        await pilot.press(*"none.py", "enter")
        await pilot.pause()
        assert "No such file" in text_of(app)
        await pilot.press(*["backspace"] * 7, *"~nobody/", "enter")
        await shown(pilot, "~nobody/: No such file")
        await pilot.press(*["backspace"] * 8, *"two_", "right", "enter")
        await settled(pilot)
        assert isinstance(app.screen, Lab)
        assert run().launch.script == str(folder / "two_locks.py")


async def test_hostile_text_is_shown_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    evil = '"""\\x1b[2J\x07 [bold]markup[/bold] [@click=app.quit]x[/]"""\nimport multiprocessing  # \x1b]52;c;AA\x07\n'
    (tmp_path / "evil [red].py").write_text(evil)
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end")
        await shown(pilot, "@click=app.quit")
        text = text_of(app)
        assert "evil [red].py" in text
        assert "[bold]markup[/bold]" in text
        assert all(character.isprintable() for line in text.splitlines() for character in line)


@pytest.mark.usefixtures("folder")
async def test_a_too_small_terminal_shows_a_message() -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(50, 12)) as pilot:
        await settled(pilot)
        assert "50×12 is too small" in text_of(app)
        await pilot.resize_terminal(80, 24)
        await shown(pilot, "CREATE")
        assert "too small" not in text_of(app)


@pytest.mark.usefixtures("folder")
async def test_q_quits() -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running


@pytest.mark.parametrize("turns", [1, 6, 12, 18])
async def test_quitting_while_the_catalog_loads_shows_no_traceback(turns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app may end while a thread reads the files of the Catalog.

    Args:
        turns: turns of the event loop between the end of the app and the thread's request.
        monkeypatch: the fixture.
    """
    monkeypatch.setattr(Catalog, "read", Mock())

    async def fill(screen: Catalog) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await screen._offer(bundled(), [])
        await screen._add_page(ScenarioPage)

    app = RockprocApp(FakeRun, template=Launch(""))
    async with app.run_test():
        filling = asyncio.create_task(fill(catalog(app)))
    await asyncio.wait_for(filling, 10)


@pytest.mark.slow
async def test_the_title_of_the_selected_scenario_comes_first() -> None:
    app = RockprocApp(FakeRun, template=Launch("", python="/usr/bin/python3.13"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Hello, process  " in text_of(app).splitlines()[1]
        assert "default: fork" in text_of(app).splitlines()[1]
        await pilot.resize_terminal(60, 20)
        await reached(pilot, lambda: re.search(r"│ +Hello, process +fork$", text_of(app).splitlines()[1].rstrip()))
        await pilot.resize_terminal(140, 40)
        await reached(pilot, lambda: "create · default start method: fork" in text_of(app).splitlines()[1])


async def test_a_running_program_is_listed_and_attached_to(start: Start) -> None:
    pid = start(DEADLOCK.source, "3.11")
    look_until(pid, rules)
    app = RockprocApp(make_run, template=Launch(""))
    async with app.run_test(size=(140, 40)) as pilot:
        await shown(pilot, "RUNNING")
        listed = catalog(app).listed
        assert listed.scenario == bundled()[0]  # nobody attaches by mistake
        await reached(pilot, lambda: any(listed.row(index).key == pid for index in range(listed.count())))
        listed.cursor = next(index for index in range(listed.count()) if listed.row(index).key == pid)
        await shown(pilot, f"pid {pid}, 3 processes")
        assert "running already" in text_of(app)
        await pilot.press("enter")
        await shown(pilot, "✖ Process-")
        assert isinstance(app.screen, Lab)
    os.kill(pid, 0)  # it goes on


async def test_a_terminal_of_80_columns_shows_whole_titles() -> None:
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(80, 60)) as pilot:
        await settled(pilot)
        text = text_of(app)
        assert [scenario.title for scenario in bundled() if scenario.title not in text] == []


async def test_the_catalog_selects_the_scenario_named_on_the_command_line() -> None:
    named = next(scenario for scenario in bundled() if scenario.path.name == "semaphore.py")
    app = RockprocApp(FakeRun, opens=named, template=Launch(str(named.path)))
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert isinstance(app.screen, Lab)
        await pilot.press("escape", "escape")
        await settled(pilot)
        assert catalog(app).listed.scenario == named
        assert not app._notifications  # "the run goes on" is about the Lab
        page = catalog(app).query_one(ScenarioPage)
        assert page.scenario == named
        source = page.query_one(Source)
        assert len(source._begins) < 1.2 * len(source._lines)  # lines are wrapped at the width that the page has now
