"""The line above the key bar: the panels without content, and the panels without a place, which a click opens."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from ..bases.bar import Bar
from ..formatting.sanitize import width
from .tab_bar import TabBar


class StatusLine(Bar):
    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names: list[tuple[int, str]] = []
        """The number and the text of each panel without a place."""

    def offer(self, nothing: Sequence[str], left_out: Sequence[tuple[int, str]]) -> None:
        """Show the texts of panels without content, and the numbers and titles of panels without a place."""
        self._names = [(number, f"{number} {title} ") for number, title in left_out]
        left = ((f" {' · '.join(nothing)}", "dim"),)
        right = (("more: ", "dim"), *((text, "accent") for _, text in self._names)) if self._names else ()
        self.set_cells(left, right)

    def on_click(self, event: events.Click) -> None:
        begin = self.size.width - sum(width(text) for _, text in self._names)
        for number, text in self._names:
            end = begin + width(text)
            if begin <= event.x < end:
                self.post_message(TabBar.Chosen(number))
            begin = end
