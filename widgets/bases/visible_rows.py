"""A panel that makes the texts of those rows only that are in sight: of hundreds of processes most are not."""

from __future__ import annotations

from .panel import Panel


class VisibleRows(Panel):
    _scrolled_to = 0

    @property
    def visible_rows(self) -> range:
        """The rows that need their texts; the others are made when they are scrolled to."""
        first = self.scroll_offset.y
        return range(first, first + self.scrollable_content_region.height)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) != self._scrolled_to:
            self._scrolled_to = round(new_value)
            self.resized()
