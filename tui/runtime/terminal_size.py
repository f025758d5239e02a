"""Asks for the terminal's size once more after it has changed.

Textual's handler of SIGWINCH reads the size and then tells it. When the next SIGWINCH comes between the two, its size
is told first, and the older one stays (textual 8.2.8, `LinuxDriver.send_size_event`).
"""

from __future__ import annotations

import shutil

from textual import events
from textual.app import App
from textual.geometry import Size

SETTLING = 0.2
"""Seconds."""


class Resizing(App[None]):
    """An app that has the size of its terminal in the end."""

    def on_resize(self) -> None:
        if not self.is_headless:
            self.set_timer(SETTLING, self.ask_size)

    def ask_size(self) -> None:
        size = Size(*shutil.get_terminal_size())
        if size != self.size:
            self.post_message(events.Resize(size, size))
