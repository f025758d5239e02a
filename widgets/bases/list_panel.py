"""A panel whose rows are built anew from each view."""

from __future__ import annotations

from .panel import Panel
from .rows import ListRows, Row
from .view import EMPTY_VIEW, View

MAX_FORMATS = 3
"""Rows whose formatting moves the cursor to and fro would otherwise be formatted without end."""


class ListPanel(Panel, ListRows):
    """`Panel` is the first base because Textual matches style sheets along first bases only."""

    _formatting = False
    _outdated = False
    """True if something that the rows depend on has changed while they were formatted."""

    def show(self, view: View) -> None:
        self.view = view
        self.set_rows(self.rows(view))

    def reset(self) -> None:
        super().reset()
        self.set_rows([])

    def rows(self, view: View) -> list[Row]:
        raise NotImplementedError

    def resized(self) -> None:
        """Formats the rows again. That may move the cursor or scroll, which both ask for it again."""
        if self._formatting:
            self._outdated = True
            return
        self._formatting = True
        try:
            for _ in range(MAX_FORMATS):
                self._outdated = False
                if self.view is not EMPTY_VIEW:
                    self.set_rows(self.rows(self.view))
                if not self._outdated:
                    break
        finally:
            self._formatting = False
