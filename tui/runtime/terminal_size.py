"""The size of the terminal, which is requested again after it has changed.

Textual's handler of SIGWINCH reads the size and then posts it. When another SIGWINCH arrives between the two, its size
is posted first and the older one stays (textual 8.2.8, `LinuxDriver.send_size_event`).
"""

from __future__ import annotations

import shutil

from textual import events
from textual.app import App
from textual.geometry import Size

SETTLE_SECONDS = 0.2


class ResizableApp(App[None]):
    """An app that ends up with the size of its terminal."""

    def on_resize(self) -> None:
        if not self.is_headless:
            self.set_timer(SETTLE_SECONDS, self.check_size)

    def check_size(self) -> None:
        size = Size(*shutil.get_terminal_size())
        if size != self.size:
            self.post_message(events.Resize(size, size))
