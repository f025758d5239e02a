"""A dialog over a screen, which closes once, however often it is asked to."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A dialog that closes once. Textual closes the top screen for any dialog: a second enter would close the Lab."""

    _dismissed = False

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        if self._dismissed:
            return AwaitComplete.nothing()
        self._dismissed = True
        return super().dismiss(result)
