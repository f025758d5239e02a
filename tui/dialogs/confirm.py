"""A question that is answered with enter or esc."""

from __future__ import annotations

from typing import ClassVar

from rockproc.widgets.formatting.sanitize import sanitize
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from .dialog import Dialog


class Confirm(Dialog[bool]):
    """A dialog that returns True if the user agrees."""

    HELP = "`enter` does it, `esc` does nothing."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "agree", "yes", tooltip="Do it"),
        Binding("escape,n,q", "decline", "no", tooltip="Do nothing"),
    ]

    def __init__(self, question: str, consequence: str, answer: str) -> None:
        """Make the dialog.

        Args:
            question: The title.
            consequence: What happens when the user agrees.
            answer: The verb of the action, for the line at the bottom.
        """
        super().__init__(classes="-dialog")
        self._question, self._consequence, self._answer = question, consequence, answer

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = sanitize(self._question, 60).replace("[", r"\[")
            box.border_subtitle = f"enter {self._answer} · esc cancel"
            lines = self._consequence.split("\n")
            yield Static("\n".join(sanitize(line, 500) for line in lines), markup=False)

    def action_agree(self) -> None:
        self.dismiss(True)

    def action_decline(self) -> None:
        self.dismiss(False)
