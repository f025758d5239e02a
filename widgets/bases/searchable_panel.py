"""A list panel whose rows can be searched."""

from __future__ import annotations

from collections.abc import Sequence

from .list_panel import ListPanel
from .rows import Row
from .searching import Searching


class SearchablePanel(ListPanel, Searching):
    """A panel that can be searched. `ListPanel` is its first base: Textual matches style sheets along first bases."""

    def set_rows(self, rows: Sequence[Row]) -> None:
        super().set_rows(rows)
        if self.pattern is not None:
            self.search_again()
