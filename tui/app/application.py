"""The app: the services that its screens share (`services.AppServices`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from msgspec.structs import replace
from rockproc.observer.scenarios.catalog import Scenario, scenario_of
from rockproc.observer.scenarios.launch import Launch
from rockproc.widgets.bases.prompt import Prompted
from rockproc.widgets.formatting.sanitize import sanitize
from textual import events
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Input

from ..actions import keymap
from ..actions.table import ACTIONS, CATALOG, LAB, bindings
from ..dialogs.typing_dialog import TypingDialog
from ..run.services import START_METHODS
from ..runtime import garbage_collection
from ..runtime.changed_cells import FrugalApp
from ..runtime.key_order import OrderedKeysApp
from ..runtime.terminal_size import ResizableApp
from ..runtime.termination import exit_on_signals
from ..screencasts.control import ScreencastApp
from ..screens import lazy_imports
from ..screens.catalog import Catalog
from ..screens.sized import SizedScreen
from ..settings import preferences
from ..settings.theme import DEFAULTS, THEMES, completed, default_theme
from .palette import Commands, Palette

if TYPE_CHECKING:
    from ..run.run_protocol import Recording, RunProtocol

Result = TypeVar("Result")

COPY_LIMIT_BYTES = 74_994
"""The size up to which terminals accept a clipboard sequence (OSC 52)."""

CONFIRM_QUIT_SECONDS = 2.0
"""The time in which a second ctrl+c quits."""


class RockprocApp(OrderedKeysApp, ScreencastApp, FrugalApp, ResizableApp):
    TITLE = "rockproc"
    BINDING_GROUP_TITLE = "Everywhere"
    CSS_PATH = "rockproc.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Commands}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("everywhere")]
    ENABLE_COMMAND_PALETTE = True
    NOTIFICATION_TIMEOUT = 4

    def __init__(
        self,
        run_factory: Callable[[Launch], RunProtocol],
        *,
        template: Launch | None = None,
        opens: Scenario | None = None,
        timeout: float | None = None,
        record: Path | None = None,
        replay: Recording | None = None,
    ) -> None:
        """Make the app; its screens are made when it runs.

        Args:
            run_factory: Makes a run, which is not started yet.
            template: What all launches have in common.
            opens: The scenario with which a Lab opens at once.
            timeout: The time limit of a run in seconds.
            record: The file of a screencast that begins at once.
            replay: The recording with which a Lab opens at once.
        """
        super().__init__()
        self.run_factory = run_factory
        self.template = template or Launch("")
        self.opens = opens
        self.timeout = timeout
        self._record = record
        self._replay = replay
        self.seen_steps: dict[tuple[str, ...], set[int]] = {}
        """The steps that were seen to happen, by scenario."""
        self._runs: list[RunProtocol] = []
        self._any_ended = False
        self._interrupted_at = -CONFIRM_QUIT_SECONDS
        self._key_time = 0.0
        """The time at which the newest key was pressed, on the clock of the events."""
        self.keys: dict[str, str] = {}
        """The keys that the user has changed, by the ids of their actions."""
        self.keys_shown = self._keys_shown()
        """The name of each action's key in texts."""
        self.preferences = preferences.load(preferences.preferences_file())
        self._restored = False
        """True if the user has chosen the theme."""
        for theme in THEMES:
            self.register_theme(theme)
        chosen = self.preferences.theme
        default = default_theme(self.console.color_system, no_color=self.no_color)
        # A remembered default is not a choice: the same user may come back in another terminal.
        remembered = chosen in self.available_themes and chosen not in {theme.name for theme in DEFAULTS}
        self.theme = chosen if remembered else default.name

    def get_default_screen(self) -> Catalog:
        return Catalog(below_lab=self.opens is not None or self._replay is not None)

    def get_css_variables(self) -> dict[str, str]:
        self.theme_variables = completed(super().get_css_variables())
        return self.theme_variables

    def on_mount(self) -> None:
        self._restored = True
        self._read_keys()
        if self.opens is not None:
            self.open_lab(self.opens, first=True)
        elif self._replay is not None:
            self.open_recording(self._replay)
        if not self.is_headless:
            exit_on_signals(self.exit, self.stop_runs)

    def _read_keys(self) -> None:
        file = keymap.keys_file()
        try:
            self.keys = keymap.load(file, [(*scopes, "everywhere") for scopes in (CATALOG, LAB)])
        except keymap.KeysError as error:
            problem = sanitize(f"{file}: {error}")
            self.notify(problem, title="Your keys are not used", severity="error", timeout=20, markup=False)
        else:
            self.set_keymap(self.keys)
            self.keys_shown = self._keys_shown()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self._key_time = event.time
        if isinstance(event, events.InputEvent):
            for screen in self.screen_stack:
                if isinstance(screen, SizedScreen):
                    screen.wake()
        await super().on_event(event)

    def _keys_shown(self) -> dict[str, str]:
        shown: dict[str, str] = {}
        for action in ACTIONS:
            own = self.keys.get(action.id)
            key, display = (own, None) if own else (action.keys, action.display)
            if display and " " in display:  # of two actions, for the key bar
                display = None
            shown[action.id] = self.get_key_display(Binding(key.split(",")[0], "", key_display=display))
        return shown

    def keys_of(self, name: str) -> list[str]:
        """Return the keys of an action, by their long names."""
        return next(self.keys.get(name, action.keys) for action in ACTIONS if action.id == name).split(",")

    def remember(self, **changes: Any) -> None:
        """Keep a choice for the next session; see `preferences.Preferences`."""
        chosen = replace(self.preferences, **changes)
        if chosen != self.preferences:
            self.preferences = chosen
            preferences.save(chosen, preferences.preferences_file())

    def watch_theme(self, theme: str) -> None:
        if self._restored:
            self.remember(theme=theme)

    def field_is_ready(self) -> bool:
        return not isinstance(self.screen, TypingDialog) or self.screen.has_field

    def on_key(self, event: events.Key) -> None:
        """Pass keys on that were typed ahead, before the field they are meant for had the focus.

        They arrive here, where bindings are looked up as well, so that all keys keep their order.
        """
        focused, screen, character = self.focused, self.screen, event.character or ""
        handled = False
        if isinstance(focused, Prompted):
            handled = focused.typed(event.key, character)
        elif isinstance(focused, Input) and event.is_printable:
            focused.insert_text_at_cursor(character)
            handled = True
        elif isinstance(screen, TypingDialog) and not screen.has_field and (event.is_printable or character == "\r"):
            screen.typed_ahead(character)
            handled = True
        if handled:
            event.prevent_default()

    def on_ready(self) -> None:
        if self._record is not None:
            self.start_recording(self._record)

    # Runs

    def open_lab(self, scenario: Scenario, *, first: bool = False, ready: bool = False) -> None:
        """Open the Lab on a scenario.

        Args:
            scenario: the scenario.
            first: True to use the arguments of the command line.
            ready: True to let the user start the run.
        """
        arguments = lazy_imports.split(self.preferences.arguments.get(str(scenario.path), "")) or ()
        named = replace(self.template, script=str(scenario.path), args=arguments, module=False, pid=None)
        self.push_screen(lazy_imports.Lab(scenario, self.template if first else named, ready=ready))

    def open_attached(self, launch: Launch) -> None:
        """Open the Lab on a program that is running already, which `launch.pid` names."""
        self.push_screen(lazy_imports.Lab(scenario_of(launch), launch))

    def open_recording(self, recording: Recording) -> None:
        self.push_screen(lazy_imports.Lab(recording.scenario, recording.launch, recording))
        if recording.damage:
            reason = f"{recording.path.name} {recording.damage}. The part before that is shown."
            self.notify(sanitize(reason), title="Not the whole run", severity="warning", markup=False, timeout=10)

    def start_run(self, launch: Launch) -> RunProtocol:
        """Start a run, which ends with the app at the latest. Any thread may call it."""
        if self._any_ended:
            garbage_collection.collect_ended_runs()
        run = self.run_factory(launch)
        self._runs.append(run)
        run.start()
        return run

    def end_run(self, run: RunProtocol) -> None:
        """End a run, which takes up to two seconds. Any thread may call it."""
        run.stop()
        self._any_ended = True
        if run in self._runs:
            self._runs.remove(run)

    def end_run_in_background(self, run: RunProtocol) -> None:
        self.run_worker(lambda: self.end_run(run), thread=True, group="ending", exit_on_error=False)

    def stop_runs(self) -> None:
        """End all runs: none outlives the app."""
        for run in list(self._runs):
            self.end_run(run)

    def next_start_method(self) -> None:
        now = self.template.start_method
        place = START_METHODS.index(now) if now in START_METHODS else 0
        self.template = replace(self.template, start_method=START_METHODS[(place + 1) % len(START_METHODS)])

    # Dialogs

    def open_dialog(self, dialog: Screen[Result], chosen: Callable[[Result | None], None]) -> None:
        if isinstance(dialog, TypingDialog):
            self.hold_keys()
        self.push_screen(dialog, chosen)

    def close_screen(self) -> None:
        self.clear_notifications()  # they are about the screen that is left
        self.pop_screen()

    def quit(self) -> None:
        self.action_quit_now()

    # Messages

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a message with its title on the same line: a toast shall cover as little as possible."""
        whole = f"{title}{'.' if ':' in title else ':'} {message}" if title else message
        super().notify(whole, severity=severity, timeout=timeout, markup=markup)

    # Commands

    def action_command_palette(self) -> None:
        if not any(isinstance(screen, CommandPalette) for screen in self.screen_stack):
            self.push_screen(Palette(id="--command-palette"))

    def action_help(self) -> None:
        if not isinstance(self.screen, lazy_imports.Help):
            help_dialog = lazy_imports.Help(self.screen)
            self.hold_keys()
            self.push_screen(help_dialog)

    def action_quit_now(self) -> None:
        self.stop_recording()
        self.exit()

    def action_interrupted(self) -> None:
        """Show how to quit the app; quit if the key was pressed shortly before, by the times of the key presses."""
        if self._key_time - self._interrupted_at < CONFIRM_QUIT_SECONDS:
            self.action_quit_now()
            return
        self._interrupted_at = self._key_time
        keys = self.keys_shown
        self.notify(
            f"{keys['quit_now']} quits, or {keys['interrupted']} again. To send ctrl+c to the program press "
            f"{keys['interrupt']} (one process) or {keys['interrupt_all']} (all).",
            title="Not ended",
        )

    def action_screenshot_here(self) -> None:
        try:
            path = self.save_screenshot()
        except OSError as error:
            self.notify(sanitize(str(error)), title="No screenshot", severity="error", markup=False)
        else:
            self.notify(sanitize(path), title="Screenshot saved", markup=False)

    def copy(self, text: str) -> None:
        """Copy to the clipboard of the terminal, and say how much."""
        if not text:
            self.notify("There is nothing to copy here.", severity="warning")
            return
        copied = text.encode("utf-8", "replace")[:COPY_LIMIT_BYTES].decode("utf-8", "ignore")
        self.copy_to_clipboard(copied)
        lines = copied.count("\n") + 1
        cut = "" if len(copied) == len(text) else ", cut at 75 kB"
        self.notify(f"{lines} line{'s' if lines > 1 else ''}, {len(copied)} characters{cut}", title="Copied")
