"""Arguments are typed as in a shell and remembered, and a saved program can run again automatically."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock

import pytest
from rockproc.observer.scenarios import catalog
from rockproc.observer.scenarios.catalog import Scenario, load
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.dialogs.arguments import TypeArguments
from rockproc.tui.settings import preferences
from rockproc.widgets.panels.scenario_list import ScenarioList
from rockproc.widgets.panels.source import Source

from tests.fakes import FakeRun
from tests.tui.conftest import lab, reached, run, run_again, settled, text_of


async def test_a_program_runs_again_with_other_arguments(lab_app: RockprocApp, script: Path) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        runs = len(FakeRun.made)
        await pilot.press("A", *"-n '", "enter")
        await settled(pilot)
        assert isinstance(lab_app.screen, TypeArguments)  # the quote is not closed
        assert "A quote is not closed" in text_of(lab_app)
        await pilot.press(*"a b'", "enter")
        await settled(pilot)
        assert len(FakeRun.made) == runs + 1
        assert run().launch.args == ("-n", "a b")
        assert "-n a b" in text_of(lab_app).splitlines()[0]
    assert preferences.load(preferences.preferences_file()).arguments == {str(script): "-n 'a b'"}


async def test_the_catalog_remembers_arguments(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "bundled", lambda: [load(script)])
    monkeypatch.setattr(catalog, "found_in", Mock(return_value=[]))
    for keys in (["a", *"3", "enter"], ["enter"]):
        app = RockprocApp(FakeRun)
        async with app.run_test(size=(140, 40)) as pilot:
            await settled(pilot)
            await pilot.press(*keys)
            await settled(pilot)
            assert run().launch.args == ("3",)


async def test_a_saved_program_runs_again_if_enabled(lab_app: RockprocApp, script: Path) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        runs = len(FakeRun.made)
        script.write_text(script.read_text() + "# another line\n")
        os.utime(script, (1, 1))
        lab(lab_app)._look_at_file()
        await settled(pilot)
        assert len(FakeRun.made) == runs
        assert "runs the new version" in " ".join(toast.message for toast in lab_app._notifications)
        await pilot.press("ctrl+r")
        await settled(pilot)
        assert "runs on save" in text_of(lab_app).splitlines()[0]
        os.utime(script, (2, 2))
        lab(lab_app)._look_at_file()
        await reached(pilot, lambda: len(FakeRun.made) == runs + 1)
        source = lab(lab_app).query_one("#source", Source)
        await reached(pilot, lambda: "# another line" in source.copied())
        script.write_text("an error")
        os.utime(script, (3, 3))
        lab(lab_app)._look_at_file()
        await reached(pilot, lambda: source.copied() == "an error")


async def test_an_edited_copy_can_be_reset(script: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    copy = here / script.name
    copy.write_text("changed")
    monkeypatch.chdir(here)
    monkeypatch.setattr(catalog, "bundled", lambda: [load(script)])
    monkeypatch.setattr(catalog, "found_in", Mock(return_value=[]))
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("x", "escape")
        await settled(pilot)
        assert copy.read_text() == "changed"
        await pilot.press("x")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert copy.read_text() == script.read_text()


def yours(folder: Path) -> list[Scenario]:
    return [load(path) for path in sorted(folder.glob("*.py"))]


async def test_a_copy_that_was_edited_is_selected(
    script: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setattr(catalog, "bundled", lambda: [load(script)])
    monkeypatch.setattr(catalog, "found_in", yours)
    app = RockprocApp(FakeRun)
    monkeypatch.setattr(app, "suspend", nullcontext)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("e")
        await settled(pilot)
        selected = app.screen.query_one(ScenarioList).scenario
        assert selected is not None
        assert selected.path == here / script.name
        assert selected.steps_key == load(script).steps_key  # what was seen with either counts


async def test_the_start_method_of_the_next_run_is_selected(lab_app: RockprocApp) -> None:
    async with lab_app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        runs, before = len(FakeRun.made), run().launch.start_method
        methods = [method for method in (None, "fork", "spawn", "forkserver") if method != before]
        await pilot.press("s")
        await settled(pilot)
        assert len(FakeRun.made) == runs  # the present run goes on
        assert "runs the program again with" in " ".join(toast.message for toast in lab_app._notifications)
        await run_again(pilot)
        assert len(FakeRun.made) == runs + 1
        assert run().launch.start_method in methods
        if run().launch.start_method is not None:
            assert f"· {run().launch.start_method}" in text_of(lab_app).splitlines()[0]


async def test_a_run_that_is_not_started_says_so_and_starts_with_the_chosen_method(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "bundled", lambda: [load(script)])
    monkeypatch.setattr(catalog, "found_in", Mock(return_value=[]))
    app = RockprocApp(FakeRun)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("p", "s")
        await settled(pilot)
        assert not FakeRun.made
        assert "The program is not started. space starts it." in text_of(app)
        assert "· fork" in text_of(app).splitlines()[0]
        await pilot.press("space")
        await settled(pilot)
        assert run().launch.start_method == "fork"
        assert "The program is not started" not in text_of(app)
