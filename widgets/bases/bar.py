"""A line across the screen with texts at its left and at its right end."""

from __future__ import annotations

from typing import Any

from rich.segment import Segment
from textual.app import App
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from ..formatting.cells import Cells
from ..formatting.roles import styles
from ..formatting.sanitize import sanitize
from .rows import length


class Bar(Widget):
    DEFAULT_CSS = """
    Bar { height: 1; width: 1fr; background: $panel; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left: Cells = ()
        self._right: Cells = ()

    def set_cells(self, left: Cells, right: Cells = ()) -> None:
        """Show texts at the left edge and, as far as there is room, at the right edge."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    @property
    def text(self) -> str:
        return "".join(text for text, _ in (*self._left, *self._right))

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002
        return length(self._left) + length(self._right)

    def render_line(self, y: int) -> Strip:
        base, columns = self.rich_style, self.size.width
        if y:
            return Strip.blank(columns, base)
        right = self._segments(self._right)
        left = self._segments(self._left)
        room = columns - Strip(right).cell_length
        return Strip([*Strip(left).adjust_cell_length(max(room, 0), base), *right]).adjust_cell_length(columns, base)

    def _segments(self, cells: Cells) -> list[Segment]:
        app: App[Any] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        base, roles = self.rich_style, styles(app.theme_variables)
        return [Segment(sanitize(text), base + roles[role] if role else base) for text, role in cells]
