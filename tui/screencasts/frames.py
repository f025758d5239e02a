"""Converts whole frames of the app to text for a terminal. No other file uses private parts of Textual."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual._context import visible_screen_stack
from textual.app import App
from textual.strip import Strip

_ATTRIBUTES = (("bold", 1), ("dim", 2), ("italic", 3), ("underline", 4), ("blink", 5), ("reverse", 7), ("strike", 9))


def grab(app: App[Any]) -> list[Strip]:
    """Return what the screen shows now, row by row, with dialogs and toasts."""
    with app._context():  # pyright: ignore[reportPrivateUsage]
        below: Any = app._background_screens  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType]
        visible_screen_stack.set(below)
        return app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]


def row(strip: Iterable[Segment]) -> str:
    """Return a row as text with its colours."""
    parts: list[str] = []
    before = ""
    for text, style, control in strip:
        if control:
            continue
        codes = _codes(style)
        if codes != before:
            parts.append(f"\x1b[0;{codes}m" if codes else "\x1b[0m")
            before = codes
        parts.append(text)
    return "".join(parts) + "\x1b[0m"


def changes(before: list[str], rows: list[str]) -> str:
    """Return the text that turns one frame into the other: the rows that differ, each at its position."""
    return "".join(
        f"\x1b[{number};1H{text}"
        for number, text in enumerate(rows, 1)
        if number > len(before) or before[number - 1] != text
    )


@lru_cache(maxsize=2048)
def _codes(style: Style | None) -> str:
    if style is None:
        return ""
    codes = [str(code) for name, code in _ATTRIBUTES if getattr(style, name)]
    for color, base in ((style.color, 38), (style.bgcolor, 48)):
        if color is not None and not color.is_default:
            red, green, blue = color.get_truecolor()
            codes.append(f"{base};2;{red};{green};{blue}")
    return ";".join(codes)
