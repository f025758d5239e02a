"""The line of each value, Array, segment and managed object: its name, its type, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from rockproc.observer.decoding.numbers import Numbers, numbers
from rockproc.observer.model import ManagedObject, SharedValue

from ..bases.rows import column
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize
from . import shared_detail

FRESH = 0.4
"""Seconds for which a change is shown."""
_FEW = 6
"""So many numbers are written out, more are drawn."""


def _last(managed: ManagedObject, view: View) -> str:
    return f"  {view.who(managed.caller)[0]}: {managed.last}" if managed.last else ""


def of_managed(managed: ManagedObject, view: View, columns: int, name_width: int, type_width: int) -> Cells:
    """An object in a manager: what it holds, as its server tells, who waits for it, and who called it last."""
    fresh = managed.last_at is not None and view.now - managed.last_at < FRESH
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
        text, role = f"{managed.calls}× {view.who(managed.caller)[0]}: {managed.last}", "warn" if fresh else ""
    else:
        text, role = f"{managed.calls}×" if managed.calls else "never called", "dim"
    return (
        column(managed.name, name_width, "name"),
        (" ", ""),
        column(managed.type, type_width, "dim"),
        (" ", ""),
        (fit(sanitize(text, 400), rest), role),
    )


def of_value(value: SharedValue, view: View, columns: int, name_width: int, type_width: int) -> Cells:
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
    found = all_numbers(value, view)
    if found is not None:
        return ((fit(quantities.bars(_sampled(found.items, cells), cells), cells), role or "accent"),)
    few = _few_numbers(content)
    if few is not None:
        return ((fit(" ".join(number(each) for each in few), cells), role),)
    if isinstance(content, (int, float)) and not isinstance(content, bool):
        text = number(content)
        spark = quantities.bars(value.history, cells - max(len(text), 7) - 1)
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


def all_numbers(value: SharedValue, view: View) -> Numbers | None:
    """Of an Array with more of them than are written out."""
    found = numbers(value.value, value.layout, view.snapshot.contents.get(value.key) or value.raw)
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


def number(number: float) -> str:
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def _structure(fields: dict[str, object]) -> str:
    inner = " ".join(
        f"{sanitize(name, 40)}={number(item) if isinstance(item, (int, float)) else sanitize(repr(item), 40)}"
        for name, item in fields.items()
    )
    return "{" + inner + "}"
