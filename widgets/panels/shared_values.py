"""Every Value, Array and SharedMemory with its content, and the objects of managers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

from rockproc.observer.decoding.numbers import Numbers, whole
from rockproc.observer.model import ManagedObject, SharedValue
from rockproc.observer.model.keys import ValueKey
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted
from textual.app import App
from textual.binding import Binding, BindingType

from ..bases.list_panel import ListPanel
from ..bases.rows import Row
from ..bases.view import View
from ..formatting import picture
from ..formatting.cells import Cells
from ..formatting.quantities import clock
from . import shared_detail, shared_rows, value_changes
from .shared_rows import all_numbers, number
from .value_changes import ValueChanges

_PREFERRED_CHANGES = 6
_MAX_EXACT_BOUNDS = 20_000
"""The number of elements up to which the minimum and maximum are exact."""


class SharedValues(ListPanel):
    HELP = (
        "Shared memory, read in place: it costs the program nothing, however often it writes.\n"
        "Enlarged, the numbers of the selected Array are a picture; `+` and `-` try how many of them make a row."
    )
    BINDING_GROUP_TITLE = "Shared"
    EMPTY = "No Value, Array, SharedMemory or managed object yet."
    NAME = "shared"
    TITLE = "Shared"
    NUMBER = 4
    NOTHING = "no shared values"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "plus,equals_sign",
            "row_width(1)",
            "wider rows",
            key_display="+-",
            tooltip="The picture in longer rows; as long as all: bars",
        ),
        Binding("minus", "row_width(-1)", "narrower rows", show=False, tooltip="The picture in shorter rows"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._changes = ValueChanges()
        self._widths: dict[int, int] = {}
        """The numbers per row that the user has chosen, by key of the value."""
        self._drawn: tuple[object, ...] = ()
        self._guessed: tuple[object, int, int] = (None, 0, 0)
        """The content whose width was guessed last, the columns, and the width."""
        self._picture: list[Row] = []
        """The rows of the last picture."""

    def reset(self) -> None:
        self._changes = ValueChanges()
        self._widths.clear()
        self._drawn, self._picture = (), []
        super().reset()

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.values or view.snapshot.managed)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        changes = sum(
            min(len(self._changes.of(value.key, view.now)), _PREFERRED_CHANGES) for value in view.snapshot.values
        )
        return len(view.snapshot.values) + len(view.snapshot.managed) + min(changes, _PREFERRED_CHANGES)

    def jump_target(self) -> Wanted:
        chosen = self.chosen
        return jumps.content_changes(chosen.key, chosen.name) if chosen is not None else super().jump_target()

    def empty(self) -> str:
        return (
            self.EMPTY
            if self.view.live
            else "This program made no Value, Array or SharedMemory, and no managed object."
        )

    def rows(self, view: View) -> list[Row]:
        values = view.snapshot.values
        managed = view.snapshot.managed
        self.headline(self.title + view.dropped_note("values", "managed"))
        self._changes.read(view)
        columns = self.columns
        name_width = max(min(max((len(thing.name) for thing in (*values, *managed)), default=0), columns // 3), 4)
        type_width = max(min(max((len(thing.type) for thing in (*values, *managed)), default=0), columns // 4), 3)
        rows = [
            *(
                Row(value.key, shared_rows.of_value(value, view, columns, name_width, type_width, self._changes))
                for value in values
            ),
            *(Row(item.key, shared_rows.of_managed(item, view, columns, name_width, type_width)) for item in managed),
        ]
        key = self.selected.key if self.selected else rows[0].key if rows else None
        value = next((value for value in values if value.key == key), None)
        found = all_numbers(value, view) if value is not None and self.enlarged else None
        if value is not None and found is not None:
            place = values.index(value) + 1
            rows[place:place] = self._draw(value, found, max(self.list_height - len(rows), self.list_height // 2))
        else:
            rows = self._with_changes(rows, key, view)
        return rows

    def _with_changes(self, rows: list[Row], chosen: Hashable, view: View) -> list[Row]:
        """Return the rows with the newest changes of each value below it, as far as there is room."""
        values, room = view.snapshot.values, self.list_height - len(rows)
        changes = {value.key: self._changes.of(value.key, view.now) for value in values}
        shown = shared_room(chosen, {key: len(of_value) for key, of_value in changes.items()}, room)
        found: list[Row] = []
        for row, value in zip(rows, values, strict=False):
            found.append(row)
            for index, change in enumerate(changes[value.key][: shown[value.key]]):
                cells = value_changes.line(change, value, view, self.columns)
                found.append(Row(("change", value.key, index), cells, False))
        return [*found, *rows[len(values) :]]

    def _draw(self, value: SharedValue, found: Numbers, lines: int) -> list[Row]:
        """Return the picture of an Array in a number of lines, with a caption in the last one."""
        items, columns = found.items, self.columns
        content, width = self._content(value), self._width(value, found)
        unlike = self._unlike(value, found)
        drawn = (value.key, content, width, columns, lines, self.coloured, unlike)
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
        low, high = picture.bounds(
            items if len(items) <= _MAX_EXACT_BOUNDS else items[:: len(items) // _MAX_EXACT_BOUNDS]
        )
        caption: Cells = (
            (text, "dim"),
            *unlike,
            (("" if found.width else "  (+ - for others)") + f"  {number(low)} ", "dim"),
            *(picture.legend(16, coloured=self.coloured) if height > 1 else (("…", "dim"),)),
            (f" {number(high)}", "dim"),
        )
        self._picture = [Row(("picture", index), cell, False) for index, cell in enumerate([*cells, caption])]
        self._drawn = drawn
        return self._picture

    def _content(self, value: SharedValue) -> object:
        """Return the content, which is replaced and never changed in place."""
        return self.view.snapshot.contents.get(value.key) or value.raw or value.value

    def _width(self, value: SharedValue, found: Numbers) -> int:
        """Return how many numbers make a row: as the user has chosen, as the program says, or a guess."""
        if value.key in self._widths:
            return self._widths[value.key]
        content = self._content(value)
        if self._guessed[0] is not content or self._guessed[1] != self.columns:
            self._guessed = content, self.columns, picture.guess(found.items, found.width, self.columns)
        return self._guessed[2]

    def _unlike(self, value: SharedValue, found: Numbers) -> Cells:
        """Return a note if the picture of a large Array at an earlier moment may be outdated or incomplete."""
        count = whole(value.layout)
        if count > len(found.items):
            return ((f", the first of {count}: the past keeps no more", "warn"),)
        if value.key in self.view.snapshot.contents or value.kept is None or value.kept >= (value.changed or 0):
            return ()
        return ((f", as at {clock(value.kept)}", "warn"),)

    @property
    def coloured(self) -> bool:
        """True if the terminal has enough colours for a picture."""
        app: App[Any] = self.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return app.console.color_system in ("256", "truecolor") and not app.no_color

    def action_row_width(self, step: int) -> None:
        value = self.chosen
        found = all_numbers(value, self.view) if isinstance(value, SharedValue) else None
        if not isinstance(value, SharedValue) or found is None:
            return
        choice = picture.widths(len(found.items))
        now = choice.index(self._width(value, found))
        self._widths[value.key] = choice[(now + step) % len(choice)]
        self.resized()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.enlarged if action == "row_width" else super().check_action(action, parameters)

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        if self.enlarged:
            self.resized()

    def reveal(self, index: int) -> None:
        """Scroll to a row together with the picture below it."""
        last = index
        while last + 1 < self.count() and not self.selectable(last + 1):
            last += 1
        super().reveal(last)
        super().reveal(index)

    @property
    def chosen(self) -> SharedValue | ManagedObject | None:
        key = self.selected.key if self.selected else None
        return next(
            (thing for thing in (*self.view.snapshot.values, *self.view.snapshot.managed) if thing.key == key), None
        )

    @property
    def selected_object(self) -> int | None:
        chosen = self.chosen
        return chosen.key if chosen is not None else None

    def detail(self) -> list[Cells]:
        chosen = self.chosen
        if isinstance(chosen, SharedValue):
            drawn = all_numbers(chosen, self.view) is not None
            return shared_detail.of_value(chosen, self.view, self.columns, written_out=not drawn)
        return shared_detail.of_managed(chosen, self.view) if chosen is not None else []


def shared_room(chosen: Hashable, counts: Mapping[ValueKey, int], room: int) -> dict[ValueKey, int]:
    """Return how many changes of each value have room: those of the chosen one first, then one of each in turn."""
    shown = dict.fromkeys(counts, 0)
    for key in counts:
        if key == chosen:
            shown[key] = max(min(counts[key], room), 0)
    left = room - sum(shown.values())
    while left > 0:
        more = [key for key, count in counts.items() if shown[key] < count][:left]
        if not more:
            break
        for key in more:
            shown[key] += 1
        left -= len(more)
    return shown
