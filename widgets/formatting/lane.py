"""One process's life, measured out in the columns of a window."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import pairwise

from rockproc.observer.model import State, StateInterval, Stream

from .time_window import Window

KINDS = (State.RUNNING, State.WAITING, State.STOPPED, State.ZOMBIE)
NOTHING = len(KINDS)
"""Not born, or gone."""
_MIXED = NOTHING + 1
"""Several states, of which only the sums are known."""
_MOST = 16_384
"""Stretches that are kept one by one. From twice as many on, the older half is summed up in longer ones."""
_LATE = 1000
"""New stretches that a lane which is not drawn may leave for later."""


class Lane:
    """Stretches in one state each, one after the other, with how long every state had held before each of them.

    So what held longest in a column is found by two look-ups, whatever the length of the run and of the column.
    """

    def __init__(self) -> None:
        self._begins = array("d")
        self._kinds = bytearray()
        self._before = tuple(array("d") for _ in KINDS)
        """Seconds in each state until the stretch begins."""
        self._taken = 0
        self._last: StateInterval | None = None
        self._known: dict[int, int] = {}
        """What held longest in columns that lie behind the newest stretch, by their numbers from 0 on."""
        self._cell = 0.0

    def update(self, spans: Stream[StateInterval] | None, *, soon: bool = True) -> None:
        """Takes in what is new, or is told otherwise than before: from its beginning on, the newest span is right.

        soon: False as long as it is not drawn; then it is taken in before the stream forgets it.
        """
        if spans is None or spans.total == 0 or not (soon or spans.total - self._taken > _LATE):
            return
        _, new = spans.since(min(self._taken, spans.total - 1))
        if not new or new[-1] is self._last:
            return
        for span in new:
            self._put(span)
        self._last = new[-1]
        # The last is looked at again: it has no end yet, or may get another one.
        self._taken = spans.total - 1
        if len(self._begins) > 2 * _MOST:
            self._thin()

    def states(self, window: Window, now: float) -> bytearray:
        """For each column the index in `KINDS` of what held longest in it until `now`; `NOTHING` where nothing did."""
        states = bytearray([NOTHING]) * window.columns
        begins, kinds = self._begins, self._kinds
        end = min(window.end, now)
        last, full = window.begun(end), window.column(end)
        if window.cell != self._cell or len(self._known) > _MOST:
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
        """How long each state has held until a moment."""
        index = bisect_right(self._begins, at) - 1
        if index < 0:
            return [0.0] * len(KINDS)
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

    def _put(self, span: StateInterval) -> None:
        kind = KINDS.index(span.state) if span.state in KINDS else NOTHING
        self._begin(span.begin, kind)
        if span.end is not None and kind != NOTHING:
            self._begin(max(span.end, span.begin), NOTHING)

    def _begin(self, at: float, kind: int) -> None:
        """From that moment on it is in this state, whatever was said before."""
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
        """Sum up the older half, evenly, in no more than a quarter as many stretches."""
        half = len(self._begins) - _MOST
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
