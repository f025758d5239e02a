"""A panel in whose rows one can search."""

from __future__ import annotations

from collections.abc import Sequence

from .panel import Panel
from .rows import Row
from .searching import Searching


class SearchingPanel(Panel, Searching):
    """`Panel` is first: the style sheets go by the first base of a class."""

    def set_rows(self, rows: Sequence[Row]) -> None:
        super().set_rows(rows)
        if self.pattern is not None:
            self.search_again()
