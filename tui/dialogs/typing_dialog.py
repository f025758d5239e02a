"""A dialog with a field to type in."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen
from textual.widgets import Input

Result = TypeVar("Result")


class TypingDialog(ModalScreen[Result]):
    """What is typed behind the key that opens it is for its field, also when that is not there yet."""

    _early = ""

    def typed_ahead(self, character: str) -> None:
        """Takes what comes before there is a field."""
        self._early += character

    def on_mount(self) -> None:
        field = self.query_one(Input)
        self.set_focus(field)
        text, enter, _ = self._early.partition("\r")
        field.insert_text_at_cursor(text)
        if enter:
            field.call_later(field.action_submit)
