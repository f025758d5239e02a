"""The app: what the screens share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rockproc.observer.scenarios.catalog import Scenario
from rockproc.observer.scenarios.launch import Launch
from rockproc.widgets.bases.prompt import Prompted
from rockproc.widgets.formatting.sanitize import sanitize
from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Input

from .actions import keymap
from .actions.table import ACTIONS, CATALOG, LAB, bindings
from .dialogs.typing_dialog import TypingDialog
from .palette import Actions, Palette
from .runtime import garbage_collection, lazy_imports
from .runtime.terminal_size import Resizing
from .runtime.termination import leave_on_signals
from .screencasts.control import Recording
from .screens.catalog import Catalog
from .screens.sized import SizedScreen
from .settings import preferences
from .settings.theme import DARK, LIGHT, completed

if TYPE_CHECKING:
    from rockproc.observer.recording.replay import Replay

    from .run.run_protocol import RunProtocol

COPY_LIMIT = 74_994
"""Bytes that terminals take from the clipboard sequence (OSC 52)."""

INSISTING = 2.0
"""Seconds within which a second ctrl+c quits."""


class RockprocApp(Recording, Resizing):
    TITLE = "rockproc"
    BINDING_GROUP_TITLE = "Everywhere"
    CSS_PATH = "rockproc.tcss"
    COMMANDS = App.COMMANDS | {Actions}
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
        replay: Replay | None = None,
    ) -> None:
        """`template` holds what every launch has in common; the Lab begins with what is in `opens`, or in `replay`."""
        super().__init__()
        self.run_factory = run_factory
        self.template = template or Launch("")
        self.opens = opens
        self.timeout = timeout
        self._record = record
        self._replay = replay
        self.ticks: dict[Path, set[int]] = {}
        """The experiments that were seen to happen, by scenario."""
        self._runs: list[RunProtocol] = []
        self._any_ended = False
        self._interrupted_at = 0.0
        self.keys: dict[str, str] = {}
        """The keys that the user has changed, by the ids of their actions."""
        self.keys_shown = self._keys_shown()
        """How texts name the key of each action."""
        self.kept = preferences.load(preferences.kept_file())
        self._restored = False
        """Whether the theme is the user's by now."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = self.kept.theme if self.kept.theme in self.available_themes else DARK.name

    def get_default_screen(self) -> Catalog:
        return Catalog()

    def get_css_variables(self) -> dict[str, str]:
        self.theme_variables = completed(super().get_css_variables())
        return self.theme_variables

    def on_mount(self) -> None:
        self._restored = True
        self._read_keys()
        if self.opens is not None:
            self.open_lab(self.opens, first=True)
        elif self._replay is not None:
            self.open_replay(self._replay)
        if not self.is_headless:
            leave_on_signals(self.exit, self.stop_runs)

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
        if isinstance(event, events.InputEvent):
            for screen in self.screen_stack:
                if isinstance(screen, SizedScreen):
                    screen.stir()
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
        """The keys of an action, by their long names."""
        return next(self.keys.get(name, action.keys) for action in ACTIONS if action.id == name).split(",")

    def keep(self, **changes: Any) -> None:
        """Keeps a choice for the next time; see `preferences.Kept`."""
        chosen = replace(self.kept, **changes)
        if chosen != self.kept:
            self.kept = chosen
            preferences.save(chosen, preferences.kept_file())

    def watch_theme(self, theme: str) -> None:
        if self._restored:
            self.keep(theme=theme)

    def on_key(self, event: events.Key) -> None:
        """What is typed into a line that has, or is about to have, the keys.

        A field takes its keys itself; those that come here were typed ahead, when it had them not yet. Here, where
        bindings are looked up as well, they keep their order.
        """
        focused, screen, character = self.focused, self.screen, event.character or ""
        taken = False
        if isinstance(focused, Prompted):
            taken = focused.typed(event.key, character)
        elif isinstance(focused, Input) and event.is_printable:
            focused.insert_text_at_cursor(character)
            taken = True
        elif isinstance(screen, TypingDialog) and not screen.query(Input) and (event.is_printable or character == "\r"):
            screen.typed_ahead(character)
            taken = True
        if taken:
            event.prevent_default()

    def on_ready(self) -> None:
        if not self.is_headless:
            garbage_collection.rarely()
        if self._record is not None:
            self.start_recording(self._record)

    # Runs

    def open_lab(self, scenario: Scenario, *, first: bool = False) -> None:
        """Opens the Lab on it; the `first` has what the command line said of it."""
        named = replace(self.template, script=str(scenario.path), args=(), module=False)
        self.push_screen(lazy_imports.Lab(scenario, self.template if first else named))

    def open_replay(self, replay: Replay) -> None:
        garbage_collection.keep()
        self.push_screen(lazy_imports.Lab(replay.scenario, replay.launch, replay))
        if replay.damage:
            reason = f"{replay.path.name} {replay.damage}. What comes before can be seen."
            self.notify(sanitize(reason), title="Not the whole run", severity="warning", markup=False, timeout=10)

    def begin(self, launch: Launch) -> RunProtocol:
        """Starts a run, which ends with the app at the latest. Any thread."""
        if self._any_ended:
            garbage_collection.let_go()
        run = self.run_factory(launch)
        self._runs.append(run)
        run.start()
        return run

    def end(self, run: RunProtocol) -> None:
        """Stops it; takes up to two seconds. Any thread."""
        run.stop()
        self._any_ended = True
        if run in self._runs:
            self._runs.remove(run)

    def end_later(self, run: RunProtocol) -> None:
        """Stops it without waiting."""
        self.run_worker(lambda: self.end(run), thread=True, group="ending", exit_on_error=False)

    def stop_runs(self) -> None:
        """Nothing of a run outlives the app."""
        for run in list(self._runs):
            self.end(run)

    def next_start_method(self, methods: Sequence[str | None]) -> None:
        place = methods.index(self.template.start_method) if self.template.start_method in methods else 0
        self.template = replace(self.template, start_method=methods[(place + 1) % len(methods)])

    # Telling

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """In one line, if it is short: what is told shall cover as little as possible."""
        whole = f"{title}{'.' if ':' in title else ':'} {message}" if title else message
        super().notify(whole, severity=severity, timeout=timeout, markup=markup)

    # Commands

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002
        yield SystemCommand("Choose the theme", "Ours are rockproc-dark and rockproc-light", self.action_change_theme)

    def action_command_palette(self) -> None:
        if not any(isinstance(screen, CommandPalette) for screen in self.screen_stack):
            self.push_screen(Palette(id="--command-palette"))

    def action_help(self) -> None:
        if not isinstance(self.screen, lazy_imports.Help):
            self.push_screen(lazy_imports.Help(self.screen))

    def action_quit_now(self) -> None:
        self.stop_recording()
        self.exit()

    def action_interrupted(self) -> None:
        """Says how to quit; to somebody who insists it does so."""
        now = time.monotonic()
        if now - self._interrupted_at < INSISTING:
            self.action_quit_now()
            return
        self._interrupted_at = now
        self.notify(
            "ctrl+q quits, or ctrl+c again. The program's own ctrl+c is i (one process) or I (all).", title="Not ended"
        )

    def action_screenshot_here(self) -> None:
        try:
            path = self.save_screenshot()
        except OSError as error:
            self.notify(sanitize(str(error)), title="No screenshot", severity="error", markup=False)
        else:
            self.notify(sanitize(path), title="Screenshot saved", markup=False)

    def copy(self, text: str) -> None:
        """Copies through the terminal, and says how much."""
        if not text:
            self.notify("There is nothing to copy here.", severity="warning")
            return
        kept = text.encode("utf-8", "replace")[:COPY_LIMIT].decode("utf-8", "ignore")
        self.copy_to_clipboard(kept)
        lines = kept.count("\n") + 1
        cut = "" if len(kept) == len(text) else ", cut at 75 kB"
        self.notify(f"{lines} line{'s' if lines > 1 else ''}, {len(kept)} characters{cut}", title="Copied")
