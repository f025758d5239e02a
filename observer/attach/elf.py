"""Finds the address of a symbol or a section in an executable or a shared library, in its ELF tables."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_SYMBOL_TABLES = (11, 2)
"""SHT_DYNSYM, which a stripped file still has, and SHT_SYMTAB."""
_LOADED = 1
"""PT_LOAD."""
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_MAX_BYTES = 256 << 20
"""The largest part of a file that is read at once: its symbols, or their names."""


def addresses(path: Path, names: tuple[str, ...]) -> dict[str, int]:
    """Return the offsets of symbols and sections of a file from the address at which its first byte is mapped.

    Raises OSError. A file that is no 64-bit little-endian ELF defines nothing.
    """
    status = path.stat()
    return dict(_addresses(_File(path, (status.st_dev, status.st_ino, status.st_mtime_ns)), names))


@dataclass(frozen=True)
class _File:
    """A file under one of its names: each process of a program reaches the same file by another path."""

    path: Path = field(compare=False)
    identity: tuple[int, int, int]


@lru_cache(maxsize=64)
def _addresses(source: _File, names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    with source.path.open("rb", buffering=0) as file:
        try:
            return tuple(_find(file.fileno(), {name.encode(): name for name in names}))
        except (struct.error, IndexError, ValueError, OverflowError):
            return ()


def _part(file: int, begin: int, size: int) -> bytes:
    """Read a part of a file. It is not mapped: a file that is truncated meanwhile would end us with SIGBUS."""
    return os.pread(file, min(size, os.fstat(file).st_size, _MAX_BYTES), begin)


def _find(file: int, names: dict[bytes, str]) -> Iterator[tuple[str, int]]:
    header = _HEADER.unpack(_part(file, 0, _HEADER.size))
    if not header[0].startswith(b"\x7fELF\x02\x01"):
        return
    segments, sections = header[5], header[6]
    segment_size, segment_count, section_size, section_count, names_of_sections = header[9:14]
    loads = [
        _SEGMENT.unpack(_part(file, segments + number * segment_size, _SEGMENT.size)) for number in range(segment_count)
    ]
    base = min((load[3] - load[2] for load in loads if load[0] == _LOADED), default=0)
    table: list[tuple[int, ...]] = [
        _SECTION.unpack(_part(file, sections + number * section_size, _SECTION.size)) for number in range(section_count)
    ]
    yield from _sections(file, table, names_of_sections, names, base)
    for kind in _SYMBOL_TABLES:
        for section in table:
            if section[1] == kind and section[6] < len(table):
                yield from _in_table(file, section[4], section[5], table[section[6]], names, base)


def _sections(
    file: int, table: list[tuple[int, ...]], texts: int, names: dict[bytes, str], base: int
) -> Iterator[tuple[str, int]]:
    content = _part(file, table[texts][4], table[texts][5]) if texts < len(table) else b""
    for section in table:
        name = names.get(content[section[0] :].partition(b"\0")[0])
        if name is not None:
            yield name, section[3] - base


def _in_table(
    file: int, begin: int, size: int, texts: tuple[int, ...], names: dict[bytes, str], base: int
) -> Iterator[tuple[str, int]]:
    """Search the names first: of thousands of symbols only a few are wanted."""
    content = _part(file, texts[4], texts[5])
    wanted = {_offset_of(content, text): name for text, name in names.items()}
    wanted.pop(-1, None)
    if wanted:
        symbols = _part(file, begin, size)
        for symbol in _SYMBOL.iter_unpack(symbols[: len(symbols) - len(symbols) % _SYMBOL.size]):
            if symbol[0] in wanted and symbol[3]:
                yield wanted[symbol[0]], symbol[4] - base


def _offset_of(content: bytes, text: bytes) -> int:
    found = content.find(b"\0" + text + b"\0")
    return -1 if found < 0 else found + 1
