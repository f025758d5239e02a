"""The editor runs in the terminal of the app, which goes on after it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest
from rockproc.observer.scenarios import catalog
from rockproc.observer.scenarios.catalog import load
from rockproc.tui.app.application import RockprocApp

from tests.fakes import FakeRun

from .conftest import settled

INTERRUPTS_ITS_PARENT = "sh -c 'kill -INT $PPID; touch edited'"


@pytest.mark.parametrize(("editor", "works"), [("/none/such", False), (INTERRUPTS_ITS_PARENT, True)])
async def test_the_app_goes_on_after_an_editor(
    editor: str, works: bool, script: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VISUAL", editor)
    monkeypatch.setattr(catalog, "bundled", lambda: [load(script)])
    monkeypatch.setattr(catalog, "found_in", Mock(return_value=[]))
    app = RockprocApp(FakeRun)
    resumed: list[bool] = []

    @contextmanager
    def suspend() -> Generator[None]:
        yield  # like Textual's own, it does not resume after an exception
        resumed.append(True)

    monkeypatch.setattr(app, "suspend", suspend)
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("e")
        await settled(pilot)
        assert resumed
        assert (tmp_path / "edited").exists() == works
        messages = " ".join(toast.message for toast in app._notifications)
        assert ("The editor did not start" in messages) != works
