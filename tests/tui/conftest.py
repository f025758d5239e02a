from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import RenderableType
from rockproc.observer.scenarios.catalog import load
from rockproc.observer.scenarios.launch import Launch
from rockproc.tui.app.application import RockprocApp
from rockproc.tui.screens.lab import Lab
from textual._compositor import Compositor
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot

from tests.fakes import SCRIPT, FakeRun
from tests.observer.conftest import PATIENCE_SECONDS
from tests.tui.idle import wait_for_messages

SOURCE = '''\
# /// script
# [tool.rockproc]
# title = "Two locks, two orders"
# group = "break"
# [[tool.rockproc.try]]
# do = "Wait. Both workers stop."
# see = {finding = "deadlock"}
# [[tool.rockproc.try]]
# do = "Terminate worker-2."
# see = {process = "worker-2", signal = "SIGTERM"}
# ///
"""Two workers take the same two locks in **opposite** order."""

from multiprocessing import Lock, Process


def worker(first, second):
    with first, second:
        print("took both")


if __name__ == "__main__":
    a, b = Lock(), Lock()
    Process(target=worker, args=(a, b), name="worker-1").start()
    Process(target=worker, args=(b, a), name="worker-2").start()
'''


@pytest.fixture(autouse=True)
def _fresh_fakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setattr("rockproc.widgets.panels.steps._SHOWN_SECONDS", 3600.0)  # however slow the machine is
    FakeRun.made, FakeRun.first, FakeRun.refuses = [], None, None
    yield
    FakeRun.made, FakeRun.first, FakeRun.refuses = [], None, None


@pytest.fixture(autouse=True)
def _no_running_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide other programs on the machine from the Catalog, unless the test starts one."""
    if "start" not in request.fixturenames:
        monkeypatch.setattr("rockproc.observer.run.running_programs.list_programs", list)


@pytest.fixture(autouse=True)
def _pilot_waits_for_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", wait_for_messages)


@pytest.fixture
def rendered() -> None:
    """Render every update of the screen, even if the test does not look at it."""


@pytest.fixture(autouse=True)
def _render_only_full_screens(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Render only full screens: Textual renders each update, which takes a third of the time of a test."""
    if "rendered" in request.fixturenames:
        return
    render = cast("Callable[..., RenderableType | None]", Compositor.render_update)

    def render_update(compositor: Compositor, *, full: bool = False, **options: Any) -> RenderableType | None:
        if full:  # a screenshot
            return render(compositor, full=True, **options)
        compositor._dirty_regions.clear()
        return None

    monkeypatch.setattr(Compositor, "render_update", render_update)


_parse_rules = cast("Callable[..., list[RuleSet]]", Stylesheet._parse_rules)
_parsed: dict[tuple[object, ...], list[RuleSet]] = {}


def _parse_rules_once(stylesheet: Stylesheet, css: str, **source: Any) -> list[RuleSet]:
    key = css, *source.items(), *stylesheet._variables.items()
    if key not in _parsed:
        _parsed[key] = _parse_rules(stylesheet, css, **source)
    return _parsed[key]


@pytest.fixture(autouse=True)
def _parse_styles_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse styles once for all apps with the same colours: it takes a tenth of the time of a test."""
    monkeypatch.setattr(Stylesheet, "_parse_rules", _parse_rules_once)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / Path(SCRIPT).name
    path.write_text(SOURCE)
    return path


@pytest.fixture
def lab_app(script: Path) -> RockprocApp:
    """A fixture: an app that opens the Lab on a fake run at once."""
    launch = Launch(str(script), start_method="fork")
    return RockprocApp(FakeRun, template=launch, opens=load(script))


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until the workers are done and the newest view is drawn."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    if isinstance(pilot.app.screen, Lab):
        pilot.app.screen.controller.frame_now()
    await pilot.pause()


def lab(app: App[Any]) -> Lab:
    """Return the Lab of the app, also under a dialog."""
    return next(screen for screen in app.screen_stack if isinstance(screen, Lab))


def run() -> FakeRun:
    """Return the run that was made last."""
    return FakeRun.made[-1]


def text_of(app: App[Any]) -> str:
    """Return the text on the screen."""
    from rockproc.tui.screencasts.frames import grab

    return "\n".join(strip.text for strip in grab(app))


async def shown(pilot: Pilot[Any], words: str) -> None:
    """Wait until the screen shows these words."""
    await reached(pilot, lambda: words in text_of(pilot.app))


async def reached(pilot: Pilot[Any], is_so: Callable[[], object]) -> None:
    """Wait for a state of the screen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, text_of(pilot.app)
        await settled(pilot)
        await pilot.pause(0.05)


async def run_again(pilot: Pilot[Any]) -> None:
    """Press the key that runs the program again, and wait until the next run is drawn.

    The worker that ends one run begins the one that starts the next, so there is none for a moment.
    """
    runs = len(FakeRun.made)
    await pilot.press("R")
    controller = lab(pilot.app).controller
    await reached(pilot, lambda: len(FakeRun.made) > runs and controller.run is run())
    await settled(pilot)
