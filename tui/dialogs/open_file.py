"""The dialog that asks for the path of a program or a recording."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from rockproc.observer.recording.format import SUFFIX, RecordingError
from rockproc.observer.recording.replay import Replay
from rockproc.observer.scenarios.catalog import Scenario, load, working_directory
from rockproc.widgets.bases.text_field import TextField
from rockproc.widgets.formatting.sanitize import sanitize
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.suggester import Suggester
from textual.widgets import Input, Static

from .typing_dialog import TypingDialog


def _expanded(typed: str) -> Path:
    """Return a path with the home directory in place of `~`. The `~` of an unknown user stays."""
    return Path(os.path.expanduser(typed))  # noqa: PTH111 (Path.expanduser raises for an unknown user)


class Paths(Suggester):
    """Completes a path: folders, Python files and recordings."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        head, separator, tail = value.rpartition("/")
        folder = _expanded(head + separator) if separator else Path()
        try:
            names = sorted(entry.name + ("/" if entry.is_dir() else "") for entry in folder.iterdir())
        except OSError:
            return None
        for name in names:
            wanted = name.startswith(tail) and name != tail and (tail or not name.startswith("."))
            if wanted and name.endswith((".py", SUFFIX, "/")) and name.isprintable():
                return head + separator + name
        return None


class OpenFile(TypingDialog[Scenario | Replay | None]):
    HELP = "Type a path; `→` completes it, `enter` opens it."
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "close", tooltip="Open nothing")]

    def __init__(self) -> None:
        super().__init__(classes="-dialog")

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = "Open a Python file or a recording"
            box.border_subtitle = "enter open · → complete · esc close"
            yield Static("", id="problem")
            yield TextField(placeholder="path/to/program.py", id="path", suggester=Paths())

    @on(Input.Submitted)
    def open(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            return
        path = working_directory() / _expanded(event.value.strip())
        if path.suffix == SUFFIX:
            try:
                self.dismiss(Replay(path))
            except (OSError, RecordingError) as error:
                self._refuse(f"{path.name}: {error.strerror if isinstance(error, OSError) else error}")
            return
        scenario = load(path)
        if scenario.runnable:
            self.dismiss(scenario)
        else:
            self._refuse(f"{event.value.strip()}: {scenario.error}")

    def _refuse(self, reason: str) -> None:
        problem = sanitize(reason)
        self.query_one("#problem", Static).update(f"✗ {problem}".replace("[", r"\["))

    def action_close(self) -> None:
        self.dismiss(None)
