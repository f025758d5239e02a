"""Finds the source line of an instruction by the line table of its code object."""

from __future__ import annotations

from collections.abc import Iterator

_NO_LINE = -128
_NO_LOCATION, _LONG, _NO_COLUMNS = 15, 14, 13
_ONE_LINE = (10, 11, 12)


def line_of(version: tuple[int, int], table: bytes, first_line: int, offset: int) -> int:
    """Return the line of the instruction at an offset, in bytes; the first line if the table does not have it."""
    if version < (3, 10):
        return _from_lnotab(table, first_line, offset)
    line = first_line
    for begin, end, found in _ranges_3_10(table, first_line) if version == (3, 10) else _ranges(table, first_line):
        if begin <= offset < end:
            return found or line
        line = found or line
    return first_line


def _from_lnotab(table: bytes, line: int, offset: int) -> int:
    """Return the line by `co_lnotab` (3.8 and 3.9), which holds pairs of bytes and lines to advance."""
    address = 0
    for place in range(0, len(table) - 1, 2):
        address += table[place]
        if address > offset:
            break
        delta = table[place + 1]
        line += delta - 256 if delta > 127 else delta
    return line


def _ranges_3_10(table: bytes, line: int) -> Iterator[tuple[int, int, int]]:
    """Yield pairs: the length of a range, and the lines to add; 0 for a range without a line."""
    end = 0
    for place in range(0, len(table) - 1, 2):
        delta = table[place + 1] - 256 if table[place + 1] > 127 else table[place + 1]
        begin, end = end, end + table[place]
        if delta == _NO_LINE:
            yield begin, end, 0
        else:
            line += delta
            yield begin, end, line


def _ranges(table: bytes, line: int) -> Iterator[tuple[int, int, int]]:
    """Yield the ranges of `co_linetable` (3.11 and later); see Objects/locations.md of CPython."""
    end = place = 0
    while place < len(table):
        code, length = table[place] >> 3 & 15, (table[place] & 7) + 1
        place += 1
        begin, end = end, end + 2 * length
        if code in (_LONG, _NO_COLUMNS):
            value = shift = 0
            while place < len(table):
                byte = table[place]
                place += 1
                value |= (byte & 63) << shift
                shift += 6
                if not byte & 64:
                    break
            line += -(value >> 1) if value & 1 else value >> 1
        elif code in _ONE_LINE:
            line += code - 10
        while place < len(table) and not table[place] & 128:
            place += 1
        yield begin, end, 0 if code == _NO_LOCATION else line
