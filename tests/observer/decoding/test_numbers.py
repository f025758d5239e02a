"""Numbers come from the bytes of shared memory, from decoded content, and from recordings with any content."""

from __future__ import annotations

import ctypes
import struct
from typing import Any

import pytest
from rockproc.observer.decoding.layouts import parse_layout
from rockproc.observer.decoding.numbers import numbers
from rockproc.probe.taps import sharedctypes


@pytest.mark.parametrize(
    ("kind", "width"),
    [
        (ctypes.c_int * 4000, None),
        (ctypes.c_ubyte * 4000, None),
        (ctypes.c_double * 4000, None),
        (ctypes.c_bool * 4000, None),
        (ctypes.c_short * 20 * 200, 20),
        (ctypes.c_double * 5 * 4 * 200, 5),
    ],
    ids=str,
)
def test_all_items_of_an_array_are_decoded(kind: type, width: int | None) -> None:
    item = kind()
    count = ctypes.sizeof(item) // ctypes.sizeof(_element(kind))
    element: Any = _element(kind)
    flat = (element * count).from_buffer(item)
    flat[:] = [index % 2 for index in range(count)]
    layout: str = sharedctypes._layout(kind)
    for found in (
        numbers(None, layout, bytes(item)),
        numbers([1, 2], layout, bytes(item)),
    ):
        assert found is not None
        assert found.width == width
        assert list(found.items) == list(flat)
    if count <= 1000:
        assert list(numbers(parse_layout(layout).read(memoryview(bytes(item))))) == list(found)  # type: ignore[arg-type]


def _element(kind: Any) -> Any:
    while hasattr(kind, "_length_"):
        kind = kind._type_  # type: ignore[attr-defined]
    return kind


def test_decoded_content_is_accepted_in_place_of_bytes() -> None:
    assert numbers([1, 2.5, 3]) == ([1, 2.5, 3], None)
    assert numbers([[1, 2, 3], [4, 5, 6]]) == ([1, 2, 3, 4, 5, 6], 3)
    assert numbers([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]) == ([1, 2, 3, 4, 5, 6, 7, 8], 2)


@pytest.mark.parametrize("content", [None, 5, "text", [], [{"x": 1.0}], ["a", "b"], [[1, 2], [3]], [[], []], [[1], 2]])
def test_content_without_numbers_gives_none(content: object) -> None:
    assert numbers(content) is None


@pytest.mark.parametrize("layout", ["", "i", "c*20/1", "u*5/4", "{x@0:d}*2/8", "!*3/8", "i*5", "i*x/4", "\x1b*3/4"])
def test_a_layout_without_numbers_gives_none(layout: str) -> None:
    assert numbers("text", layout, b"12345678" * 3) is None


def test_bytes_that_do_not_fit_their_layout_are_ignored() -> None:
    assert numbers(None, "d*4/8", b"123") is None
    found = numbers(None, "i*400/4", struct.pack("3i", 1, 2, 3))
    assert found is not None
    assert list(found.items) == [1, 2, 3]
    assert numbers(None, "i*0/4*5/0", struct.pack("3i", 1, 2, 3)) is not None
