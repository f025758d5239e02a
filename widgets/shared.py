"""Every Value, Array and SharedMemory with what is in it now, and the objects of managers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from textual.app import App
from textual.binding import Binding, BindingType

from ..observer.numbers import Numbers, numbers
from ..observer.world import Managed, SharedValue
from . import figures, picture, shared_detail
from .panel import Panel
from .plain import fit, plain
from .rows import Cells, Row, column
from .view import View

FRESH = 0.4
"""Seconds for which a change is shown."""
_FEW = 6
"""So many numbers are written out, more are drawn."""
_BOUNDED = 20_000
"""Of more numbers the least and the greatest of some are told."""


class Shared(Panel):
    HELP = (
        "Shared memory, read in place: it costs the program nothing, however often it writes.\n"
        "Enlarged, the numbers of the chosen Array are a picture; `w` tries how many of them make a row."
    )
    BINDING_GROUP_TITLE = "Shared"
    EMPTY = "No Value, Array, SharedMemory or managed object yet."
    NUMBER: ClassVar[int] = 4
    TITLE = "Shared"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "row_width(1)", "wider rows", tooltip="The picture in longer rows; as long as all: bars"),
        Binding("W", "row_width(-1)", "narrower rows", show=False, tooltip="The picture in shorter rows"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._widths: dict[int, int] = {}
        """How many numbers make a row, where a person has said so."""
        self._drawn: tuple[object, ...] = ()
        self._picture: list[Row] = []
        """The newest picture, and what it was made from."""

    def reset(self) -> None:
        self._widths.clear()
        self._drawn, self._picture = (), []
        super().reset()

    def empty(self) -> str:
        return (
            self.EMPTY
            if self.view.live
            else "This program made no Value, Array or SharedMemory, and no managed object."
        )

    def rows(self, view: View) -> list[Row]:
        values = view.snapshot.values
        managed = view.snapshot.managed
        self.headline(self.title + view.not_kept("values", "managed"))
        columns = self.columns
        name_width = max(min(max((len(each.name) for each in (*values, *managed)), default=0), columns // 3), 4)
        type_width = max(min(max((len(each.type) for each in (*values, *managed)), default=0), columns // 4), 3)
        rows = [
            *(Row(value.key, _cells(value, view, columns, name_width, type_width)) for value in values),
            *(Row(each.key, _managed(each, view, columns, name_width, type_width)) for each in managed),
        ]
        key = self.selected.key if self.selected else rows[0].key if rows else None
        value = next((each for each in values if each.key == key), None)
        found = _all_numbers(value, view) if value is not None and self.enlarged else None
        if value is not None and found is not None:
            place = values.index(value) + 1
            rows[place:place] = self._draw(value, found, max(self.list_height - len(rows), self.list_height // 2))
        return rows

    def _draw(self, value: SharedValue, found: Numbers, lines: int) -> list[Row]:
        """The picture of an Array in so many lines, of which the last one explains it."""
        items, columns = found.items, self.columns
        width = self._widths.get(value.key) or picture.guess(len(items), found.width, columns)
        # The content is never changed in place, so the same is still the same.
        content = self.view.snapshot.contents.get(value.key) or value.raw or value.value
        drawn = (value.key, content, width, columns, lines, self.coloured)
        if len(drawn) == len(self._drawn) and all(
            one is other or (index != 1 and one == other)
            for index, (one, other) in enumerate(zip(drawn, self._drawn, strict=True))
        ):
            return self._picture
        height = -(-len(items) // width)
        if height == 1:
            cells = picture.bars(items, columns, min(lines - 1, 12))
            text = f"{len(items)} numbers"
        else:
            cells = picture.heat(items, width, columns, lines - 1, coloured=self.coloured)
            text = f"{height} rows of {width}"
        low, high = picture.bounds(items if len(items) <= _BOUNDED else items[:: len(items) // _BOUNDED])
        caption: Cells = (
            (text + ("" if found.width else "  (w for others)") + f"  {_number(low)} ", "dim"),
            *(picture.legend(16, coloured=self.coloured) if height > 1 else (("…", "dim"),)),
            (f" {_number(high)}", "dim"),
        )
        self._picture = [Row(("picture", index), each, False) for index, each in enumerate([*cells, caption])]
        self._drawn = drawn
        return self._picture

    @property
    def coloured(self) -> bool:
        """Whether the terminal has colours enough for a picture."""
        app: App[Any] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return app.console.color_system in ("256", "truecolor") and not app.no_color

    def action_row_width(self, step: int) -> None:
        value = self.chosen
        found = _all_numbers(value, self.view) if isinstance(value, SharedValue) else None
        if value is None or found is None:
            return
        choice = picture.widths(len(found.items))
        now = self._widths.get(value.key) or picture.guess(len(found.items), found.width, self.columns)
        self._widths[value.key] = choice[(choice.index(now) + step) % len(choice)]
        self.resized()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.enlarged if action == "row_width" else super().check_action(action, parameters)

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        if self.enlarged:
            self.resized()

    def reveal(self, index: int) -> None:
        """The row with what is drawn below it."""
        last = index
        while last + 1 < self.count() and not self.selectable(last + 1):
            last += 1
        super().reveal(last)
        super().reveal(index)

    @property
    def chosen(self) -> SharedValue | Managed | None:
        key = self.selected.key if self.selected else None
        return next(
            (each for each in (*self.view.snapshot.values, *self.view.snapshot.managed) if each.key == key), None
        )

    def detail(self) -> list[Cells]:
        chosen = self.chosen
        if isinstance(chosen, SharedValue):
            drawn = _all_numbers(chosen, self.view) is not None
            return shared_detail.of_value(chosen, self.view, self.columns, written_out=not drawn)
        return shared_detail.of_managed(chosen, self.view) if chosen is not None else []


def _last(managed: Managed, view: View) -> str:
    return f"  {view.who(managed.caller)[0]}: {managed.last}" if managed.last else ""


def _managed(managed: Managed, view: View, columns: int, name_width: int, type_width: int) -> Cells:
    """An object in a manager: what it holds, as its server tells, who waits for it, and who called it last."""
    fresh = managed.last_at is not None and view.now - managed.last_at < FRESH
    rest = max(columns - name_width - type_width - 2, 4)
    manager = next((each for each in view.snapshot.managers if each.key == managed.manager), None)
    if manager is not None and not manager.alive and view.live:
        text, role = "gone with its manager", "bad"
    elif managed.value:
        waiting = [name for name, _ in shared_detail.waiting(managed, view)]
        text = managed.value + (f"  ◂ {' '.join(waiting)}" if waiting else _last(managed, view))
        role = "wait" if waiting else "warn" if fresh else ""
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
        *_content(value, view, rest, "warn" if fresh else ""),
        *use,
    )


def _use(value: SharedValue) -> tuple[str, str]:
    """Who has a segment open, and whether its name is still there: both have to end."""
    if value.open_by:
        return (f"● {len(value.open_by)} open", "good") if value.unlinked is None else ("◌ unlinked", "warn")
    return ("○ unlinked", "dim") if value.unlinked is not None else ("✗ left", "bad")


def _content(value: SharedValue, view: View, cells: int, role: str) -> Cells:
    content = value.value
    found = _all_numbers(value, view)
    if found is not None:
        return ((fit(figures.bars(_sampled(found.items, cells), cells), cells), role or "accent"),)
    few = _few_numbers(content)
    if few is not None:
        return ((fit(" ".join(_number(number) for number in few), cells), role),)
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


def _all_numbers(value: SharedValue, view: View) -> Numbers | None:
    """Of an Array with more of them than are written out."""
    found = numbers(value, view.snapshot.contents.get(value.key, b""))
    return found if found is not None and len(found.items) > _FEW else None


def _few_numbers(content: object) -> Sequence[float] | None:
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
