"""The recorder of the app's own frames. No terminal stands in between, and nothing else is written."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App

from .asciicast import CastWriter
from .frames import changes, grab, row

MAX_FRAMES_PER_SECOND = 20
_KEYS_COMPARED = 100
"""The number of newest keys that are searched for a key that comes again."""

_KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "delete": "\x1b[3~",
    "f1": "\x1bOP",
}


class Screencast:
    """A screencast, from its creation until `stop`."""

    def __init__(self, app: App[Any], path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Create the file. Raises OSError if it cannot be written."""
        self.path = path
        self._app, self._clock = app, clock
        self._rows: list[str] = []
        self._due: asyncio.TimerHandle | None = None
        self._drawn = 0.0
        self._last_keys: deque[events.Key] = deque(maxlen=_KEYS_COMPARED)
        width, height = app.size
        file = path.open("w", encoding="utf-8", errors="backslashreplace")
        self._cast = CastWriter(file, width, height, clock=clock, title="rockproc-tui", theme=_theme(app))
        self._height = height
        self.draw()

    def draw(self) -> None:
        """Write what has changed since the previous frame; the first time everything."""
        self._due = None
        self._drawn = self._clock()
        rows = [row(strip) for strip in grab(self._app)]
        text = changes(self._rows, rows)
        if text:
            self._cast.output(text if self._rows else f"\x1b[0m\x1b[?25l\x1b[2J{text}")
        self._rows = rows

    def displayed(self) -> None:
        """Schedule a frame after the app has painted, but not too soon after the previous one."""
        if self._due is None:
            wait = max(self._drawn + 1 / MAX_FRAMES_PER_SECOND - self._clock(), 0.0)
            self._due = asyncio.get_running_loop().call_later(wait, self._draw_if_running)

    def _draw_if_running(self) -> None:
        self._due = None
        if self._app.is_running:
            self.draw()

    def pressed(self, key: events.Key) -> None:
        """Write a key. The same event can come again, from Textual or because it was held; it is written once."""
        if not any(key is other for other in self._last_keys):
            self._last_keys.append(key)
            if text := _text(key):
                self._cast.key(text)

    def resized(self, width: int, height: int) -> None:
        self._cast.resize(width, height)
        self._rows, self._height = [], height

    def stop(self) -> None:
        """End the screencast. The last frame stays, with the cursor below it."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._app.is_running:
            self.draw()
        self._cast.output(f"\x1b[0m\x1b[{self._height};1H\x1b[?25h")
        self._cast.close()


def _text(key: events.Key) -> str:
    if key.key in _KEYS:
        return _KEYS[key.key]
    if key.key.startswith("ctrl+") and len(key.key) == 6 and key.key[5].isalpha():
        return chr(ord(key.key[5].lower()) - 96)
    return key.character or ""


def _theme(app: App[Any]) -> dict[str, str]:
    variables = app.theme_variables
    names = ("background", "error", "success", "warning", "primary", "secondary", "accent", "foreground")
    colours = [variables.get(name, "") for name in names]
    if not all(colour.startswith("#") and len(colour) == 7 for colour in colours):
        return {}
    return {"fg": colours[-1], "bg": colours[0], "palette": ":".join(colours)}
