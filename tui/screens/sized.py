"""A screen that knows whether it has room."""

from __future__ import annotations

from typing import Any, TypeVar

from textual import events
from textual.screen import Screen
from textual.widgets import Static

Result = TypeVar("Result")

LEAST = (60, 15)
WIDE = (110, 30)


class SizedScreen(Screen[Any]):
    """Says so when the terminal is too small, and has the class -narrow where panels must share their places."""

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        small = width < LEAST[0] or height < LEAST[1]
        if small:
            least = f"{LEAST[0]}×{LEAST[1]}"
            note = f"{width}×{height} is too small.\nEnlarge the terminal to {least} or more.\n\nctrl+q quits"
            self.query_one("#too-small", Static).update(note)
        self.set_class(small, "-too-small")
        self.set_class(height < WIDE[1], "-low")
        narrow = width < WIDE[0] or height < WIDE[1]
        self.set_class(narrow, "-narrow")
        self.arranged(narrow)

    def arranged(self, narrow: bool) -> None:
        """Called after the classes are set."""

    def stir(self) -> None:
        """Called when somebody is at the keys or at the mouse, also while a dialog lies over it."""
