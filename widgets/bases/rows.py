"""A list drawn line by line: the base of everything here that moves."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

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


@dataclass(frozen=True, slots=True)
class Row:
    key: Hashable
    cells: Cells
    selectable: bool = True

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.cells).rstrip()


class Rows(ScrollView, can_focus=True):
    """Lines with a cursor. A subclass says how many there are and what is in each."""

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
    """What an empty list says of itself."""

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

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
        """Marks the row of the cursor also without the focus."""
        self._title = ""
        self._subtitle = ""
        self._why_none = ""
        self._border_only = False
        self._base: Style | None = None

    # What a subclass has to say.

    def count(self) -> int:
        return 0

    def row(self, index: int) -> Row:
        raise NotImplementedError

    def selectable(self, index: int) -> bool:
        return self.row(index).selectable

    # What others ask.

    @property
    def selected(self) -> Row | None:
        return self.row(self.cursor) if 0 <= self.cursor < self.count() else None

    @property
    def columns(self) -> int:
        """Cells in a line."""
        return self.scrollable_content_region.width

    def headline(self, title: str, subtitle: str = "") -> None:
        """Sets the titles in the border, repainting only for a new text."""
        if (title, subtitle) != (self._title, self._subtitle):
            self._title, self._subtitle = title, subtitle
            self._border_only = True
            self.border_title = Content(sanitize(title))
            self.border_subtitle = Content(sanitize(subtitle))
            self._border_only = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Textual repaints the whole of a widget for another title in its border."""
        if self._border_only and self.is_mounted:
            x, y = self.content_offset
            width, height = self.outer_size
            regions = Region(-x, -y, width, 1), Region(-x, height - 1 - y, width, 1)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    # Drawing.

    def notify_style_update(self) -> None:
        self._strips.clear()
        self._base = None
        super().notify_style_update()

    def on_resize(self) -> None:
        self.resized()

    def watch_show_vertical_scrollbar(self) -> None:
        """Textual tells a scrollbar of what is scrolled only while it shows."""
        self.vertical_scrollbar.position = self.scroll_y

    def resized(self) -> None:
        """Called when a line has another length."""

    @property
    def foot(self) -> int:
        """Lines at the bottom that do not scroll."""
        return 0

    @property
    def list_height(self) -> int:
        """Rows that are in view."""
        return self.scrollable_content_region.height - self.foot

    def extend_view(self) -> None:
        """Makes room for scrolling over all rows."""
        self.virtual_size = Size(1, self.count() + self.foot)

    def render_line(self, y: int) -> Strip:
        index = self.scroll_offset.y + y
        columns = self.columns
        if index >= self.count():
            return self._empty_line(y, columns)
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
        """Repaints what is said where there is no row, if that is something else by now."""
        if self.empty() != self._why_none:
            self._why_none = self.empty()
            self.refresh()

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
        """Scrolls as little as shows the row."""
        height = self.list_height
        if height <= 0:
            return
        top = self.scroll_offset.y
        # The headings above the first row that can be chosen come into view with it.
        if index < top or not any(self.selectable(each) for each in range(min(index, self.count()))):
            self.scroll_to(y=self._heading(index), animate=False, force=True)
        elif (bottom := min(self._tail(index), index + height - 1)) >= top + height:
            self.scroll_to(y=bottom - height + 1, animate=False, force=True)

    def _heading(self, index: int) -> int:
        while 0 < index < self.count() and not self.selectable(index - 1):
            index -= 1
        return index

    def _tail(self, index: int) -> int:
        """The last of the lines that come into view with it: those below that cannot be chosen themselves."""
        while index + 1 < self.count() and not self.selectable(index + 1):
            index += 1
        return index

    def move(self, steps: int) -> None:
        """Moves the cursor over what can be chosen."""
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
        index = offset.y + self.scroll_offset.y
        if index < self.count() and self.selectable(index):
            self.cursor = index
            self.clicked()
            if event.chain == 2:
                self.post_message(self.Opened(self))

    def clicked(self) -> None:
        """Called when the mouse has chosen a row."""

    def copied(self) -> str:
        """What `y` copies."""
        return self.selected.text if self.selected else ""


class ListRows(Rows):
    """Rows that are given whole, again and again; only those that differ are drawn."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[Row] = []

    def count(self) -> int:
        return len(self._rows)

    def row(self, index: int) -> Row:
        return self._rows[index]

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Replaces the rows. The cursor stays on the row of the same key, wherever that is now."""
        old, self._rows = self._rows, list(rows)
        key = old[self.cursor].key if 0 <= self.cursor < len(old) else None
        if len(old) != len(self._rows):
            self.extend_view()
        if not old and not self._rows:
            self.refresh_empty()
        elif not old or not self._rows:
            self.refresh()
        else:
            for index, row in enumerate(self._rows):
                if index >= len(old) or (old[index] is not row and old[index] != row):
                    self.refresh_line(index)
            for index in range(len(self._rows), len(old)):
                self.refresh_line(index)
        self._keep_cursor(key)

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
        """Puts the cursor on the row of that key, if there is one."""
        for index, row in enumerate(self._rows):
            if row.key == key and row.selectable:
                self.cursor = index
                return


def column(text: str, cells: int, role: str = "", align: str = "<") -> tuple[str, str]:
    """One cell of a table: exactly `cells` wide."""
    return fit(sanitize(text), cells, align), role


def length(cells: Cells) -> int:
    return sum(width(text) for text, _ in cells)
