"""A list that is drawn line by line, the base of all panels whose content changes often."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ..formatting.cells import Cells
from ..formatting.roles import styles
from ..formatting.sanitize import fit, sanitize, width, wrap

_TITLE_FRAME_CELLS = 4
"""The cells between a title and its explanation, and between that and the end of the border."""


class Row(msgspec.Struct, frozen=True):
    key: Hashable
    cells: Cells
    selectable: bool = True

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.cells).rstrip()


class Rows(ScrollView, can_focus=True):
    """A list of rows with a cursor. A subclass provides the number of rows and the cells of each."""

    DEFAULT_CSS = """
    Rows {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
    }
    """

    ARROWS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Up", show=False, tooltip="One line up"),
        Binding("down", "cursor_down", "Down", show=False, tooltip="One line down"),
        Binding("pageup", "page_up", "Page up", show=False, tooltip="One page up"),
        Binding("pagedown", "page_down", "Page down", show=False, tooltip="One page down"),
        Binding("home", "first", "First", show=False, tooltip="To the first line"),
        Binding("end", "last", "Last", show=False, tooltip="To the last line, and follow what comes"),
    ]
    VI: ClassVar[list[BindingType]] = [
        Binding("k", "cursor_up", "Up", show=False, tooltip="One line up"),
        Binding("j", "cursor_down", "Down", show=False, tooltip="One line down"),
        Binding("g", "first", "First", show=False, tooltip="To the first line"),
        Binding("G", "last", "Last", show=False, tooltip="To the last line, and follow what comes"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [*ARROWS, *VI]

    EMPTY: ClassVar[str] = ""
    """The text of an empty list."""

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Moved(Message):
        """The cursor has moved to another row."""

        rows: Rows
        row: Row | None

        @property
        def control(self) -> Rows:
            return self.rows

    @dataclass
    class Opened(Message):
        """A row was double clicked."""

        rows: Rows

        @property
        def control(self) -> Rows:
            return self.rows

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._strips: LRUCache[tuple[Cells, int, str], Strip] = LRUCache(1024)
        self.marks_cursor = True
        self.keeps_cursor = False
        """True to highlight the row of the cursor without the focus as well."""
        self._title = ""
        self._beside = False
        self._why_none = ""
        self._border_only = False
        self._base: Style | None = None

    # The interface for subclasses

    def count(self) -> int:
        return 0

    def row(self, index: int) -> Row:
        raise NotImplementedError

    def selectable(self, index: int) -> bool:
        return self.row(index).selectable

    # The interface for others

    @property
    def selected(self) -> Row | None:
        return self.row(self.cursor) if 0 <= self.cursor < self.count() else None

    @property
    def arrows(self) -> str:
        """The effect of the arrow keys: `scroll` or `select`; empty if the key bar does not name them."""
        return ""

    @property
    def columns(self) -> int:
        """The number of cells in a line."""
        return self.scrollable_content_region.width

    def headline(self, title: str, note: str = "", *, explains: str = "") -> None:
        """Set the title in the border, and repaint it only if it differs.

        Args:
            title: The title.
            note: What stands behind it.
            explains: The meaning of columns or signs, for a note where there is none. It is left out rather than cut.
        """
        if not note and explains and width(title) + width(explains) + _TITLE_FRAME_CELLS <= self.columns:
            note = explains
        text = f"{title}  {note}" if note else title
        if text != self._title:
            self._title = text
            self._show_title()

    def stand_beside(self, beside: bool) -> None:
        """Draw a line at the left of a panel that stands beside another one."""
        if beside != self._beside:
            self._beside = beside
            self.set_class(beside, "-beside")
            self._show_title()

    def _show_title(self) -> None:
        # Textual puts a space before the title only if the panel has a corner at its left.
        self._border_only = True
        self.border_title = Content(f"{'' if self._beside else ' '}{sanitize(self._title)} ")
        self._border_only = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Repaint only the border for another title: Textual would repaint the whole widget."""
        if self._border_only and self.is_mounted:
            x, y = self.content_offset
            regions = (Region(-x, -y, self.outer_size.width, 1),)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    # Drawing.

    def notify_style_update(self) -> None:
        self._strips.clear()
        self._base = None
        super().notify_style_update()

    def on_resize(self) -> None:
        self.resized()
        if self.has_focus and 0 <= self.cursor < self.count():
            self.reveal(self.cursor)  # details that have opened below may have covered it

    def watch_show_vertical_scrollbar(self) -> None:
        """Set the position of the scrollbar, which Textual updates only while it is visible. Use the other width."""
        self.vertical_scrollbar.position = self.scroll_y
        if self.is_mounted:
            self.call_after_refresh(self.resized)

    def resized(self) -> None:
        """Called when the size of the panel has changed."""

    @property
    def head(self) -> int:
        """The number of lines at the top that do not scroll."""
        return 0

    def head_cells(self, line: int) -> Cells:  # noqa: ARG002
        """Return what one of the lines at the top shows."""
        return ()

    def head_clicked(self, line: int) -> None:
        """Called when one of the lines at the top is clicked."""

    @property
    def foot(self) -> int:
        """The number of lines at the bottom that do not scroll."""
        return 0

    @property
    def list_height(self) -> int:
        """The number of rows that fit between head and foot."""
        return self.scrollable_content_region.height - self.head - self.foot

    def extend_view(self) -> None:
        """Set the virtual size so that all rows can be scrolled to."""
        self.virtual_size = Size(1, self.count() + self.head + self.foot)

    def render_line(self, y: int) -> Strip:
        columns = self.columns
        if 0 <= y < self.head:
            return self._strip_of(self.head_cells(y), columns, "")
        index = self.scroll_offset.y + y - self.head
        if index >= self.count():
            return self._empty_line(y - self.head, columns)
        row = self.row(index)
        mode = ""
        if self.marks_cursor and index == self.cursor and row.selectable:
            mode = "cursor" if self.has_focus else "cursor-blurred" if self.keeps_cursor else ""
        return self._strip_of(row.cells, columns, mode)

    def _strip_of(self, cells: Cells, columns: int, mode: str) -> Strip:
        key = (cells, columns, mode)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._strip(cells, columns, mode)
        return strip

    def _strip(self, cells: Cells, columns: int, mode: str) -> Strip:
        # Textual combines it anew each time, from the styles of all that lies behind.
        base = self._base = self._base or self.rich_style
        roles = self._roles()
        over = roles[mode] if mode else Style.null()
        segments = [Segment(sanitize(text), base + roles[role] + over if role else base + over) for text, role in cells]
        return Strip(segments).adjust_cell_length(columns, base + over).crop(0, columns)

    def _roles(self) -> Mapping[str, Style]:
        app: App[Any] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return styles(app.theme_variables)

    def _empty_line(self, y: int, columns: int) -> Strip:
        if self.count() == 0 and self.EMPTY and columns > 4:
            lines = wrap(self.empty(), columns - 2)
            if y < len(lines):
                return self._strip_of(((" " + fit(lines[y], columns - 1), "dim"),), columns, "")
        return self._strip_of((), columns, "")

    def empty(self) -> str:
        return self.EMPTY

    def refresh_empty(self) -> None:
        """Repaint the text of an empty list if it has changed."""
        if self.empty() != self._why_none:
            self._why_none = self.empty()
            self.refresh()

    def refresh_line(self, y: int) -> None:
        """Repaint the row of that index."""
        super().refresh_line(y + self.head)

    def refresh_lines(self, y_start: int, line_count: int = 1) -> None:
        super().refresh_lines(y_start + self.head, line_count)

    def refresh_head(self) -> None:
        """Repaint the lines at the top."""
        self.refresh(Region(0, 0, self.columns, self.head))

    # Moving.

    def validate_cursor(self, cursor: int) -> int:
        return max(min(cursor, self.count() - 1), 0)

    def watch_cursor(self, old: int, new: int) -> None:
        self.refresh_line(old)
        self.refresh_line(new)
        if self.is_mounted:
            self.reveal(new)
            self.post_message(self.Moved(self, self.selected))

    def reveal(self, index: int) -> None:
        """Scroll as little as needed to show a row."""
        height = self.list_height
        if height <= 0:
            return
        top = self.scroll_offset.y
        # The headings above the first row that can be chosen come into view with it.
        if index < top or not any(self.selectable(row) for row in range(min(index, self.count()))):
            self.scroll_to(y=self._heading(index), animate=False, force=True)
        elif (bottom := min(self._tail(index), index + height - 1)) >= top + height:
            self.scroll_to(y=bottom - height + 1, animate=False, force=True)

    def _heading(self, index: int) -> int:
        while 0 < index < self.count() and not self.selectable(index - 1):
            index -= 1
        return index

    def _tail(self, index: int) -> int:
        """Return the last of the rows below that cannot be selected; they are shown together with the row."""
        while index + 1 < self.count() and not self.selectable(index + 1):
            index += 1
        return index

    def move(self, steps: int) -> None:
        """Move the cursor by a number of selectable rows."""
        direction = 1 if steps > 0 else -1
        target = self.cursor
        probe = self.cursor
        while steps and 0 <= probe + direction < self.count():
            probe += direction
            if self.selectable(probe):
                target = probe
                steps -= direction
        self.cursor = target

    def action_cursor_up(self) -> None:
        self.move(-1)

    def action_cursor_down(self) -> None:
        self.move(1)

    def action_page_up(self) -> None:
        self.move(-max(self.list_height - 1, 1))

    def action_page_down(self) -> None:
        self.move(max(self.list_height - 1, 1))

    def action_first(self) -> None:
        self.move(-self.count())

    def action_last(self) -> None:
        self.move(self.count())

    def on_focus(self) -> None:
        self.refresh_line(self.cursor)

    def on_blur(self) -> None:
        self.refresh_line(self.cursor)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < self.head:
            self.head_clicked(offset.y)
            return
        index = offset.y + self.scroll_offset.y - self.head
        if index < self.count() and self.selectable(index):
            self.cursor = index
            self.clicked()
            if event.chain == 2:
                self.post_message(self.Opened(self))

    def clicked(self) -> None:
        """Called when a row was clicked."""

    def copied(self) -> str:
        """Return the text that the copy key copies."""
        return self.selected.text if self.selected else ""


