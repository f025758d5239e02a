"""Shortens names so that similar names stay distinguishable, in the same way in reports and on the screen."""

from __future__ import annotations

from collections.abc import Callable


def shorten(text: str, room: int, width: Callable[[str], int] = len) -> str:
    """Return a text of at most `room` columns: the middle of a longer one is replaced by an ellipsis.

    The beginning and the end of a name distinguish it better than its middle: `image-resizer-worker-12` becomes
    `image-res…er-12`.

    Args:
        text: the name, path or command line.
        room: the number of columns; with less than one, nothing is left of the text.
        width: returns the number of columns that a text takes.
    """
    if width(text) <= room:
        return text
    if room < 1:
        return ""
    side_length = (room - 1) // 2 if room > 3 else 0
    tail = ""
    while width(longer := text[len(text) - len(tail) - 1 :]) <= side_length:
        tail = longer
    left = room - 1 - width(tail)
    head = ""
    while width(longer := text[: len(head) + 1]) <= left:
        head = longer
    return f"{head}…{tail}"
