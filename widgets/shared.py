"""Every Value, Array and SharedMemory with what is in it now, and the objects of managers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, cast

from ..observer.world import Managed, SharedValue
from . import figures
from .panel import Panel, fact
from .plain import fit, plain
from .rows import Cells, Row, column
from .view import View

FRESH = 0.4
"""Seconds for which a change is shown."""


class Shared(Panel):
    HELP = "Shared memory, read in place: it costs the program nothing, however often it writes."
    BINDING_GROUP_TITLE = "Shared"
    EMPTY = "No Value, Array, SharedMemory or managed object yet."
    NUMBER: ClassVar[int] = 4
    TITLE = "Shared"

    def empty(self) -> str:
        return (
            self.EMPTY
            if self.view.live
            else "This program made no Value, Array or SharedMemory, and no managed object."
        )

    def rows(self, view: View) -> list[Row]:
        values = view.snapshot.values
        managed = view.snapshot.managed
        columns = self.columns
        name_width = max(min(max((len(each.name) for each in (*values, *managed)), default=0), columns // 3), 4)
        type_width = max(min(max((len(each.type) for each in (*values, *managed)), default=0), columns // 4), 3)
        return [
            *(Row(value.key, _cells(value, view, columns, name_width, type_width)) for value in values),
            *(Row(each.key, _managed(each, view, columns, name_width, type_width)) for each in managed),
        ]

    @property
    def chosen(self) -> SharedValue | Managed | None:
        key = self.selected.key if self.selected else None
        return next(
            (each for each in (*self.view.snapshot.values, *self.view.snapshot.managed) if each.key == key), None
        )

    def detail(self) -> list[Cells]:
        value = next(
            (each for each in self.view.snapshot.values if self.selected and each.key == self.selected.key), None
        )
        if value is None:
            return self._managed_detail()
        lines = self._segment_detail(value) if value.segment is not None else self._value_detail(value)
        if value.history:
            lines.append(fact("history", figures.bars(value.history, max(self.columns - 12, 8))))
        text = plain(repr(value.value), 4_000)
        step = max(self.columns - 12, 20)
        lines += [
            fact("value" if start == 0 else "", text[start : start + step]) for start in range(0, len(text), step)
        ]
        return lines[:12]

    def _value_detail(self, value: SharedValue) -> list[Cells]:
        lock = self.view.locks.get(value.lock) if value.lock is not None else None
        writes = "not counted: it is raw" if value.writes is None else f"{value.writes} writes, {value.reads} reads"
        return [
            fact("object", f"{value.kind} {value.name}: {value.type}, {value.size} bytes, made at {value.site or '?'}"),
            fact("accesses", writes + (f", last written by {self.view.who(value.writer)[0]}" if value.writer else "")),
            fact("lock", lock.name if lock else "its own, never used" if value.lock else "none"),
        ]

    def _segment_detail(self, value: SharedValue) -> list[Cells]:
        def names(keys: Sequence[int]) -> str:
            return ", ".join(self.view.who(key)[0] for key in keys)

        closed = [key for key in value.opened_by if key not in value.open_by]
        made = f"made by {names([value.owner])} at {value.site or '?'}" if value.owner is not None else "made elsewhere"
        lines = [
            fact("object", f"{value.kind} {value.name}: {value.segment}, {value.size} bytes, {made}"),
            fact("open in", names(value.open_by) or "no process"),
            fact("closed by", names(closed) or "none yet"),
            fact("unlinked", _unlinked(value, names)),
        ]
        if value.guess:
            known = f"{value.guess}: a guess, what its bytes mean is known to the program alone"
            lines.append(fact("read as", known if value.guess != "bytes" else "bytes"))
        return lines

    def _managed_detail(self) -> list[Cells]:
        snapshot = self.view.snapshot
        key = self.selected.key if self.selected else None
        managed = next((each for each in snapshot.managed if each.key == key), None)
        if managed is None:
            return []
        manager = next((each for each in snapshot.managers if each.key == managed.manager), None)
        where = f"{manager.name}, a {manager.cls} with pid {manager.pid}" if manager is not None else "another program"
        return [
            fact("object", f"{managed.type} {managed.name}, made at {managed.site or '?'}"),
            fact("lives in", where),
            fact("calls", f"{managed.calls}, of which {managed.failed} raised"),
            fact("last", f"{managed.last} by {self.view.who(managed.caller)[0]}" if managed.last else "none"),
        ]


def _unlinked(value: SharedValue, names: Callable[[Sequence[int]], str]) -> str:
    if value.unlinked is None:
        return "not yet: it stays until somebody calls unlink()"
    at = f"at {value.unlinked:.2f} s"
    return f"{at}, by {names([value.unlinked_by])}" if value.unlinked_by is not None else f"{at}, not by the program"


def _managed(managed: Managed, view: View, columns: int, name_width: int, type_width: int) -> Cells:
    """An object in a manager: its content is there alone, so what is shown is who has called what."""
    fresh = managed.last_at is not None and view.now - managed.last_at < FRESH
    rest = max(columns - name_width - type_width - 2, 4)
    manager = next((each for each in view.snapshot.managers if each.key == managed.manager), None)
    if manager is not None and not manager.alive and view.live:
        text, role = "gone with its manager", "bad"
    elif managed.last:
        text, role = f"{managed.calls}× {view.who(managed.caller)[0]}: {managed.last}", "warn" if fresh else ""
    else:
        text, role = f"{managed.calls}×" if managed.calls else "never called", "dim"
    return (
        column(managed.name, name_width, "name"),
        (" ", ""),
        column(managed.type, type_width, "dim"),
        (" ", ""),
        (fit(plain(text, 400), rest), role),
    )


def _cells(value: SharedValue, view: View, columns: int, name_width: int, type_width: int) -> Cells:
    fresh = value.changed is not None and view.now - value.changed < FRESH
    rest = max(columns - name_width - type_width - 2, 4)
    use: Cells = ()
    if value.segment is not None:
        text, role = _use(value)
        width = 12 if rest > 24 else 1
        rest = max(rest - width - 1, 0)
        use = ((" ", ""), (fit(text, width, ">") if width > 1 else text[0], role))
    return (
        column(value.name, name_width, "name"),
        (" ", ""),
        column(value.type, type_width, "dim"),
        (" ", ""),
        *_content(value, rest, "warn" if fresh else ""),
        *use,
    )


def _use(value: SharedValue) -> tuple[str, str]:
    """Who has a segment open, and whether its name is still there: both have to end."""
    if value.open_by:
        return (f"● {len(value.open_by)} open", "good") if value.unlinked is None else ("◌ unlinked", "warn")
    return ("○ unlinked", "dim") if value.unlinked is not None else ("✗ left", "bad")


def _content(value: SharedValue, cells: int, role: str) -> Cells:
    content = value.value
    numbers = _numbers(content)
    if numbers is not None:
        if len(numbers) > 6:
            return ((fit(figures.bars(_sampled(numbers, cells), cells), cells), role or "accent"),)
        return ((fit(" ".join(_number(number) for number in numbers), cells), role),)
    if isinstance(content, (int, float)) and not isinstance(content, bool):
        text = _number(content)
        spark = figures.bars(value.history, cells - max(len(text), 7) - 1)
        return ((fit(text, max(len(text), 7), ">"), role), (" ", ""), (spark, "accent"))
    if isinstance(content, dict):
        return ((fit(_structure(cast("dict[str, object]", content)), cells), role),)
    if isinstance(content, (list, tuple)):
        items = cast("Sequence[object]", content)
        shown = "  ".join(
            _structure(cast("dict[str, object]", item)) if isinstance(item, dict) else plain(repr(item), 40)
            for item in items[:20]
        )
        return ((fit(shown, cells), role),)
    return ((fit("—" if content is None else plain(repr(content), 400), cells), role),)


def _numbers(content: object) -> Sequence[float] | None:
    if isinstance(content, (list, tuple)) and content:
        items = cast("Sequence[object]", content)
        if all(isinstance(item, (int, float)) for item in items):
            return cast("Sequence[float]", items)
    return None


def _sampled(numbers: Sequence[float], cells: int) -> Sequence[float]:
    """At most `cells` of the numbers, spread evenly."""
    if len(numbers) <= cells or cells < 1:
        return numbers
    return [numbers[index * len(numbers) // cells] for index in range(cells)]


def _number(number: float) -> str:
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def _structure(fields: dict[str, object]) -> str:
    inner = " ".join(
        f"{plain(name, 40)}={_number(item) if isinstance(item, (int, float)) else plain(repr(item), 40)}"
        for name, item in fields.items()
    )
    return "{" + inner + "}"
