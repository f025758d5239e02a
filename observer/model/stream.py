"""An append-only sequence that drops its oldest items and still counts them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Stream(Generic[Item]):
    """Items numbered from 0 for as long as the run lasts; only the newest `limit` or so are kept.

    One thread appends, any thread reads: a reader asks with the number of the first item that it has not seen.
    """

    def __init__(self, limit: int = 20_000, kept: tuple[int, list[Item]] | None = None) -> None:
        """Create a stream.

        Args:
            limit: the number of items that it keeps; older ones are dropped.
            kept: the number of the first item that it begins with, and those items.
        """
        self._limit = limit
        # Number of the first kept item, and the items: replaced together, so that no reader sees one without the other.
        self._kept: tuple[int, list[Item]] = kept or (0, [])

    def append(self, item: Item) -> None:
        self.extend((item,))

    def extend(self, items: Iterable[Item]) -> None:
        first, kept = self._kept
        kept.extend(items)
        if len(kept) >= 2 * self._limit:
            self._kept = (first + len(kept) - self._limit, kept[-self._limit :])

    @property
    def total(self) -> int:
        """The number of items that were ever appended."""
        first, items = self._kept
        return first + len(items)

    @property
    def first(self) -> int:
        """The number of the oldest item that is still kept."""
        return self._kept[0]

    def since(self, number: int) -> tuple[int, list[Item]]:
        """Return the kept items from `number` on, and the number of the first of them."""
        first, items = self._kept
        start = max(number - first, 0)
        return first + start, items[start:]

    def take_last(self) -> Item:
        """Remove the newest item, which has turned out to be wrong."""
        return self._kept[1].pop()

    def replace_last(self, item: Item) -> None:
        """Put a fuller version of the newest item in its place."""
        self._kept[1][-1] = item

    def held(self) -> Stream[Item]:
        """Return a copy that does not grow."""
        first, items = self._kept
        return Stream(self._limit, (first, items.copy()))


def stream_of(first: int, items: list[Item]) -> Stream[Item]:
    """Return a stream that holds these items, the first of them with that number."""
    return Stream(max(len(items), 1), (first, items))
