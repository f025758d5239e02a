"""Every message must have a preview, whatever its content is."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import pickle
import pickletools
import random
from pathlib import Path
from typing import Any

import pytest
from rockproc.observer.decoding.preview import preview


@dataclasses.dataclass
class Job:
    number: int
    path: str


class Plain:
    def __init__(self) -> None:
        self.inner = {"a": 1}


class Slots:
    __slots__ = ("left", "right")

    def __init__(self) -> None:
        self.left, self.right = 1, "two"


class Armed:
    """An object that writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (exec, (f"open({str(self.path)!r}, 'w')",))


PLAIN: list[Any] = [
    None,
    True,
    0,
    -5,
    1 << 70,
    1.5,
    "text",
    "it's",
    b"bytes",
    [],
    (),
    (1,),
    {},
    set(),
    [1, [2, [3]]],
    ("a", 1, None),
    {"job": 41, "path": "/x"},
    {1: {2: {3: []}}},
    {"one"},
    [None, True, False],
    list(range(30)),
    "ünïcode → \U0001f600",
    "\x1b[31mred\x1b[0m",
]


FIRST_PROTOCOL: dict[type, int] = {bytes: 3, set: 4}
"""The first protocol of pickle that has opcodes for a type; older ones pickle it as a call."""


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("item", PLAIN, ids=repr)
def test_a_preview_equals_repr(item: object, protocol: int) -> None:
    if protocol < FIRST_PROTOCOL.get(type(item), 0):
        pytest.skip("it is an object there")
    data = pickle.dumps(item, protocol)
    assert preview(data, len(data)) == repr(item)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (Job(3, "a"), "Job(number=3, path='a')"),
        (ValueError("bad"), "ValueError('bad')"),
        (Plain(), "Plain(inner={'a': 1})"),
        (frozenset([1]), "frozenset({1})"),
        (collections.OrderedDict[str, int](a=1), "OrderedDict"),
        (datetime.date(2024, 1, 2), "date("),
        (len, "len"),
        (Job, "Job"),
        (Slots(), "Slots("),
        (bytearray(b"ab"), "bytearray"),
        (1j, "complex("),
        ([Job(1, "x")] * 2, "[Job(number=1, path='x'), Job(…)]"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_objects_are_shown_as_calls(item: object, text: str) -> None:
    data = pickle.dumps(item)
    assert preview(data, len(data)).startswith(text)


def test_a_container_that_contains_itself_is_shown() -> None:
    item: list[object] = [1]
    item.append(item)
    data = pickle.dumps(item)
    assert preview(data, len(data)) == "[1, …]"


@pytest.mark.parametrize("item", ["x" * 10_000, ["x" * 500] * 3, list(range(10_000)), {n: str(n) for n in range(5000)}])
def test_a_long_message_is_cut(item: object) -> None:
    data = pickle.dumps(item)
    text = preview(data[:256], len(data))
    assert text.endswith("…")
    assert text[:20] == repr(item)[:20]
    assert len(text) <= 400


@pytest.mark.parametrize(
    ("item", "begins"),
    [
        ({"k": "v" * 300}, "{'k': 'vvv"),
        (("a", {"b": ["c" * 300]}), "('a', {'b': ['ccc"),
        ([{"a": 1, "b": "x" * 400}], "[{'a': 1, 'b': 'xxx"),
        (b"x" * 300, "b'xxx"),
    ],
)
def test_a_cut_message_shows_as_far_as_it_goes(item: object, begins: str) -> None:
    data = pickle.dumps(item)
    text = preview(data[:256], len(data))
    assert text.startswith(begins)
    assert text.endswith("…")


def test_a_message_of_raw_bytes_is_shown_as_bytes() -> None:
    assert preview(b"raw", 3) == "'raw'"
    assert preview(b"\xff\x00", 2) == r"b'\xff\x00'"
    assert preview(b"", 0) == "''"
    assert preview(b"raw", 900) == "'raw'…"
    assert preview(b"\x1b[2J\n", 5) == r"'\x1b[2J\n'"


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "written"
    data = pickle.dumps(Armed(path))
    assert preview(data, len(data)).startswith("exec(")
    call = b"\x80\x04cthis_module_is_never\nimported\n)R."
    assert preview(call, len(call)) == "imported()"
    assert not path.exists()
    assert preview(b"", None) == ""


def hostile() -> list[bytes]:
    bomb: object = "x"
    for _ in range(60):
        bomb = [bomb, bomb]
    deep: object = []
    for _ in range(300):
        deep = [deep]
    return [
        pickle.dumps(bomb),
        pickle.dumps(deep),
        b"\x80\x04" + b"(" * 40_000,
        b"\x80\x04" + b"]" * 40_000,
        b"\x80\x04" + b"]\x94" + b"h\x00a" * 20_000,
        b"\x80\x04N" + b"2" * 40_000 + b"\x85.",
        b"\x80\x04]" + b"]a" * 20_000,
        b"\x80\x04N" + b"\x85" * 20_000 + b".",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x04\x8b\xff\xff\xff\x7f",
        b"\x80\x04L" + b"9" * 20_000 + b"L\n.",
        b"\x80\x02I" + b"1" * 10_000 + b"\n.",
        b"\x80\x04\x8a\xff" + b"\xff" * 255 + b".",
        b"\x80\x02]" + b"2\x86" * 100 + b".",
        b"\x80\x04.",
        b"\x80\x04R.",
        b"\x80\x04\x93.",
        b"\x80\x04h\x05.",
        b"\x80\x04(u.",
        b"\x80\x04}(NNNu.",
        b"\x80\x04S'\\l'\n.",
        b"\x80\x04NNb.",
        b"\x80\x04]]e.",
    ]


@pytest.mark.parametrize("data", hostile(), ids=lambda data: repr(data[:12]))
def test_hostile_messages_are_decoded_in_bounded_time(data: bytes) -> None:
    """The time limit of the tests catches a message that is decoded endlessly."""
    text = preview(data, len(data))
    assert isinstance(text, str)
    assert len(text) <= 400


def test_a_damaged_message_always_gives_a_preview() -> None:
    """Messages are cut and changed at random. Some of these once made the decoder loop endlessly."""
    rng = random.Random(5)
    items = [*PLAIN, Job(3, "a"), Plain(), {n: (n, [n]) for n in range(50)}, [{"a": 1, "b": "x" * 40}] * 5]
    whole = [pickle.dumps(item, protocol) for item in items for protocol in (2, 3, 4, 5)]
    whole += [pickletools.optimize(data) for data in whole]
    for _ in range(4000):
        data = bytearray(rng.choice(whole))
        for _ in range(rng.randrange(7)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        del data[rng.randrange(len(data) + 1) :]
        text = preview(bytes(data), rng.choice([None, len(data), len(data) + 5]))
        assert isinstance(text, str)
        assert len(text) <= 400
