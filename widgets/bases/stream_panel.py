"""A panel whose rows only grow: messages, output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Generic, TypeVar

from rockproc.observer.model import Stream
from textual import events

from ..formatting.cells import Cells
from .panel import Panel
from .rows import Row, Rows
from .searching import Searching
from .view import View

Item = TypeVar("Item")


class StreamPanel(Panel, Searching, Generic[Item]):
    """Keeps the items of a stream and formats an item only when it is drawn.

    The panel follows the newest item until the cursor moves up or the view is scrolled up. It follows again once the
    cursor is on the last row. `Panel` is the first base because Textual matches style sheets along first bases only.
    """

    LIMIT = 20_000
    """The number of rows that are kept; older ones are dropped."""
    WRAPS = False
    """True if an item may take several rows; see `parts`."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._seen = 0
        """The number of items of the stream that were read."""
        self._items: list[Item] = []
        self._first = 0
        self.kept = 0
        """The items that are kept, whatever number of rows they take."""
        self.follow = True
        self.unseen = 0
        self._followed = True
        """True if the panel followed the stream when a search began."""

    def reset(self) -> None:
        super().reset()
        self._seen = 0
        self.clear()

    def take(
        self, view: View, stream: Stream[Item], extra: Sequence[Item] = (), key: Callable[[Item], float] = lambda _: 0.0
    ) -> None:
        """Add the new items of a stream. If the view is at another moment of the run, all items are read again.

        Args:
            view: The view to show.
            stream: The items.
            extra: Items of another source that are new; all of them if the view is at another moment.
            key: The moment of an item, by which both are merged.
        """
        before, self.view = self.view, view
        moved = view.moment != before.moment
        others = view.processes is not before.processes or view.channels is not before.channels
        first, items = stream.since(0 if moved else self._seen)
        items = list(takewhile(self.known, items))
        self._seen = first + len(items)
        wanted = [item for item in items if self.wanted(item)]
        if extra:
            wanted = sorted([*wanted, *(item for item in extra if self.wanted(item))], key=key)
        # The name of an item's process or channel may have become known since the item was drawn.
        if (others and view.names != before.names) or len(wanted) < len(items) + len(extra):
            self.refresh()
        self.refill(wanted) if moved else self.extend(wanted)

    def known(self, item: Item) -> bool:  # noqa: ARG002
        """Return False for an item that is newer than the view, which has not what the item names: the next one has."""
        return True

    def wanted(self, item: Item) -> bool:
        """Return False for an item that the panel leaves out."""
        raise NotImplementedError

    def cells(self, item: Item) -> Cells:
        """Return the row of an item, or the first one of several."""
        raise NotImplementedError

    def part_cells(self, item: Item, part: int) -> Cells:  # noqa: ARG002
        """Return one of the rows of an item that takes several."""
        return self.cells(item)

    def parts(self, item: Item) -> int:  # noqa: ARG002
        """Return how many rows an item takes."""
        return 1

    def count(self) -> int:
        return len(self._items)

    def row(self, index: int) -> Row:
        part = self._part(index)
        return Row(self._first + index, self.part_cells(self._items[index], part), part == 0)

    def selectable(self, index: int) -> bool:
        return index >= 0 and self._part(index) == 0

    def _part(self, index: int) -> int:
        """Return which row of its item a row is. An item is in the list once for each of its rows."""
        if not self.WRAPS:
            return 0
        items, item, part = self._items, self._items[index], 0
        while part < index and items[index - part - 1] is item:
            part += 1
        return part

    @property
    def item(self) -> Item | None:
        """The item under the cursor."""
        return self._items[self.cursor] if self.cursor < len(self._items) else None

    @property
    def base(self) -> int:
        return self._first

    def searched(self, index: int) -> str:
        return self.text(self._items[index]) if self._part(index) == 0 else ""

    def text(self, item: Item) -> str:
        """Return the text in which an item is searched."""
        return "".join(text for text, _ in self.cells(item))

    def owner(self, index: int) -> int:
        return index - self._part(index)

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
        self._items, self._first, self.kept = [], 0, 0
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
        self._items.extend(self._as_rows(items))
        self.kept += len(items)
        added = len(self._items) - before
        excess = len(self._items) - self.LIMIT
        if excess > self.LIMIT // 10 or excess > before:
            self._drop(excess)
        self.rows_came(max(len(self._items) - added, 0))
        self.extend_view()
        if self.follow:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
            self.cursor = self.owner(len(self._items) - 1)
            self.refresh()
        else:
            self.unseen += len(items)
            self.refresh_lines(before, added)

    def refill(self, items: Sequence[Item]) -> None:
        """Replace all items. A panel that followed still does; otherwise the cursor keeps its item if it exists."""
        item, follow = self.item, self.follow
        self.clear()
        self.extend(items)
        if not follow and item is not None and item in self._items:
            self._set_follow(False)
            self.cursor = self._items.index(item)

    def _drop(self, excess: int) -> None:
        self.kept -= sum(self.selectable(index) for index in range(excess))
        del self._items[:excess]
        self._first += excess
        self.rows_went()
        if not self.follow:
            self.set_reactive(Rows.cursor, max(self.cursor - excess, 0))
            self.scroll_to(y=max(self.scroll_offset.y - excess, 0), animate=False, force=True)
            self.refresh()

    def resized(self) -> None:
        self._strips.clear()
        self.split_again()
        if self.follow:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        self.refresh()

    def _as_rows(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return each item as often as it has rows."""
        return [item for item in items for _ in range(self.parts(item))] if self.WRAPS else items

    def split_again(self) -> None:
        """Give every item as many rows as it needs at another width."""
        if not self.WRAPS:
            return
        items = [item for index, item in enumerate(self._items) if index == 0 or self._items[index - 1] is not item]
        rows = list(self._as_rows(items))
        if len(rows) == len(self._items):
            return
        item = self.item
        self._items = rows
        self.extend_view()
        self.search_again()
        if item is not None:
            self.cursor = next(index for index, row in enumerate(rows) if row is item)
        self.refresh()

    def move(self, steps: int) -> None:
        super().move(steps)
        self._set_follow(steps > 0 and self._is_at_end)

    @property
    def _is_at_end(self) -> bool:
        return not self._items or self.cursor >= self.owner(len(self._items) - 1)

    def _set_follow(self, follow: bool) -> None:
        if follow:
            self.unseen = 0
        if follow != self.follow:
            self.follow = follow
            self.post_message(self.Moved(self, self.selected))

    def clicked(self) -> None:
        self._set_follow(self._is_at_end)

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        if self.max_scroll_y:
            self._set_follow(False)

    def on_mouse_scroll_down(self, _event: events.MouseScrollDown) -> None:
        self.call_after_refresh(self._follow_at_end)

    def _follow_at_end(self) -> None:
        if self.scroll_target_y >= self.max_scroll_y and not self.follow:
            self.cursor = self.owner(len(self._items) - 1)
            self._set_follow(True)

    @property
    def arrows(self) -> str:
        return "scroll" if self.max_scroll_y else ""

    @property
    def new_items_note(self) -> str:
        """The subtitle while the panel does not follow the stream: the number of new items, and how to follow again."""
        if self.follow:
            return ""
        return f"↓ {self.unseen} new · end follows" if self.unseen else "end follows"
