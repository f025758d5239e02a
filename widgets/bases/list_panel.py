"""A panel whose rows are built anew from each view."""

from __future__ import annotations

from .panel import Panel
from .rows import ListRows, Row
from .view import EMPTY_VIEW, View


class ListPanel(Panel, ListRows):
    """A panel that is a list. `Panel` is the first base because Textual matches style sheets along first bases only."""

    _formatting = False
    _outdated = False
    """True if something that the rows depend on has changed while they were formatted."""

    def show(self, view: View) -> None:
        self.view = view
        self.set_rows(self.rows(view))

    def reset(self) -> None:
        super().reset()
        self.set_rows([])
        self.cursor = 0

    def rows(self, view: View) -> list[Row]:
        raise NotImplementedError

    def resized(self) -> None:
        """Format the rows again. That may move the cursor or scroll, and both call this method again.

        It comes to an end because the keys of the rows depend on the cursor's row at most, never on what is scrolled
        into view.
        """
        if self._formatting:
            self._outdated = True
            return
        self._formatting = True
        try:
            self._outdated = True
            while self._outdated:
                self._outdated = False
                if self.view is not EMPTY_VIEW:
                    self.set_rows(self.rows(self.view))
        finally:
            self._formatting = False
