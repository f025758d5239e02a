"""The services of the app that its screens and dialogs use. They import this protocol and never the app."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from rockproc.observer.scenarios.catalog import Scenario
from rockproc.observer.scenarios.launch import Launch
from textual.message_pump import MessagePump
from textual.screen import Screen

if TYPE_CHECKING:
    from ..settings.preferences import Preferences
    from .run_protocol import Recording, RunProtocol

Result = TypeVar("Result")

START_METHODS = (None, "fork", "spawn", "forkserver")
"""The start methods that the user can select; None is the default of the interpreter."""


class AppServices(Protocol):
    template: Launch
    """The common part of all launches."""
    timeout: float | None
    """The time limit of a run in seconds."""
    preferences: Preferences
    opens: Scenario | None
    """The scenario with which a Lab has opened at once."""
    seen_steps: dict[tuple[str, ...], set[int]]
    """The steps that were seen to happen, by scenario."""
    keys: dict[str, str]
    """The keys that the user has changed, by the ids of their actions."""
    keys_shown: dict[str, str]
    """The name of each action's key in texts."""

    @property
    def recording(self) -> bool:
        """True if the screen is being recorded."""
        ...

    @property
    def is_running(self) -> bool: ...

    # Runs. These may be called by any thread.
    def start_run(self, launch: Launch) -> RunProtocol: ...
    def end_run(self, run: RunProtocol) -> None: ...
    def end_run_in_background(self, run: RunProtocol) -> None: ...
    def call_from_thread(self, callback: Callable[..., Any], *args: Any) -> Any: ...

    # Screens
    def open_lab(self, scenario: Scenario, *, ready: bool = False) -> None: ...
    def open_attached(self, launch: Launch) -> None: ...
    def open_recording(self, recording: Recording) -> None: ...
    def open_dialog(self, dialog: Screen[Result], chosen: Callable[[Result | None], None]) -> None: ...
    def close_screen(self) -> None: ...
    def hold_keys(self) -> None:
        """Hold the keys that come from now on until those before have arrived; for a field that gets the focus."""
        ...

    def suspend(self) -> AbstractContextManager[None]: ...
    def quit(self) -> None: ...

    # Choices
    def next_start_method(self) -> None:
        """Select the next start method for later runs: the default of the interpreter, fork, spawn, forkserver."""
        ...

    def remember(self, **changes: Any) -> None:
        """Keep a choice for the next session; see `Preferences`."""
        ...

    def keys_of(self, name: str) -> list[str]:
        """Return the keys of an action, by their long names."""
        ...

    def copy(self, text: str) -> None:
        """Copy to the clipboard of the terminal."""
        ...


def services_of(node: MessagePump) -> AppServices:
    """Return the services of the app that a screen belongs to."""
    return cast("AppServices", node.app)
