"""The dialog in which the user types the arguments of a program."""

from __future__ import annotations

import shlex
from typing import ClassVar

from rockproc.widgets.bases.text_field import TextField
from rockproc.widgets.formatting.sanitize import sanitize, shorten
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from .typing_dialog import TypingDialog


def split(text: str) -> tuple[str, ...] | None:
    """Return arguments as a shell splits them; None where a quote is not closed."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return None


class TypeArguments(TypingDialog[str | None]):
    """A dialog that returns the arguments as one text, or None."""

    HELP = "Type the arguments of the program as in a shell. `enter` runs it with them."
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "close", tooltip="Run nothing")]

    def __init__(self, program: str, arguments: str) -> None:
        """Create the dialog.

        Args:
            program: the name of the program.
            arguments: the text that is in the field at first.
        """
        super().__init__(classes="-dialog")
        self._program, self._arguments = program, arguments

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = f"Arguments of {shorten(sanitize(self._program), 40)}".replace("[", r"\[")
            box.border_subtitle = "enter run · esc cancel"
            yield TextField(value=self._arguments, placeholder="none", select_on_focus=False)
            yield Static(id="meaning", classes="note", markup=False)

    @on(Input.Changed)
    def explain(self) -> None:
        found = split(self.query_one(Input).value)
        words = f"sys.argv[1:] == {list(found)!r}" if found is not None else "✗ A quote is not closed."
        self.query_one("#meaning", Static).update(sanitize(words, 300))

    @on(Input.Submitted)
    def submit(self) -> None:
        text = self.query_one(Input).value
        if split(text) is not None:
            self.dismiss(text.strip())

    def action_close(self) -> None:
        self.dismiss(None)
