"""The Catalog: the list of running programs and of scenarios, and the page of the selected one."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Sequence
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rockproc.observer.scenarios import catalog
from rockproc.observer.scenarios.catalog import Scenario
from rockproc.observer.scenarios.default_start_method import default_start_method
from rockproc.widgets.bases.bar import Bar
from rockproc.widgets.bases.rows import Rows
from rockproc.widgets.bases.text_field import TextField
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
from ..run.services import AppServices, services_of
from . import lazy_imports
from .sized import SizedScreen

if TYPE_CHECKING:
    from rockproc.observer.recording.replay import Replay
    from rockproc.observer.run.running_programs import RunningProgram
    from rockproc.widgets.panels.scenario_page import ScenarioPage

LOOK_INTERVAL_SECONDS = 3.0
"""The time between two searches for running programs."""


class FilterField(TextField):
    """The field of the filter. `enter` leaves it at once, so that a key typed ahead belongs to the filtered list."""

    async def action_submit(self) -> None:
        screen = self.screen
        if isinstance(screen, Catalog):
            screen.leave_filter()


class Catalog(SizedScreen):
    HELP = "Select a scenario; `enter` runs it. The Python files of the current directory are at the end of the list."
    BINDING_GROUP_TITLE = "Catalog"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(*CATALOG)]
    SCOPES = CATALOG

    listed = getters.query_one(ScenarioList)

    def __init__(self, *, below_lab: bool = False) -> None:
        """Create the Catalog.

        Args:
            below_lab: True if the app opens with the Lab, so that the list is read when the Lab is left.
        """
        super().__init__()
        self._below_lab = below_lab
        self._was_left = False
        self._bundled: list[Scenario] = []
        self._yours: list[Scenario] = []
        self._programs: list[RunningProgram] = []
        self._read = False
        self._page: ScenarioPage | None = None
        self._settle: Timer | None = None
        self._first: Path | None = None
        """The scenario to select when the list is filled next: that of the command line, or a copy that was edited."""

    @property
    def services(self) -> AppServices:
        return services_of(self)

    def compose(self) -> ComposeResult:
        yield Static(id="too-small")
        yield Bar(id="title")
        with Horizontal(id="catalog-body"), Vertical(id="catalog-left"):
            yield FilterField(placeholder="filter", id="filter", compact=True)
            yield ScenarioList(id="scenarios")
        yield KeyBar()

    def on_mount(self) -> None:
        if not self.query(ScenarioList):
            return  # the user has quit already, and an app that ends mounts nothing more
        self.query_one("#title", Bar).set_cells(((" rockproc ", "heading"), ("── Catalog", "dim")))
        self.set_focus(self.listed)
        self._first = self.services.opens.path if self.services.opens is not None else None
        self._settle = self.set_interval(0.08, self._show_settled, pause=True)
        self.set_interval(LOOK_INTERVAL_SECONDS, self._look_for_programs)
        if self._below_lab:
            self.run_worker(lazy_imports.import_all, thread=True, description="import the rest of the app")
        else:
            self.read()

    def toasts_arranged(self, rows: int) -> None:
        for body in self.query("#catalog-body"):  # none is left when the app ends
            body.styles.margin = (0, 0, rows, 0)

    def on_screen_suspend(self) -> None:
        self._was_left = True

    def on_screen_resume(self) -> None:
        if self._was_left:
            self.read()

    @work(thread=True, exclusive=True, group="catalog", description="read the scenarios")
    def read(self) -> None:
        """Read the files in a thread: a folder may be large or slow. Imports the rest of the app after that."""
        bundled, yours = catalog.bundled(), catalog.found_in(catalog.working_directory())
        self.services.call_from_thread(self._offer, bundled, yours)
        self.services.call_from_thread(self._add_page, lazy_imports.ScenarioPage)
        self.services.call_from_thread(self._offer_programs, lazy_imports.running_programs())
        lazy_imports.import_all()

    def _look_for_programs(self) -> None:
        if self.is_current and self._read:
            self._read_programs()

    @work(thread=True, exclusive=True, group="programs", description="look for running programs")
    def _read_programs(self) -> None:
        self.services.call_from_thread(self._offer_programs, lazy_imports.running_programs())

    async def _offer_programs(self, programs: list[RunningProgram]) -> None:
        if programs != self._programs and self.services.is_running:
            self._programs = programs
            await self._refill()

    async def _offer(self, bundled: list[Scenario], yours: list[Scenario]) -> None:
        """Show the scenarios, and return when they are visible."""
        self._bundled, self._yours, self._read = bundled, yours, True
        if self.services.is_running:
            await self._refill()
            await self.wait_for_refresh()

    async def _add_page(self, page: type[ScenarioPage]) -> None:
        if self.query("#catalog-right") or not self.services.is_running:
            return
        shown = page(id="catalog-right")
        await self.query_one("#catalog-body").mount(shown)
        if self.services.is_running:  # the user may have quit in the meantime
            self._page = shown
            await self._show_selected()

    async def _refill(self) -> None:
        if self._read:
            self._refill_list()
            await self._show_selected()

    def _refill_list(self) -> None:
        words = self.query_one("#filter", Input).value.lower().split()
        every = [*self._bundled, *self._yours]
        chosen = [scenario for scenario in every if _matches(scenario, words)]
        if words:
            why = f"Nothing matches “{' '.join(words)}”. esc clears the filter."
        else:
            opens = self.services.keys_shown["open_file"]
            why = f"No scenario was found: the installation lacks its scenarios folder. {opens} opens a file of yours."
        yours = "" if words or self._yours else "no .py here uses multiprocessing"
        programs = [program for program in self._programs if _matches(program.scenario, words)]
        self.listed.offer(chosen, why, self.services.seen_steps, yours, programs)
        if self._first is not None and any(scenario.path == self._first for scenario in chosen):
            self.listed.select(self._first)
            self._first = None

    # The selected scenario

    @on(Rows.Moved, "#scenarios")
    def wait_until_settled(self) -> None:
        if self._settle is not None:
            self._settle.reset()
            self._settle.resume()

    async def _show_settled(self) -> None:
        if self._settle is not None:
            self._settle.pause()
        await self._show_selected()

    async def _show_selected(self) -> None:
        program = self.listed.program
        await self._show(program.scenario if program is not None else self.listed.scenario)

    async def _show(self, scenario: Scenario | None) -> None:
        if self._page is not None:
            template = self.services.template
            default = default_start_method(template.python)
            method = template.start_method or f"default start method{f': {default}' if default else ''}"
            done = self.services.seen_steps.get(scenario.steps_key, set()) if scenario is not None else set[int]()
            await self._page.show(scenario, method, done)

    # Filter

    @on(Input.Changed, "#filter")
    async def apply_filter(self) -> None:
        await self._refill()

    def leave_filter(self) -> None:
        """Give the focus to the list, and update it if the last change of the filter was not handled yet."""
        if self._read:
            self._refill_list()
        self.set_focus(self.listed)

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.add_class("-shown")
        self.services.hold_keys()
        self.set_focus(field)  # at once: keys that are typed ahead belong to it

    def action_back(self) -> None:
        field = self.query_one("#filter", Input)
        field.value = ""
        field.remove_class("-shown")
        self.set_focus(self.listed)

    def on_key(self, event: object) -> None:
        """Let the arrow keys move in the list also while the filter has the focus."""
        key = getattr(event, "key", "")
        if self.query_one("#filter", Input).has_focus and key in ("up", "down"):
            self.listed.move(1 if key == "down" else -1)

    # Actions

    @on(Rows.Opened, "#scenarios")
    def action_run(self) -> None:
        self._open_lab(ready=False)

    def action_run_paused(self) -> None:
        self._open_lab(ready=True)

    def _open_lab(self, *, ready: bool) -> None:
        scenario, program = self.listed.scenario, self.listed.program
        if program is not None:
            self.services.open_attached(program.launch)
        elif scenario is None:
            self.notify("No scenario is selected.", severity="warning")
        elif not scenario.runnable:
            self.notify(
                sanitize(f"{scenario.path.name} {scenario.error}"),
                title="It cannot run",
                severity="error",
                markup=False,
            )
        else:
            self.services.open_lab(scenario, ready=ready)

    def action_scroll_on(self) -> None:
        self._scroll_page(1)

    def action_scroll_back(self) -> None:
        self._scroll_page(-1)

    def _scroll_page(self, step: int) -> None:
        if self._page is not None:
            self._page.scroll_page(step)

    async def action_start_method(self) -> None:
        self.services.next_start_method()
        await self._show_selected()

    def action_open_file(self) -> None:
        self.services.open_dialog(lazy_imports.OpenFile(), self._open)

    def _open(self, chosen: Scenario | Replay | None) -> None:
        if isinstance(chosen, Scenario):
            self.services.open_lab(chosen)
        elif chosen is not None:
            self.services.open_recording(chosen)

    def action_edit(self) -> None:
        program = self.listed.program
        scenario = program.scenario if program is not None else self.listed.scenario
        if scenario is None:
            return
        path = scenario.path
        if scenario in self._bundled:
            path = catalog.working_directory() / path.name
            try:
                new = _copy_once(scenario.path, path)
            except OSError as error:
                reason = sanitize(f"{path}: {error.strerror or error}")
                self.notify(reason, title="The scenario cannot be copied", severity="error", markup=False)
                return
            keys = self.services.keys_shown
            hint = f"{keys['run']} runs it, {keys['reset']} makes it the bundled version again."
            what = "A copy in this directory" if new else "Your earlier copy in this directory"
            self.notify(hint, title=f"{what}: {sanitize(path.name)}", markup=False)
            self._first = path
        try:
            with self.services.suspend():  # which does not resume the screen after an exception
                problem = _edit(path)
        except SuspendNotSupported:
            problem = "An editor cannot run on this screen."
        if problem:
            self.notify(
                sanitize(problem), title="The editor did not start: set $EDITOR", severity="error", markup=False
            )
        self.read()

    def action_arguments(self) -> None:
        scenario = self.listed.scenario
        if scenario is None:
            return

        def typed(text: str | None) -> None:
            if text is not None:
                self.services.remember(arguments={**self.services.preferences.arguments, str(scenario.path): text})
                self.action_run()

        remembered = self.services.preferences.arguments.get(str(scenario.path), "")
        self.services.open_dialog(lazy_imports.TypeArguments(scenario.path.name, remembered), typed)

    def action_reset(self) -> None:
        scenario = self.listed.scenario
        original = next(
            (program for program in self._bundled if scenario and program.path.name == scenario.path.name), None
        )
        copy = catalog.working_directory() / (original.path.name if original is not None else "")
        if original is None or not copy.is_file():
            self.notify("The selected scenario has no copy in the current directory.", severity="warning")
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                try:
                    copy.write_bytes(original.path.read_bytes())
                except OSError as error:
                    reason = sanitize(f"{copy}: {error.strerror or error}")
                    self.notify(reason, title="It cannot be reset", severity="error", markup=False)
                    return
                self.notify("It is the bundled version again.", title=sanitize(copy.name), markup=False)
                self.read()

        question = f"Reset {copy.name}?"
        self.services.open_dialog(
            lazy_imports.Confirm(question, "Your changes to the copy are lost.", "reset"), answered
        )

    def action_copy(self) -> None:
        program = self.listed.program
        scenario = program.scenario if program is not None else self.listed.scenario
        if scenario is not None:
            self.services.copy(scenario.source)

    def action_quit_here(self) -> None:
        self.services.quit()


def _edit(path: Path) -> str:
    """Run the user's editor on a file. Returns the reason if it cannot run, otherwise an empty text."""
    editor = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    # ctrl+c in the editor also reaches this process, which must go on. The editor does not inherit a handler, but it
    # would inherit that the signal is ignored.
    before = {number: signal.signal(number, _do_nothing) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        subprocess.run([*shlex.split(editor), str(path)], check=False)
    except (OSError, ValueError) as error:
        return str(error)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return ""


def _do_nothing(number: int, frame: object) -> None:
    """Handle a signal that the terminal sends to all of its programs, and that is meant for another one."""


def _copy_once(source: Path, target: Path) -> bool:
    """Copy a file; return False where there is one already, which stays as it is. Raises OSError."""
    try:
        with target.open("xb") as copy:
            copy.write(source.read_bytes())
    except FileExistsError:
        return False
    return True


def _matches(scenario: Scenario, words: Sequence[str]) -> bool:
    text = f"{scenario.title} {scenario.group} {scenario.path.name}".lower()
    return all(word in text for word in words)
