from __future__ import annotations

import pytest
from rockproc.tui.settings.theme import DARK, DARK_16, DARK_256, GREYS, LIGHT, default_theme
from textual.color import Color
from textual.theme import Theme


@pytest.mark.parametrize(
    ("color_system", "theme"), [("truecolor", DARK), ("256", DARK_256), ("standard", DARK_16), (None, DARK)]
)
def test_the_theme_follows_what_the_terminal_can_show(color_system: str | None, theme: object) -> None:
    assert default_theme(color_system) is theme
    assert default_theme(color_system, no_color=True) is GREYS


def test_without_colours_a_problem_is_no_darker_than_the_text() -> None:
    named = [GREYS.primary, GREYS.error, GREYS.warning, GREYS.foreground, *GREYS.variables.values()]
    colours = [Color.parse(name) for name in named if name is not None]
    assert all(colour.r == colour.g == colour.b for colour in colours)
    assert GREYS.error == GREYS.warning == GREYS.foreground


@pytest.mark.parametrize("theme", [DARK, DARK_256, DARK_16, GREYS, LIGHT], ids=lambda theme: theme.name)
def test_the_selected_row_can_be_read(theme: Theme) -> None:
    for name in ("cursor-line", "cursor-line-blurred"):
        line = Color.parse(theme.variables[name])
        assert _contrast(Color.parse(theme.variables["muted"]), line) >= 3.0
        names = [colour for variable, colour in theme.variables.items() if variable.startswith(("who-", "lock-"))]
        assert all(_contrast(Color.parse(colour), line) >= 2.0 for colour in names)  # 16 colours have no better


def _contrast(one: Color, other: Color) -> float:
    """Return the ratio of two colours by WCAG 2: 21 for black on white; text below 3 is hard to read."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
