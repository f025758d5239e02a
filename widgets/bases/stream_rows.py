"""Rows that only grow: messages, output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from rockproc.observer.model import Stream
from textual import events

from ..formatting.cells import Cells
from .rows import Row, Rows
from .searching import Searching
from .view import EMPTY_VIEW, View

Item = TypeVar("Item")


class StreamRows(Searching, Generic[Item]):
    """Keeps items and makes a line of one only when it is drawn.

    It follows the newest item until the cursor moves up or the view is scrolled up, and again from the last line on.
    """

    LIMIT = 20_000

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.view: View = EMPTY_VIEW
        self._seen = 0
        """How much of the stream was taken."""
        self._items: list[Item] = []
        self._first = 0
        self.follow = True
        self.unseen = 0
        self._followed = True
        """Whether it followed when a search began."""

    def take(self, view: View, stream: Stream[Item]) -> None:
        """Shows what is new in a stream; at another moment of the run, all that there was."""
        before, self.view = self.view, view
        moved = view.moment != before.moment
        others = view.processes is not before.processes or view.channels is not before.channels
        first, items = stream.since(0 if moved else self._seen)
        self._seen = first + len(items)
        wanted = [item for item in items if self.wanted(item)]
        # Lines may have come before it was known whose they are, or what became of them.
        if (others and view.called != before.called) or len(wanted) < len(items):
            self.refresh()
        self.refill(wanted) if moved else self.extend(wanted)

    def wanted(self, item: Item) -> bool:
        """Whether an item is to be shown."""
        raise NotImplementedError

    def cells(self, item: Item) -> Cells:
        raise NotImplementedError

    def count(self) -> int:
        return len(self._items)

    def row(self, index: int) -> Row:
        return Row(self._first + index, self.cells(self._items[index]))

    def selectable(self, index: int) -> bool:
        return index >= 0

    @property
    def item(self) -> Item | None:
        """The one under the cursor."""
        return self._items[self.cursor] if self.cursor < len(self._items) else None

    @property
    def base(self) -> int:
        return self._first

    def searched(self, index: int) -> str:
        return self.text(self._items[index])

    def text(self, item: Item) -> str:
        """All that can be searched for of an item."""
        return "".join(text for text, _ in self.cells(item))

    def owner(self, index: int) -> int:
        return index

    def go_to(self, index: int) -> None:
        super().go_to(index)
        self._set_follow(False)

    def open_prompt(self) -> None:
        self._followed = self.follow
        super().open_prompt()

    def back_to_origin(self) -> None:
        if self._followed:
            self.action_last()
        else:
            super().back_to_origin()

    def clear(self) -> None:
        self._items, self._first = [], 0
        self.search_again()
        self.follow, self.unseen = True, 0
        self._strips.clear()
        self.extend_view()
        self.cursor = 0
        self.refresh()

    def extend(self, items: Sequence[Item]) -> None:
        if not items:
            if not self._items:
                self.refresh_empty()
            return
        before = len(self._items)
        self._items.extend(items)
        excess = len(self._items) - self.LIMIT
        if excess > self.LIMIT // 10 or excess > before:
            self._forget(excess)
        self.rows_came(max(len(self._items) - len(items), 0))
        self.extend_view()
        if self.follow:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
            self.cursor = len(self._items) - 1
            self.refresh()
        else:
            self.unseen += len(items)
            self.refresh_lines(before, len(items))

    def refill(self, items: Sequence[Item]) -> None:
        """Shows other items. Who followed goes on to; otherwise the cursor stays on its item if that is there."""
        item, follow = self.item, self.follow
        self.clear()
        self.extend(items)
        if not follow and item is not None and item in self._items:
            self._set_follow(False)
            self.cursor = self._items.index(item)

    def _forget(self, excess: int) -> None:
        del self._items[:excess]
        self._first += excess
        self.rows_went()
        if not self.follow:
            self.set_reactive(Rows.cursor, max(self.cursor - excess, 0))
            self.scroll_to(y=max(self.scroll_offset.y - excess, 0), animate=False, force=True)
            self.refresh()

    def resized(self) -> None:
        self._strips.clear()
        if self.follow:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)

    def move(self, steps: int) -> None:
        super().move(steps)
        self._set_follow(steps > 0 and self.cursor >= len(self._items) - 1)

    def _set_follow(self, follow: bool) -> None:
        if follow:
            self.unseen = 0
        if follow != self.follow:
            self.follow = follow
            self.post_message(self.Moved(self, self.selected))

    def clicked(self) -> None:
        self._set_follow(self.cursor >= len(self._items) - 1)

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        if self.max_scroll_y:
            self._set_follow(False)

    def on_mouse_scroll_down(self, _event: events.MouseScrollDown) -> None:
        self.call_after_refresh(self._follow_at_end)

    def _follow_at_end(self) -> None:
        if self.scroll_target_y >= self.max_scroll_y and not self.follow:
            self.cursor = len(self._items) - 1
            self._set_follow(True)

    @property
    def news(self) -> str:
        """What the border says while it does not follow."""
        if self.follow:
            return ""
        return f"↓ {self.unseen} new · end follows" if self.unseen else "end follows"
