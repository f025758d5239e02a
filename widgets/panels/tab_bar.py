"""A bar with the names of panels that share a place; a click on a name selects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from ..bases.bar import Bar


class TabBar(Bar):
    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        number: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._places: list[tuple[int, int, int]] = []

    def offer(self, names: Sequence[tuple[int, str]], chosen: int) -> None:
        """Show names with their numbers."""
        cells: list[tuple[str, str]] = []
        self._places, used = [], 0
        for number, name in names:
            texts = [(f" {number}", "key"), (f" {name} ", "heading" if number == chosen else "dim")]
            columns = sum(len(text) for text, _ in texts)
            self._places.append((used, used + columns, number))
            used += columns
            cells += texts
        self.set_cells(tuple(cells))

    def on_click(self, event: events.Click) -> None:
        for begin, end, number in self._places:
            if begin <= event.x < end:
                self.post_message(self.Chosen(number))
