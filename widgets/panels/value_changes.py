"""The changes of shared values that the views have shown: time, process, line, and the contents before and after."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import cast

import msgspec
from rockproc.observer.model import SharedValue, Site
from rockproc.observer.model.keys import ProcessKey, ValueKey

from ..bases.rows import column, length
from ..bases.view import View
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten, width
from .process_rows import site_text

_MAX_CHANGES = 100
"""The number of changes of one value that are kept."""
_MAX_POINTS = 400
"""The number of points of a series. At twice as many, every second one is dropped."""
_TIME_CELLS = 9
_NAME_CELLS = 14
_MAX_WRITTEN_OUT = 8
"""The elements up to which an Array is written out when several of them have changed."""


class Change(msgspec.Struct, frozen=True):
    """A content that differs from that in the view before."""

    at: float
    """Seconds since launch."""
    process: ProcessKey | None
    """Key of the process that wrote last, if it is known."""
    site: Site | None
    index: int | None
    """The only element that differs, or None."""
    before: object
    after: object
    skipped: int
    """The number of writes between the two contents whose effect was not seen."""


class ValueChanges:
    """Compares each view with the one before."""

    def __init__(self) -> None:
        self._last: dict[ValueKey, SharedValue] = {}
        self._changes: dict[int, deque[Change]] = {}
        self._series: dict[int, list[float]] = {}
        self._steps: dict[int, int] = {}
        """The distance between two numbers of a series that are kept, by key."""
        self._skipped: dict[int, int] = {}
        self._now = 0.0
        self._sampled_at = -1.0
        """The time of the last numbers of the series: a view that is drawn again adds none."""

    def read(self, view: View) -> None:
        """Read a view. A view of an earlier moment adds nothing."""
        if view.now < self._now:
            return
        self._now = view.now
        for value in view.snapshot.values:
            before = self._last.get(value.key)
            if before is value:
                continue
            self._last[value.key] = value
            if before is None or before.changed == value.changed:
                continue
            self._add(before, value)
        if view.now > self._sampled_at:
            self._sampled_at = view.now
            for value in view.snapshot.values:
                self._extend(value)

    def _add(self, before: SharedValue, value: SharedValue) -> None:
        wrote = value.written is not None and value.written != before.written
        at = value.written if wrote and value.written is not None else value.changed or self._now
        index = _only_difference(before.value, value.value)
        writes = (value.writes or 0) - (before.writes or 0)
        change = Change(
            at,
            value.writer if wrote or writes else None,
            value.written_site if wrote else None,
            index,
            _element(before.value, index),
            _element(value.value, index),
            max(writes - 1, 0),
        )
        self._changes.setdefault(value.key, deque(maxlen=_MAX_CHANGES)).appendleft(change)

    def _extend(self, value: SharedValue) -> None:
        number = value.value
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            return
        series, step = self._series.setdefault(value.key, []), self._steps.setdefault(value.key, 1)
        self._skipped[value.key] = (self._skipped.get(value.key, 0) + 1) % step
        if self._skipped[value.key]:
            return
        series.append(float(number))
        if len(series) > 2 * _MAX_POINTS:
            del series[::2]
            self._steps[value.key] = 2 * step

    def of(self, key: ValueKey, now: float) -> list[Change]:
        """Return the changes of a value until a moment, newest first."""
        return [change for change in self._changes.get(key, ()) if change.at <= now]

    def fresh_index(self, key: ValueKey, now: float, seconds: float) -> int | None:
        """Return the element that was written within the last seconds."""
        changes = self._changes.get(key)
        newest = changes[0] if changes else None
        return newest.index if newest is not None and 0 <= now - newest.at < seconds else None

    def series(self, key: ValueKey, points: int) -> Sequence[float]:
        """Return the numbers of a value over the whole time that it was shown, at most `points` of them."""
        series = self._series.get(key, ())
        if len(series) <= points or points < 1:
            return series
        return [series[index * len(series) // points] for index in range(points)]


def _only_difference(before: object, after: object) -> int | None:
    if not (isinstance(before, (list, tuple)) and isinstance(after, (list, tuple))):
        return None
    one, other = cast("Sequence[object]", before), cast("Sequence[object]", after)
    if len(one) != len(other):
        return None
    found = [index for index, (old, new) in enumerate(zip(one, other, strict=True)) if old != new]
    return found[0] if len(found) == 1 else None


def _element(content: object, index: int | None) -> object:
    return cast("Sequence[object]", content)[index] if index is not None else content


def line(change: Change, value: SharedValue, view: View, columns: int) -> Cells:
    """Return a change as a line: `3.214 worker-1 grid[4] 0.0 → 1.5 :21`."""
    who, role = view.who(change.process) if change.process is not None else ("", "dim")
    place = f"[{change.index}]" if change.index is not None else ""
    skipped = f"  +{change.skipped} {'write' if change.skipped == 1 else 'writes'}" if change.skipped else ""
    where = f"  {site_text(change.site, view)}" if change.site is not None else ""
    head: Cells = (
        (f"{change.at:{_TIME_CELLS}.3f} ", "dim"),
        column(shorten(sanitize(who), _NAME_CELLS), _NAME_CELLS, role),
        (f" {shorten(sanitize(value.name), 40)}{place} ", "name"),
    )
    room = max(columns - length(head) - width(skipped) - width(where), 0)
    text = _many_changed(change, value) or f"{_short(change.before)} → {_short(change.after)}"
    return (*head, (fit(text, room), ""), (skipped, "dim"), (where, "dim"))


def _many_changed(change: Change, value: SharedValue) -> str:
    """Return how many elements of a long Array have changed; empty for other contents, which are written out.

    Only the first elements of a very long one are known.
    """
    before, after = change.before, change.after
    if not isinstance(before, list | tuple) or not isinstance(after, list | tuple):
        return ""
    known = cast("Sequence[object]", after)
    if len(known) <= _MAX_WRITTEN_OUT:
        return ""
    count = sum(old != new for old, new in zip(cast("Sequence[object]", before), known, strict=False))
    is_cut = value.length is not None and value.length > len(known)
    if count == 0 and is_cut:
        return f"beyond [{len(known) - 1}] changed"
    return f"{'≥ ' if is_cut else ''}{count} elements changed" if count > 1 else ""


def _short(content: object) -> str:
    return f"{content:.6g}" if isinstance(content, float) else sanitize(repr(content), 60)
