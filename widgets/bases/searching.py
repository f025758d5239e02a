"""Search in rows as in less and vim: `/` starts a search, `n` and `N` go to the next and the previous match."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from rich.segment import Segment
from textual.strip import Strip

from ..formatting.sanitize import sanitize, width
from .prompt import Prompted

ROWS_PER_SLICE = 10_000
"""The number of rows that are searched at once, in about the time for which a key may wait."""


class Searching(Prompted):
    """Search in rows. A row is identified by its number, which it keeps when older rows are dropped."""

    searchable = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.pattern: re.Pattern[str] | None = None
        self._sought = ""
        self._found: list[int] = []
        """The numbers of the rows that match, ascending."""
        self._at: int | None = None
        """The number of the match that was visited last."""
        self._unread = 0
        """Rows with a smaller number have not been searched yet."""
        self._origin = 0
        """The number of the row on which the cursor was when the search began."""

    # The interface for subclasses

    @property
    def base(self) -> int:
        """The number of the first row that is kept."""
        return 0

    def searched(self, index: int) -> str:
        """Return the text of a row, including what is not drawn."""
        return self.row(index).text

    def owner(self, index: int) -> int:
        """Return the row on which the cursor is put for a match in a row that cannot be selected."""
        while index > 0 and not self.selectable(index):
            index -= 1
        return index

    def go_to(self, index: int) -> None:
        """Move the cursor to a match."""
        self.cursor = self.owner(index)
        self.reveal(index)

    # The search

    def open_prompt(self) -> None:
        self._origin = self.base + self.cursor
        super().open_prompt()

    def close_prompt(self) -> bool:
        typing = self.typing
        closed = super().close_prompt()
        if typing:
            self.back_to_origin()
        return closed

    def back_to_origin(self) -> None:
        self.cursor = self._origin - self.base

    def prompted(self) -> None:
        before, self._sought = self._sought, self.prompt.lower()
        self.pattern = _pattern(self.prompt)
        self._at = None
        whole = self._unread <= self.base and len(self._found) <= ROWS_PER_SLICE
        if before and self._sought.startswith(before) and whole:
            self._found = self._matching(self._found)
            self._go_to_first()
        else:
            self._found, self._unread = [], self.base + self.count()
            self._read(self._sought)

    def _read(self, sought: str) -> None:
        """Search the newest rows that were not searched yet; the rest of many rows is searched later."""
        if sought != self._sought or self.pattern is None:
            self.refresh()
            return
        begin = max(self._unread - ROWS_PER_SLICE, self.base)
        self._found[:0] = self._matching(range(begin, self._unread))
        self._unread = begin
        if begin > self.base:
            self.call_later(self._read, sought)
            self.refresh_foot()
        else:
            self._go_to_first()

    def _go_to_first(self) -> None:
        """Go to the first match from where the search began, or else to the last one before that."""
        self.refresh()
        if self.typing and self._found:
            self._go(min(bisect_left(self._found, self._origin), len(self._found) - 1))
        elif self.typing:
            self.back_to_origin()

    def find(self, step: int) -> bool:
        """Go on to the next row that matches, or to the one before; False when there is none."""
        if not self._found:
            return False
        here = self.base + self.cursor if self.place is None else self._found[self.place]
        place = bisect_right(self._found, here) if step > 0 else bisect_left(self._found, here) - 1
        self._go(place % len(self._found))
        return True

    def _go(self, place: int) -> None:
        number = self._found[place]
        self._at = None
        self.go_to(number - self.base)
        self._at = number
        self.refresh()

    @property
    def place(self) -> int | None:
        """The position of the cursor's match among all matches; None if the cursor is on no match."""
        if self._at is None or self.owner(self._at - self.base) != self.cursor:
            return None
        place = bisect_left(self._found, self._at)
        return place if place < len(self._found) and self._found[place] == self._at else None

    def prompt_note(self) -> str:
        if not self.prompt:
            return ""
        count = len(self._found)
        if self._unread > self.base:
            return f"{count} found so far"
        if not count:
            return "no match"
        where = f"{count} found" if self.place is None else f"{self.place + 1}/{count}"
        return where if self.typing else f"{where}  n N · esc"

    def _matching(self, numbers: range | list[int]) -> list[int]:
        assert self.pattern is not None
        search, searched, base = self.pattern.search, self.searched, self.base
        return [number for number in numbers if search(searched(number - base))]

    # Changes of the rows during a search

    def rows_came(self, index: int) -> None:
        """Called when rows were added, from an index on."""
        if self.pattern is not None:
            self._found += self._matching(range(self.base + index, self.base + self.count()))
            self.refresh_foot()

    def rows_went(self) -> None:
        """Called when the rows with a number below `base` were dropped."""
        del self._found[: bisect_left(self._found, self.base)]

    def search_again(self) -> None:
        """Called when all rows were replaced."""
        self._found, self._unread = [], self.base
        self.rows_came(0)

    # Drawing

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        self.refresh_foot()

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if self.pattern is None or y < self.head or (self.prompting and y == self.head + self.list_height):
            return strip
        number = self.base + self.scroll_offset.y + y - self.head
        place = bisect_left(self._found, number)
        if place == len(self._found) or self._found[place] != number:
            return strip
        return self._marked(strip, self.pattern, now=number == self._at)

    def _marked(self, strip: Strip, pattern: re.Pattern[str], *, now: bool) -> Strip:
        """Return a strip with its matches highlighted; a sign at its end stands for a match that is not drawn."""
        style = self._roles()["match-now" if now else "match"]
        text, columns = strip.text, strip.cell_length
        cuts: list[int] = []
        for hit in pattern.finditer(text):
            if hit.end() > hit.start():
                cuts += [width(text[: hit.start()]), width(text[: hit.end()])]
        if not cuts:
            return Strip([*strip.crop(0, columns - 1), Segment("◂", style)], columns)
        parts = list(strip.divide([*cuts, columns]))
        return Strip.join(
            [
                Strip([Segment(segment.text, (segment.style or style) + style) for segment in part])
                if index % 2
                else part
                for index, part in enumerate(parts)
            ]
        )


def _pattern(text: str) -> re.Pattern[str] | None:
    return re.compile(re.escape(sanitize(text)), re.IGNORECASE) if text else None
