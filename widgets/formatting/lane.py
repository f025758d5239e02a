"""The states of one process over time, summarised for the columns of a window."""

from __future__ import annotations

import enum
from array import array
from bisect import bisect_left, bisect_right
from itertools import pairwise

from rockproc.observer.kernel.idle import ASLEEP
from rockproc.observer.model import State, StateInterval, Stream

from .time_window import Window


class LaneState(enum.IntEnum):
    """The states that a lane draws differently."""

    RUNS = 0
    WAITS = 1
    STOPPED = 2
    ZOMBIE = 3
    SLEEPS = 4


NOTHING = len(LaneState)
"""The process does not exist: it has not started, or it is gone."""
_MIXED = NOTHING + 1
"""Several states, of which only the sums are known."""
_MAX_INTERVALS = 16_384
"""The number of intervals that are kept one by one. At twice as many, the older half is merged into longer ones."""
_MAX_BACKLOG = 1000
"""The number of new intervals that a lane may leave in the stream while it is not drawn."""
_MAX_TEXTS = 512
"""The number of newest intervals whose texts are kept."""
_STATES = {
    State.RUNNING: LaneState.RUNS,
    State.WAITING: LaneState.WAITS,
    State.STOPPED: LaneState.STOPPED,
    State.ZOMBIE: LaneState.ZOMBIE,
}


def lane_state(interval: StateInterval) -> int:
    """Return the lane state of an interval, or `NOTHING`."""
    if interval.state is State.WAITING and interval.text == ASLEEP:
        return LaneState.SLEEPS
    return _STATES.get(interval.state, NOTHING)


class Lane:
    """A sequence of intervals in one state each, with the total time of every state before each of them.

    The state that lasted longest in a column follows from two look-ups, however long the run and the column are.
    """

    def __init__(self) -> None:
        self._begins = array("d")
        self._kinds = bytearray()
        self._before = tuple(array("d") for _ in LaneState)
        """Seconds in each state before the interval begins."""
        self._read = 0
        self._last: StateInterval | None = None
        self._known: dict[int, int] = {}
        """The states of columns before the newest interval, by the number of the column from the start of the run."""
        self._cell = 0.0
        self._texts: list[tuple[float, str]] = []
        """The beginnings and texts of the newest intervals."""

    def update(self, spans: Stream[StateInterval] | None, *, soon: bool = True) -> None:
        """Read the new intervals. A newer interval replaces everything after its beginning.

        Args:
            spans: The intervals of the process.
            soon: False while the lane is not drawn. It is then read only before the stream drops intervals.
        """
        if spans is None or spans.total == 0 or not (soon or spans.total - self._read > _MAX_BACKLOG):
            return
        _, new = spans.since(min(self._read, spans.total - 1))
        if not new or new[-1] is self._last:
            return
        for span in new:
            self.put(span)
        self._last = new[-1]
        # The last interval is read again: it has no end yet, or its end may change.
        self._read = spans.total - 1

    @property
    def end(self) -> float:
        """The latest moment that the lane knows, in seconds since launch."""
        return self._begins[-1] if self._begins else 0.0

    def text(self, at: float) -> str:
        """Return what the process was doing at a moment, `get tasks`; empty for a moment long ago."""
        place = bisect_right(self._texts, at, key=lambda entry: entry[0]) - 1
        return self._texts[place][1] if place >= 0 else ""

    def states(self, window: Window, now: float) -> bytearray:
        """Return for each column the `LaneState` that lasted longest in it until `now`, or `NOTHING`."""
        states = bytearray([NOTHING]) * window.columns
        begins, kinds = self._begins, self._kinds
        end = min(window.end, now)
        last, full = window.begun(end), window.column(end)
        if window.cell != self._cell or len(self._known) > _MAX_INTERVALS:
            self._cell, self._known = window.cell, {}
        known, number = self._known, round(window.begin / window.cell)
        settled = begins[-1] if begins else 0.0
        column, index = 0, 0
        while column < last and begins:
            state = known.get(number + column)
            if state is not None and column < full:
                states[column] = state
                column += 1
                continue
            begin = window.at(column)
            index = bisect_right(begins, begin, max(index, 0)) - 1
            stop = begins[index + 1] if index + 1 < len(begins) else end
            whole = last if stop >= end else window.column(stop)
            kind = kinds[index] if index >= 0 else NOTHING
            if whole > column and kind != _MIXED:
                states[column:whole] = bytes([kind]) * (whole - column)
                column = whole
            else:
                after = window.at(column + 1)
                states[column] = self._longest(begin, min(after, end))
                if after <= settled and column < full:
                    known[number + column] = states[column]
                column += 1
        return states

    def seconds(self, at: float) -> list[float]:
        """Return how many seconds each state has lasted until a moment."""
        index = bisect_right(self._begins, at) - 1
        if index < 0:
            return [0.0] * len(LaneState)
        sums = [before[index] for before in self._before]
        kind, begin = self._kinds[index], self._begins[index]
        if kind == _MIXED:
            part = (at - begin) / (self._begins[index + 1] - begin)
            return [
                value + (before[index + 1] - value) * part for value, before in zip(sums, self._before, strict=True)
            ]
        if kind != NOTHING:
            sums[kind] += at - begin
        return sums

    def _longest(self, begin: float, end: float) -> int:
        held = [after - before for before, after in zip(self.seconds(begin), self.seconds(end), strict=True)]
        most = max(held)
        return held.index(most) if most > 0 else NOTHING

    def put(self, span: StateInterval) -> None:
        """Add an interval, which replaces everything after its beginning."""
        kind = lane_state(span)
        while self._texts and self._texts[-1][0] >= span.begin:
            self._texts.pop()
        self._texts.append((span.begin, span.text))
        self._begin(span.begin, kind)
        if span.end is not None and kind != NOTHING:
            self._begin(max(span.end, span.begin), NOTHING)
        if len(self._begins) > 2 * _MAX_INTERVALS:
            self._thin()
        if len(self._texts) > 2 * _MAX_TEXTS:
            del self._texts[:-_MAX_TEXTS]

    def _begin(self, at: float, kind: int) -> None:
        """Set the state from a moment on, which replaces everything that was known after it."""
        sums = self.seconds(at)
        place = bisect_left(self._begins, at)
        if place and kind == self._kinds[place - 1] and place == len(self._begins):
            return
        if place < len(self._begins) and at < self._begins[-1]:
            self._known = {}
        del self._begins[place:], self._kinds[place:]
        self._begins.append(at)
        self._kinds.append(kind)
        for before, value in zip(self._before, sums, strict=True):
            del before[place:]
            before.append(value)

    def _thin(self) -> None:
        """Merge the older half evenly into at most a quarter as many intervals."""
        half = len(self._begins) - _MAX_INTERVALS
        length = (self._begins[half] - self._begins[0]) / (half // 4)
        kept = [0]
        for index in range(1, half):
            if self._begins[index] - self._begins[kept[-1]] >= length:
                kept.append(index)
        kinds = bytearray(
            self._kinds[index] if following == index + 1 else _MIXED for index, following in pairwise([*kept, half])
        )
        self._kinds[:half] = kinds
        for column in (self._begins, *self._before):
            column[:half] = array("d", [column[index] for index in kept])
