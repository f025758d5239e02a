"""The content of shared memory is decoded."""

from __future__ import annotations

import ctypes
import os
import random
from pathlib import Path

import pytest
from rockproc.observer.decoding.layouts import Unknown, parse_layout
from rockproc.observer.kernel.arena_memory import ArenaMemory
from rockproc.probe.taps import sharedctypes


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]


class Base(ctypes.Structure):
    _fields_ = [("first", ctypes.c_byte)]


class Derived(Base):
    _fields_ = [("points", Point * 2), ("name", ctypes.c_char * 4), ("on", ctypes.c_bool)]


class Swapped(ctypes.BigEndianStructure):
    _fields_ = [("number", ctypes.c_int32)]


class Bits(ctypes.Structure):
    _fields_ = [("low", ctypes.c_int, 3), ("pointer", ctypes.c_void_p), ("number", ctypes.c_int)]


def read(item: object) -> object:
    """Return a ctypes object as it is decoded from outside."""
    return parse_layout(sharedctypes._layout(type(item))).read(memoryview(bytes(item)))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (ctypes.c_int(-5), -5),
        (ctypes.c_ubyte(200), 200),
        (ctypes.c_short(-3), -3),
        (ctypes.c_longlong(1 << 62), 1 << 62),
        (ctypes.c_double(2.5), 2.5),
        (ctypes.c_float(0.5), 0.5),
        (ctypes.c_bool(True), True),
        (ctypes.c_char(b"x"), b"x"),
        (ctypes.c_wchar("ü"), "ü"),
        ((ctypes.c_int * 3)(1, 2, 3), [1, 2, 3]),
        ((ctypes.c_int * 0)(), []),
        ((ctypes.c_int * 2 * 2)((1, 2), (3, 4)), [[1, 2], [3, 4]]),
        ((ctypes.c_char * 5)(*b"ab"), "ab"),
        ((ctypes.c_char * 2)(*b"\xff\xfe"), r"b'\xff\xfe'"),
        ((ctypes.c_wchar * 4)(*"aü"), "aü"),
        (Point(1, 2), {"x": 1.0, "y": 2.0}),
        ((Point * 2)((1, 2), (3, 4)), [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}]),
        (
            Derived(7, ((1, 2), (3, 4)), b"ab", True),
            {"first": 7, "points": [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}], "name": "ab", "on": True},
        ),
        (Swapped(1), {"number": None}),
        (Bits(1, None, 9), {"low": None, "pointer": None, "number": 9}),
        (ctypes.c_void_p(5), None),
        (ctypes.py_object(5), None),
        (ctypes.c_longdouble(1.5), None),
    ],
    ids=lambda item: repr(item)[:30],
)
def test_values_written_by_ctypes_are_decoded(item: object, value: object) -> None:
    assert read(item) == value


def test_a_long_array_is_cut() -> None:
    assert read((ctypes.c_int * 5000)(*range(5000))) == list(range(1000))
    assert len(read((Point * 3000)())) == 1000  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "i*",
        "i*3",
        "i*3/",
        "i*x/4",
        "{",
        "{}}",
        "{x}",
        "{x@0}",
        "{x@y:i}",
        "{x@0:i",
        "ii",
        "*3/4",
        "{x@0:",
        "i*-3/4",
    ],
)
def test_an_invalid_layout_is_rejected(text: str) -> None:
    assert isinstance(parse_layout(text), Unknown)


def test_random_layout_texts_raise_no_unexpected_exception() -> None:
    rng = random.Random(3)
    for _ in range(5000):
        parse_layout("".join(rng.choice("idc{}@:,*/0123!?x") for _ in range(rng.randrange(12))))
    assert isinstance(parse_layout("{a@0:" * 3000), Unknown)


def test_an_arena_is_seen_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "pym-1-x"
    memory = ArenaMemory(tmp_path)
    with path.open("w+b") as file:
        inode = os.fstat(file.fileno()).st_ino
        memory.announce(inode, path.name, 4096)
        assert memory.read(inode << 32, 4) is None  # it is not yet at its size
        file.truncate(4096)
        memory.open_awaited()
        assert not path.exists()
        key = (inode & 0xFFFFFFFF) << 32 | 8
        seen = memory.read(key, 4)
        assert seen is not None
        assert bytes(seen) == bytes(4)
        file.seek(8)
        file.write(b"abcd")
        file.flush()
        assert bytes(memory.read(key, 4) or b"") == b"abcd"


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc/passwd", "missing"])
def test_only_files_of_the_folder_are_opened(tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "x").write_bytes(bytes(4096))
    memory = ArenaMemory(tmp_path)
    memory.announce(5, name, 4096)
    assert memory.read(5 << 32, 4) is None
    assert (tmp_path.parent / "x").exists()
