"""The Catalog: choose a scenario."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rockproc.observer.scenarios import catalog
from rockproc.observer.scenarios.catalog import Scenario
from rockproc.widgets.bases.bar import Bar
from rockproc.widgets.bases.rows import Rows
from rockproc.widgets.formatting.sanitize import sanitize
from rockproc.widgets.panels.key_bar import KeyBar
from rockproc.widgets.panels.scenario_list import ScenarioList
from textual import getters, on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, Static

from ..actions.table import CATALOG, bindings
from ..runtime import lazy_imports
from .sized import SizedScreen

if TYPE_CHECKING:
    from rockproc.observer.recording.replay import Replay
    from rockproc.widgets.panels.scenario_page import ScenarioPage

    from ..app import RockprocApp

METHODS = (None, "fork", "spawn", "forkserver")


class Catalog(SizedScreen):
    HELP = "Choose a scenario; `enter` runs it. Your own files of this folder are at the end of the list."
    BINDING_GROUP_TITLE = "Catalog"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(*CATALOG)]
    SCOPES = CATALOG

    listed = getters.query_one(ScenarioList)

    def __init__(self) -> None:
        super().__init__()
        self._bundled: list[Scenario] = []
        self._yours: list[Scenario] = []
        self._read = False
        self._page: ScenarioPage | None = None
        self._settle: Timer | None = None

    @property
    def rockproc(self) -> RockprocApp:
        return cast("RockprocApp", self.app)

    def compose(self) -> ComposeResult:
        yield Static(id="too-small")
        yield Bar(id="title")
        with Horizontal(id="catalog-body"), Vertical(id="catalog-left"):
            yield Input(placeholder="filter", id="filter", compact=True)
            yield ScenarioList(id="scenarios")
        yield KeyBar()

    def on_mount(self) -> None:
        self.query_one("#title", Bar).tell(((" rockproc ", "heading"), ("── Catalog", "dim")))
        self.set_focus(self.listed)
        self._settle = self.set_interval(0.08, self._show_settled, pause=True)
        self.read()

    def on_screen_resume(self) -> None:
        if self._read:
            self.read()

    @work(thread=True, exclusive=True, group="catalog", description="read the scenarios")
    def read(self) -> None:
        """Reads the files, away from the screen: a folder may be large or slow.

        What can wait until there is a list to choose from is imported after that.
        """
        bundled, yours = catalog.bundled(), catalog.found_in(Path.cwd())
        self.rockproc.call_from_thread(self._offer, bundled, yours)
        self.rockproc.call_from_thread(self._furnish, lazy_imports.ScenarioPage)
        lazy_imports.import_all()

    async def _offer(self, bundled: list[Scenario], yours: list[Scenario]) -> None:
        """Returns when they can be seen."""
        self._bundled, self._yours, self._read = bundled, yours, True
        if self.rockproc.is_running:
            await self._refill()
            await self.wait_for_refresh()

    async def _furnish(self, page: type[ScenarioPage]) -> None:
        if self.query("#catalog-right") or not self.rockproc.is_running:
            return
        shown = page(id="catalog-right")
        await self.query_one("#catalog-body").mount(shown)
        if self.rockproc.is_running:  # somebody may have quit while it was mounted
            self._page = shown
            await self._show(self.listed.scenario)

    async def _refill(self) -> None:
        if not self._read:
            return
        words = self.query_one("#filter", Input).value.lower().split()
        every = [*self._bundled, *self._yours]
        chosen = [scenario for scenario in every if _matches(scenario, words)]
        if words:
            why = f"Nothing matches “{' '.join(words)}”. esc clears the filter."
        else:
            opens = self.rockproc.keys_shown["open_file"]
            why = f"No scenario was found: the installation lacks its scenarios folder. {opens} opens a file of yours."
        yours = "" if words or self._yours else "no .py here uses multiprocessing"
        self.listed.offer(chosen, why, self.rockproc.ticks, yours)
        await self._show(self.listed.scenario)

    # What is chosen

    @on(Rows.Moved, "#scenarios")
    def wait_until_settled(self) -> None:
        if self._settle is not None:
            self._settle.reset()
            self._settle.resume()

    async def _show_settled(self) -> None:
        if self._settle is not None:
            self._settle.pause()
        await self._show(self.listed.scenario)

    async def _show(self, scenario: Scenario | None) -> None:
        if self._page is not None:
            method = self.rockproc.template.start_method or "default start method"
            done = self.rockproc.ticks.get(scenario.path, set()) if scenario is not None else set[int]()
            await self._page.show(scenario, method, done)

    # Filter

    @on(Input.Changed, "#filter")
    async def apply_filter(self) -> None:
        await self._refill()

    @on(Input.Submitted, "#filter")
    def leave_filter(self) -> None:
        self.set_focus(self.listed)

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.add_class("-shown")
        self.set_focus(field)  # at once: what is typed next belongs to it

    def action_back(self) -> None:
        field = self.query_one("#filter", Input)
        field.value = ""
        field.remove_class("-shown")
        self.set_focus(self.listed)

    def on_key(self, event: object) -> None:
        """In the filter the arrows still choose."""
        key = getattr(event, "key", "")
        if self.query_one("#filter", Input).has_focus and key in ("up", "down"):
            self.listed.move(1 if key == "down" else -1)

    # Actions

    @on(Rows.Opened, "#scenarios")
    def action_run(self) -> None:
        scenario = self.listed.scenario
        if scenario is None:
            self.notify("Nothing is chosen.", severity="warning")
        elif not scenario.runnable:
            self.notify(
                sanitize(f"{scenario.path.name} {scenario.error}"),
                title="It cannot run",
                severity="error",
                markup=False,
            )
        else:
            self.rockproc.open_lab(scenario)

    async def action_start_method(self) -> None:
        self.rockproc.next_start_method(METHODS)
        await self._show(self.listed.scenario)

    def action_open_file(self) -> None:
        self.rockproc.push_screen(lazy_imports.OpenFile(), self._open)

    def _open(self, chosen: Scenario | Replay | None) -> None:
        if isinstance(chosen, Scenario):
            self.rockproc.open_lab(chosen)
        elif chosen is not None:
            self.rockproc.open_replay(chosen)

    def action_edit(self) -> None:
        scenario = self.listed.scenario
        if scenario is None:
            return
        problem = ""
        editor = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
        try:
            with self.rockproc.suspend():
                subprocess.run([*shlex.split(editor), str(scenario.path)], check=False)
        except SuspendNotSupported:
            problem = "Here the screen cannot be left to an editor."
        except (OSError, ValueError) as error:
            problem = str(error)
        if problem:
            self.notify(
                sanitize(problem), title="The editor did not start: set $EDITOR", severity="error", markup=False
            )
        self.read()

    def action_copy(self) -> None:
        scenario = self.listed.scenario
        if scenario is not None:
            self.rockproc.copy(scenario.source)

    def action_quit_here(self) -> None:
        self.rockproc.action_quit_now()


def _matches(scenario: Scenario, words: Sequence[str]) -> bool:
    text = f"{scenario.title} {scenario.group} {scenario.path.name}".lower()
    return all(word in text for word in words)
