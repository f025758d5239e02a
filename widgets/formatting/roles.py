"""What a text is, and how the theme shows that.

Not component classes: with thirty of them every change of focus would cost each widget ten milliseconds.
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
    """A variable of the theme."""
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
    "stop": Look("secondary"),
    "name": Look("primary"),
    "number": Look("accent"),
    "string": Look("success"),
    "keyword": Look("secondary"),
    "comment": Look("muted", italic=True),
    "define": Look("primary", bold=True),
    "who-0": Look("foreground", bold=True),
    "who-1": Look("primary"),
    "who-2": Look("accent"),
    "who-3": Look("secondary"),
    "who-4": Look("warning"),
    "who-5": Look("success"),
    "match": Look("background", ground="warning"),
    "match-now": Look("background", bold=True, ground="accent"),
    "cursor": Look(bold=True, ground="cursor-line"),
    "cursor-blurred": Look(ground="cursor-line-blurred"),
    "moment": Look(bold=True, ground="cursor-line"),
}
_INSTEAD = {"muted": "foreground", "cursor-line": "primary-muted", "cursor-line-blurred": "panel"}
_NEEDED = sorted({name for look in LOOKS.values() for name in (look.colour, look.ground) if name})


class _Styles(dict[str, Style]):
    """Also of several roles at once, `good+moment`, and of colours that no theme has, `#101010 on #ff8000`."""

    def __missing__(self, role: str) -> Style:
        if "+" not in role:
            return Style.parse(role)
        return Style.combine([self[each] for each in role.split("+") if each])


def styles(variables: Mapping[str, str]) -> Mapping[str, Style]:
    """The style of each role under a theme."""
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
