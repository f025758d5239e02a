"""A screen that adapts to the size of the terminal."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.screen import Screen
from textual.widgets import Static

MIN_SIZE = (60, 15)
"""The columns and rows below which nothing is shown."""
WIDE_SIZE = (110, 30)
"""The smallest columns and rows in which all panels have a place."""

_TOAST_RACK = "textual-toastrack"
"""The id of Textual's own container for notifications."""


class SizedScreen(Screen[Any]):
    """Tells when the terminal is too small, and has the class -narrow where panels share a place."""

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        small = width < MIN_SIZE[0] or height < MIN_SIZE[1]
        if small:
            least = f"{MIN_SIZE[0]}×{MIN_SIZE[1]}"
            note = f"{width}×{height} is too small.\nEnlarge the terminal to {least} or more.\n\nctrl+q quits"
            self.query_one("#too-small", Static).update(note)
        self.set_class(small, "-too-small")
        self.set_class(height < WIDE_SIZE[1], "-low")
        narrow = width < WIDE_SIZE[0] or height < WIDE_SIZE[1]
        self.set_class(narrow, "-narrow")
        self.arranged(narrow)

    def on_mount(self) -> None:
        self.screen_layout_refresh_signal.subscribe(self, self._arrange_toasts)  # pyright: ignore[reportUnknownMemberType]

    def _arrange_toasts(self, _: Screen[Any]) -> None:
        """Show one toast at a time, the newest one, and say how many lines it takes."""
        rack = next((child for child in self.children if child.id == _TOAST_RACK), None)
        if rack is None:
            return
        for holder in rack.children:
            newest = holder is rack.children[-1]
            if holder.display != newest:  # the style sheet knows the newest one, but not that one was removed
                holder.display = newest
        toasts = rack.children[-1].children if rack.display and rack.children else ()
        self.toasts_arranged(sum(toast.outer_size.height for toast in toasts))

    def toasts_arranged(self, rows: int) -> None:
        """Called when the layout has changed.

        Args:
            rows: the height of the toast that is shown; 0 if there is none.
        """

    def arranged(self, narrow: bool) -> None:
        """Called after the classes are set."""

    def wake(self) -> None:
        """Called when the user presses a key or moves the mouse, also in a dialog over this screen."""
