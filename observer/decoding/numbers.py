"""Decodes shared memory into numbers for a chart; called only for what is on the screen."""

from __future__ import annotations

from collections.abc import Sequence as Items
from functools import lru_cache
from typing import Any, NamedTuple, cast

from .layouts import Layout, Scalar, Sequence, parse_layout

_WHOLE = frozenset("bBhHiIlLqQfd?")
"""Codes of numbers, as `memoryview.cast` knows them."""


class Numbers(NamedTuple):
    items: Items[float]
    """The numbers, row after row."""
    width: int | None
    """The number of items in each row of an Array of Arrays."""


def numbers(value: object, layout: str = "", data: bytes = b"") -> Numbers | None:
    """Return all numbers of an Array, or None where it holds something else.

    Args:
        value: The decoded content, of which a long Array has only the beginning.
        layout: How the bytes are to be read; see `layouts.parse_layout`.
        data: The bytes of the whole Array, if they are known.
    """
    if data:
        shape = _shape(layout)
        if shape is not None:
            code, width = shape
            try:
                return Numbers(cast("Items[float]", memoryview(data).cast(cast("Any", code))), width)
            except (TypeError, ValueError):  # a recording may say anything
                return None
    return _of_lists(value)


@lru_cache(maxsize=256)
def whole(layout: str) -> int:
    """Return how many items an Array has, also where only the first of them were decoded."""
    count, inner = 1, parse_layout(layout)
    while isinstance(inner, Sequence):
        count, inner = count * inner.length, inner.item
    return count


@lru_cache(maxsize=256)
def _shape(layout: str) -> tuple[str, int | None] | None:
    """Return the code of the numbers, and how many are in a row."""
    return shape(parse_layout(layout))


def shape(layout: Layout) -> tuple[str, int | None] | None:
    width: int | None = None
    while isinstance(layout, Sequence):
        inner = layout.item
        if isinstance(inner, Scalar):
            return (inner.code, width and layout.length) if inner.code in _WHOLE and width != 0 else None
        width = layout.length
        layout = inner
    return None


def _of_lists(content: object) -> Numbers | None:
    if not isinstance(content, (list, tuple)) or not content:
        return None
    items = cast("Items[object]", content)
    if all(isinstance(item, (int, float)) for item in items):
        return Numbers(cast("Items[float]", items), None)
    rows = [_of_lists(item) for item in items]
    widths = {len(row.items) if row is not None else 0 for row in rows}
    if len(widths) != 1 or 0 in widths:
        return None
    first = cast("Numbers", rows[0])
    flat = [item for row in rows if row is not None for item in row.items]
    return Numbers(flat, first.width or len(first.items))
