"""Roles of texts and the styles that a theme gives them.

Roles are no component classes of Textual, because thirty of those make each change of focus cost ten milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color, ColorParseError


class Look(NamedTuple):
    colour: str = ""
    """The name of a variable of the theme."""
    bold: bool = False
    italic: bool = False
    ground: str = ""


LOOKS = {
    "dim": Look("muted"),
    "title": Look(bold=True),
    "heading": Look("primary", bold=True),
    "key": Look("accent", bold=True),
    "accent": Look("accent"),
    "good": Look("success"),
    "wait": Look("warning"),
    "warn": Look("warning", bold=True),
    "bad": Look("error", bold=True),
    "stop": Look("foreground", bold=True),
    "name": Look("primary"),
    "number": Look("accent"),
    "string": Look("success"),
    "keyword": Look("secondary"),
    "comment": Look("muted", italic=True),
    "define": Look("primary", bold=True),
    "run": Look("success"),
    "dead": Look("error", bold=True),
    "ended": Look("muted"),
    "message": Look("foreground", bold=True),
    "faint": Look("faint"),
    "lock-0": Look("lock-0"),
    "lock-1": Look("lock-1"),
    "lock-2": Look("lock-2"),
    "who-0": Look("foreground", bold=True),
    "who-1": Look("who-1"),
    "who-2": Look("who-2"),
    "who-3": Look("who-3"),
    "who-4": Look("who-4"),
    "who-5": Look("who-5"),
    "match": Look("background", ground="warning"),
    "match-now": Look("background", bold=True, ground="accent"),
    "cursor": Look(bold=True, ground="cursor-line"),
    "cursor-blurred": Look(ground="cursor-line-blurred"),
    "moment": Look(bold=True, ground="cursor-line"),
}
_INSTEAD = {
    "faint": "muted",
    "lock-0": "accent",
    "lock-1": "secondary",
    "lock-2": "primary",
    "who-1": "primary",
    "who-2": "accent",
    "who-3": "secondary",
    "who-4": "primary",
    "who-5": "accent",
    "muted": "foreground",
    "cursor-line": "primary-muted",
    "cursor-line-blurred": "panel",
}
"""The variable that is used where a theme lacks one."""
_NEEDED = sorted({name for look in LOOKS.values() for name in (look.colour, look.ground) if name})


class _Styles(dict[str, Style]):
    """Styles by role; a key can join roles, `good+moment`, or be a style of Rich, `#101010 on #ff8000`."""

    def __missing__(self, role: str) -> Style:
        if "+" not in role:
            return Style.parse(role)
        return Style.combine([self[part] for part in role.split("+") if part])


def styles(variables: Mapping[str, str]) -> Mapping[str, Style]:
    """Return the style of each role under a theme."""
    return _styles(tuple(variables.get(name, variables.get(_INSTEAD.get(name, ""), "")) for name in _NEEDED))


@lru_cache(maxsize=32)
def _styles(values: tuple[str, ...]) -> Mapping[str, Style]:
    given = dict(zip(_NEEDED, values, strict=True))
    return _Styles(
        {
            role: Style(
                color=_colour(given.get(look.colour, "")),
                bgcolor=_colour(given.get(look.ground, "")),
                bold=look.bold or None,
                italic=look.italic or None,
            )
            for role, look in LOOKS.items()
        }
    )


def _colour(text: str) -> RichColor | None:
    try:
        return Color.parse(text).rich_color if text else None
    except ColorParseError:  # a theme may say `auto`
        return None