class ListRows(Rows):
    """A list whose rows are replaced as a whole; only rows that differ are repainted."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[Row] = []

    def count(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Row:
        return self._rows[index]

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Replace the rows. The cursor stays on the row with the same key."""
        old, self._rows = self._rows, list(rows)
        key = old[self.cursor].key if 0 <= self.cursor < len(old) else None
        if len(old) != len(self._rows):
            self.extend_view()
        if not old and not self._rows:
            self.refresh_empty()
        elif not old or not self._rows:
            self.refresh()
        else:
            self._refresh_differences(old)
        self._keep_cursor(key)

    def _refresh_differences(self, old: Sequence[Row]) -> None:
        """Repaint the lines that differ from those of other rows. Of hundreds of rows, few are visible."""
        rows, top = self._rows, self.scroll_offset.y
        visible = range(top, top + self.list_height)
        for index in visible if top == 0 else (0, *visible):  # the first row may be a ruler, which does not scroll
            before, after = (some[index] if index < len(some) else None for some in (old, rows))
            if before is not after and before != after:
                self.refresh_line(index)

    def _keep_cursor(self, key: Hashable) -> None:
        if not self._rows:
            return
        cursor = self.cursor
        here = self._rows[cursor] if cursor < len(self._rows) else None
        if key is None or here is None or here.key != key or not here.selectable:
            places = {row.key: index for index, row in enumerate(self._rows) if row.selectable}
            cursor = places.get(key, min(cursor, len(self._rows) - 1))
            if not self._rows[cursor].selectable:
                cursor = next(iter(places.values()), 0)
        self.cursor = cursor

    def select(self, key: Hashable) -> None:
        """Move the cursor to the row with a key, if there is one."""
        for index, row in enumerate(self._rows):
            if row.key == key and row.selectable:
                self.cursor = index
                return


def column(text: str, cells: int, role: str = "", align: str = "<") -> tuple[str, str]:
    """Return a cell of a table that is exactly `cells` wide."""
    return fit(sanitize(text), cells, align), role


def length(cells: Cells) -> int:
    return sum(width(text) for text, _ in cells)
