from __future__ import annotations

import pytest
from rockproc.tui.settings.theme import DARK, DARK_16, DARK_256, GREYS, default_theme
from textual.color import Color


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
