"""Reads a ShareableList as it lies in its segment, without the class (CPython 3.8 to 3.15, Lib/multiprocessing)."""

from __future__ import annotations

import re
import struct

_MAX_ITEMS = 1000
"""The largest number of items that are decoded."""
_TEXT = re.compile(r"[1-9][0-9]{0,6}s")


def length(data: bytes) -> int | None:
    """Return the number of items that its header states; None where there is no complete header."""
    count = struct.unpack_from("@q", data)[0] if len(data) >= 8 else -1
    return count if 0 <= count <= len(data) // 8 else None


def decode(data: bytes) -> list[object] | None:
    """Return the first items; None if the bytes are no such list (yet)."""
    count = length(data)
    if count is None:
        return None
    try:
        offsets, start = _places(data, count)
        formats = start + offsets[-1]
        codes = formats + 8 * count
        return [
            _item(data, start + offset, _format(data, formats + 8 * index), data[codes + index])
            for index, offset in enumerate(offsets[: min(count, _MAX_ITEMS)])
        ]
    except (struct.error, IndexError, ValueError):
        return None


def _places(data: bytes, count: int) -> tuple[list[int], int]:
    """Return the offsets of all items in the area of items, with its end as the last one, and the area's own offset."""
    first = list(struct.unpack_from(f"@{count + 1}q", data, 8)) if count else [0]
    if first[0] == 0:
        return first, 8 * (count + 2)
    # 3.8 notes the bytes of each item, in the place of its offset.
    offsets = [0]
    for size in first[:count]:
        offsets.append(offsets[-1] + size)
    return offsets, 8 * (count + 1)


def _format(data: bytes, at: int) -> str:
    return struct.unpack_from("8s", data, at)[0].rstrip(b"\0").decode("ascii")


def _item(data: bytes, at: int, code: str, kind: int) -> object:
    if at < 0:
        raise ValueError(at)
    if code in ("q", "d", "xxxxxxx?", "xxxxxx?x"):
        value = struct.unpack_from("@" + code, data, at)[0]
        return None if kind == 3 else value
    if not _TEXT.fullmatch(code):
        raise ValueError(code)
    text: bytes = struct.unpack_from(code, data, at)[0].rstrip(b"\0")
    return text.decode("utf-8", "backslashreplace") if kind == 1 else text
