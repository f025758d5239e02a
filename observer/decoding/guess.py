"""Guesses the type of the content of shared memory: text or numbers if that is evident, otherwise bytes."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

_MAX_NUMBERS = 1000
"""The largest number of numbers that are decoded."""
_SMALL_NUMBER = 1 << 24
"""A whole number below this has a zero for its highest byte, as no text and few random bytes do."""
_LEAST, _GREATEST = 1e-9, 1e15
_WORD_BYTES = 4
"""A shorter text may also be the bytes of a number."""


class Guess(NamedTuple):
    kind: str
    """The type of the value: str, int64, int32, float64, or bytes."""
    value: object
    length: int
    """The number of items, up to the last one that is not zero."""


def guess(data: bytes) -> Guess:
    used = data.rstrip(b"\0")
    text = _text(used)
    if text is not None:
        return Guess("str", text, len(text))
    for kind, code, size, evident in (("float64", "d", 8, _floats), ("int64", "q", 8, _ints), ("int32", "i", 4, _ints)):
        count = -(-len(used) // size)
        if used and len(data) >= count * size:
            numbers = struct.unpack_from(f"@{count}{code}", data)
            if len(data) == size and (evident(numbers) or (code != "d" and abs(numbers[0]) < _SMALL_NUMBER)):
                return Guess(kind, numbers[0], 1)
            if evident(numbers):
                return Guess(kind, list(numbers[:_MAX_NUMBERS]), count)
    return Guess("bytes", used[:_MAX_NUMBERS], len(used))


def _text(used: bytes) -> str | None:
    try:
        text = used.decode()
    except UnicodeDecodeError:
        return None
    printable = all(character.isprintable() or character in "\t\n" for character in text)
    return text[:_MAX_NUMBERS] if len(text) >= _WORD_BYTES and printable else None


def _floats(numbers: Sequence[float]) -> bool:
    return all(number == 0 or (math.isfinite(number) and _LEAST < abs(number) < _GREATEST) for number in numbers)


def _ints(numbers: Sequence[int]) -> bool:
    """Return True for several small integers: a few bytes by themselves would look like one number."""
    return sum(number != 0 for number in numbers) > 1 and all(abs(number) < _SMALL_NUMBER for number in numbers)
