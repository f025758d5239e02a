"""A list panel that formats only the rows that are visible: most rows of a run with hundreds of processes are not."""

from __future__ import annotations

from .list_panel import ListPanel

_ROWS_AHEAD = 4
"""The number of rows below the visible ones that are formatted, so that they are shown at once in a higher panel."""


class VisibleRowsPanel(ListPanel):
    _scrolled_to = 0

    @property
    def visible_rows(self) -> range:
        """The indices of the rows that need texts; the others get theirs when they are scrolled into view."""
        first = self.scroll_offset.y
        return range(first, first + self.scrollable_content_region.height + _ROWS_AHEAD)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) != self._scrolled_to:
            self._scrolled_to = round(new_value)
            self.resized()
