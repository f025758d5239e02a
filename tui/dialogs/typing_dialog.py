"""A dialog with a field to type in."""

from __future__ import annotations

from typing import TypeVar

from textual.widgets import Input

from ..runtime.key_order import FieldReady
from .dialog import Dialog

Result = TypeVar("Result")


class TypingDialog(Dialog[Result]):
    """A dialog with a field that also gets the keys that are typed ahead, before the field is mounted."""

    _typed_ahead = ""
    has_field = False
    """True as soon as the field has the focus."""

    def typed_ahead(self, character: str) -> None:
        """Keep a character until there is a field."""
        self._typed_ahead += character

    def on_mount(self) -> None:
        field = self.query_one(Input)
        self.set_focus(field)
        self.has_field = True
        text, enter, _ = self._typed_ahead.partition("\r")
        field.insert_text_at_cursor(text)
        if enter:
            field.call_later(field.action_submit)
        self.post_message(FieldReady())
