"""The row of a value, Array, segment or managed object: its name, its type, and its content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from rockproc.observer.decoding.numbers import Numbers, numbers
from rockproc.observer.model import ManagedObject, SharedValue

from ..bases.rows import column
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten
from . import shared_detail
from .calls import python_call
from .value_changes import ValueChanges

FRESH_SECONDS = 0.4
"""The number of seconds for which a change is highlighted."""
_USE_CELLS = len("○ unlinked")
_MAX_WRITTEN_OUT = 6
"""The number of elements up to which they are written out; more are drawn."""


def _last(managed: ManagedObject, view: View) -> str:
    return f"  {view.who(managed.caller)[0]} ▸ {python_call(managed)}" if managed.last else ""


def of_managed(managed: ManagedObject, view: View, columns: int, name_width: int, type_width: int) -> Cells:
    """Return the row of a managed object: its content, who waits for it, and its last call."""
    fresh = managed.last_at is not None and view.now - managed.last_at < FRESH_SECONDS
    rest = max(columns - name_width - type_width - 2, 4)
    if shared_detail.gone(managed, view):
        text, role = "gone with its manager", "bad"
    elif managed.value and shared_detail.over(managed, view):
        text, role = f"was {managed.value}", "dim"
    elif managed.value:
        waiting = [name for name, _ in shared_detail.waiting(managed, view)]
        text = managed.value + (f"  ◂ {' '.join(waiting)}" if waiting else _last(managed, view))
        role = "wait" if waiting else "warn" if fresh else ""
    elif managed.last:
        text, role = f"{managed.calls}×{_last(managed, view)}", "warn" if fresh else ""
    else:
        never = "" if managed.uncounted else "never called"
        text, role = f"{managed.calls}×" if managed.calls else never, "dim"
    return (
        column(managed.name, name_width, "name"),
        (" ", ""),
        column(managed.type, type_width, "dim"),
        (" ", ""),
        (fit(sanitize(text, 400), rest), role),
    )


def of_value(
    value: SharedValue, view: View, columns: int, name_width: int, type_width: int, changes: ValueChanges
) -> Cells:
    fresh = value.changed is not None and view.now - value.changed < FRESH_SECONDS
    rest = max(columns - name_width - type_width - 2, 4)
    use: Cells = ()
    if value.segment is not None:
        text, role = _use(value)
        width = _USE_CELLS if rest > 2 * _USE_CELLS else 1
        rest = max(rest - width - 1, 0)
        use = ((" ", ""), (fit(text, width, ">") if width > 1 else text[0], role))
    return (
        column(value.name, name_width, "name"),
        (" ", ""),
        column(value.type, type_width, "dim"),
        (" ", ""),
        *_content(value, view, rest, "warn" if fresh else "", changes),
        *use,
    )


def _use(value: SharedValue) -> tuple[str, str]:
    """Return how many processes have a segment open, or whether it is unlinked."""
    if value.open_by:
        return (f"● {len(value.open_by)} open", "good") if value.unlinked is None else ("◌ unlinked", "warn")
    return ("○ unlinked", "dim") if value.unlinked is not None else ("✗ left", "bad")


def _content(value: SharedValue, view: View, cells: int, role: str, changes: ValueChanges) -> Cells:
    content = value.value
    found = all_numbers(value, view)
    if found is not None:
        return ((fit(quantities.bars(_sampled(found.items, cells), cells), cells), role or "accent"),)
    few = _few_numbers(content)
    if few is not None:
        return _elements(
            [number(item) for item in few], cells, role, changes.fresh_index(value.key, view.now, FRESH_SECONDS)
        )
    if isinstance(content, (int, float)) and not isinstance(content, bool):
        text = number(content)
        room = cells - max(len(text), 7) - 1
        spark = quantities.bars(changes.series(value.key, room) or value.history, room)
        return ((fit(text, max(len(text), 7), ">"), role), (" ", ""), (spark, "accent"))
    if isinstance(content, dict):
        return ((fit(_structure(cast("dict[str, object]", content)), cells), role),)
    if isinstance(content, (list, tuple)):
        items = cast("Sequence[object]", content)
        shown = "  ".join(
            _structure(cast("dict[str, object]", item)) if isinstance(item, dict) else sanitize(repr(item), 40)
            for item in items[:20]
        )
        return ((fit(shown, cells), role),)
    return ((fit("—" if content is None else sanitize(repr(content), 400), cells), role),)


def _elements(texts: Sequence[str], cells: int, role: str, written: int | None) -> Cells:
    """Return elements side by side; of an element that was just written, only that one stands out."""
    if written is None or written >= len(texts):
        return ((fit(" ".join(texts), cells), role),)
    before = "".join(f"{text} " for text in texts[:written])[:cells]
    one = texts[written][: cells - len(before)]
    return (
        (before, ""),
        (one, "warn"),
        (fit(" " + " ".join(texts[written + 1 :]), cells - len(before) - len(one)), ""),
    )


def all_numbers(value: SharedValue, view: View) -> Numbers | None:
    """Return the numbers of an Array that has too many to be written out, or None."""
    found = numbers(value.value, value.layout, view.snapshot.contents.get(value.key) or value.raw)
    return found if found is not None and len(found.items) > _MAX_WRITTEN_OUT else None


def _few_numbers(content: object) -> Sequence[float] | None:
    if isinstance(content, (list, tuple)) and content:
        items = cast("Sequence[object]", content)
        if all(isinstance(item, (int, float)) for item in items):
            return cast("Sequence[float]", items)
    return None


def _sampled(numbers: Sequence[float], cells: int) -> Sequence[float]:
    """Return at most `cells` of the numbers, spread evenly."""
    if len(numbers) <= cells or cells < 1:
        return numbers
    return [numbers[index * len(numbers) // cells] for index in range(cells)]


def number(number: float) -> str:
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def _structure(fields: dict[str, object]) -> str:
    inner = " ".join(
        f"{shorten(sanitize(name), 40)}={number(item) if isinstance(item, (int, float)) else sanitize(repr(item), 40)}"
        for name, item in fields.items()
    )
    return "{" + inner + "}"
