"""A panel whose rows are built anew from each view."""

from __future__ import annotations

from .panel import Panel
from .rows import ListRows, Row
from .view import EMPTY_VIEW, View


class ListPanel(Panel, ListRows):
    """`Panel` is the first base because Textual matches style sheets along first bases only."""

    def show(self, view: View) -> None:
        self.view = view
        self.set_rows(self.rows(view))

    def reset(self) -> None:
        super().reset()
        self.set_rows([])

    def rows(self, view: View) -> list[Row]:
        raise NotImplementedError

    def resized(self) -> None:
        if self.view is not EMPTY_VIEW:
            self.set_rows(self.rows(self.view))
