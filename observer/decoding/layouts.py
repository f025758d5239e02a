"""Decodes the bytes of Values, Arrays and Structures."""

from __future__ import annotations

import struct

import msgspec

_MAX_ITEMS = 1000
"""The largest number of items of an array that are decoded."""


class Scalar(msgspec.Struct, frozen=True):
    code: str

    def read(self, data: memoryview) -> object:
        if self.code == "c":
            return bytes(data[:1])
        if self.code == "u":
            value = struct.unpack_from("@i", data)[0]
            return chr(value) if 0 <= value < 0x110000 else "?"
        return struct.unpack_from("@" + self.code, data)[0]


class Sequence(msgspec.Struct, frozen=True):
    item: Layout
    length: int
    stride: int

    def read(self, data: memoryview) -> object:
        if isinstance(self.item, Scalar) and self.item.code == "c":
            text = bytes(data[: self.length]).partition(b"\0")[0]
            try:
                return text.decode()
            except UnicodeDecodeError:
                return repr(text)
        shown = min(self.length, _MAX_ITEMS)
        if isinstance(self.item, Scalar) and self.item.code == "u":
            characters = [str(self.item.read(data[index * self.stride :])) for index in range(shown)]
            return "".join(characters).partition("\0")[0]
        if isinstance(self.item, Scalar):
            return list(struct.unpack_from(f"@{shown}{self.item.code}", data))
        return [self.item.read(data[index * self.stride :]) for index in range(shown)]


class Structure(msgspec.Struct, frozen=True):
    fields: tuple[tuple[str, int, Layout], ...]

    def read(self, data: memoryview) -> object:
        return {name: item.read(data[offset:]) for name, offset, item in self.fields}


class Unknown(msgspec.Struct, frozen=True):
    def read(self, _data: memoryview) -> object:
        return None


Layout = Scalar | Sequence | Structure | Unknown


def is_cut(layout: Layout) -> bool:
    """Return whether decoding leaves out items, since there are too many."""
    return isinstance(layout, Sequence) and (layout.length > _MAX_ITEMS or is_cut(layout.item))


_CODES = frozenset("cubBhHiIlLqQfd?")


def parse_layout(text: str) -> Layout:
    """Parse what `probe.taps.sharedctypes` writes: `i`, `d*100/8`, `{x@0:d,y@8:d}`, `!` for what cannot be decoded."""
    try:
        layout, rest = _parse(text)
    except (ValueError, IndexError, RecursionError):
        return Unknown()
    return layout if not rest else Unknown()


def _parse(text: str) -> tuple[Layout, str]:
    layout: Layout
    if text[0] == "{":
        fields: list[tuple[str, int, Layout]] = []
        rest = text[1:]
        while rest[0] != "}":
            name, _, rest = rest.lstrip(",").partition("@")
            offset, _, rest = rest.partition(":")
            item, rest = _parse(rest)
            fields.append((name, int(offset), item))
        layout, rest = Structure(tuple(fields)), rest[1:]
    elif text[0] in _CODES:
        layout, rest = Scalar(text[0]), text[1:]
    elif text[0] == "!":
        layout, rest = Unknown(), text[1:]
    else:
        raise ValueError(text)
    while rest.startswith("*"):
        length, _, rest = rest[1:].partition("/")
        if not length.isdecimal():
            raise ValueError(length)
        digits = len(rest) - len(rest.lstrip("0123456789"))
        layout, rest = Sequence(layout, int(length), int(rest[:digits])), rest[digits:]
    return layout, rest
