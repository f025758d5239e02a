"""Previews are made from the first bytes of a pickle, whatever these are."""

from __future__ import annotations

import pickle
import random

import pytest
from rockproc.observer.preview import preview


class Point:
    def __init__(self) -> None:
        self.x = 1
        self.name = "a"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (-3, "-3"),
        (2.5, "2.5"),
        ("it's", '"it\'s"'),
        ([1, [2, "x"]], "[1, [2, 'x']]"),
        ((1,), "(1,)"),
        ({"job": 41, "of": (1, 2, 3, 4)}, "{'job': 41, 'of': (1, 2, 3, 4)}"),
        (ValueError("bad"), "ValueError('bad')"),
    ],
)
def test_shows_what_python_would_write(value: object, text: str, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    assert preview(data, len(data)) == text


def test_shows_an_object_with_its_state_and_calls_nothing() -> None:
    class_data = pickle.dumps(Point())
    assert preview(class_data, len(class_data)) == "Point(x=1, name='a')"


@pytest.mark.parametrize(
    ("value", "begins"),
    [
        ("x" * 1000, "'xxx"),
        ({"k": "v" * 300}, "{'k': 'vvv"),
        (list(range(1000)), "[0, 1, 2"),
        (("a", {"b": ["c" * 300]}), "('a', {'b': ['ccc"),
        ([{"a": 1, "b": "x" * 400}], "[{'a': 1, 'b': 'xxx"),
    ],
)
def test_a_cut_message_shows_as_far_as_it_goes(value: object, begins: str) -> None:
    data = pickle.dumps(value)
    shown = preview(data[:256], len(data))
    assert shown.startswith(begins)
    assert shown.endswith("…")


def test_bytes_that_are_no_pickle_are_shown_as_bytes() -> None:
    assert preview(b"hello", 5) == "'hello'"
    assert preview(b"\xff\x00", 2) == r"b'\xff\x00'"


def test_no_pickle_is_too_odd() -> None:
    """Cut and damaged ones: some of these once sent the machine round for ever."""
    chance = random.Random(7)
    values: list[object] = [
        ("a", {"b": ["c" * 300]}),
        {number: (number, [number]) for number in range(50)},
        [{"a": 1, "b": "x" * 40}] * 5,
        ValueError("x"),
        Point(),
    ]
    for _ in range(3_000):
        data = bytearray(pickle.dumps(chance.choice(values), chance.choice([2, 3, 4, 5])))[:256]
        for _ in range(chance.randint(0, 6)):
            data[chance.randrange(2, len(data))] = chance.randrange(256)
        shown = preview(bytes(data[: chance.randint(3, len(data))]), 300)
        assert len(shown) <= 400


def test_what_doubles_itself_again_and_again_stays_short() -> None:
    doubled = b"\x80\x02]" + b"".join(b"2\x86" for _ in range(100)) + b"."
    assert len(preview(doubled, len(doubled))) <= 400
