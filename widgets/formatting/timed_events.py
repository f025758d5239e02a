"""Events in the order of their times, and which of them a column of a window contains."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Generic, TypeVar

from .time_window import Window

Item = TypeVar("Item")
_MAX_EVENTS = 20_000


class TimedEvents(Generic[Item]):
    """A bounded sequence of events: the oldest ones are dropped."""

    def __init__(self) -> None:
        self._times = array("d")
        self._items: list[Item] = []

    def add(self, at: float, item: Item) -> None:
        if not self._times or at >= self._times[-1]:
            self._times.append(at)
            self._items.append(item)
        else:
            place = bisect_right(self._times, at)
            self._times.insert(place, at)
            self._items.insert(place, item)
        if len(self._items) >= 2 * _MAX_EVENTS:
            del self._times[:_MAX_EVENTS], self._items[:_MAX_EVENTS]

    def first_in_columns(self, window: Window, now: float) -> Iterator[tuple[int, Item]]:
        """Yield each column that contains an event until `now`, with its first event."""
        times = self._times
        index, last = bisect_left(times, window.begin), bisect_right(times, min(window.end, now))
        while index < last:
            column = window.column(times[index])
            if column >= window.columns:
                return
            yield column, self._items[index]
            index = bisect_left(times, window.at(column + 1), index + 1)

    def between(self, begin: float, end: float) -> list[Item]:
        return self._items[bisect_left(self._times, begin) : bisect_right(self._times, end)]
