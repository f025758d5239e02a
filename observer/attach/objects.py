"""Python objects in the memory of another process: types, texts, numbers, containers, attributes.

An object may change while it is read, so every size has a bound and every failure is an
`UnreadableMemory`. No code of the program is run.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .layout import Layout
from .memory import ProcessMemory, UnreadableMemory

_MAX_ITEMS = 10_000
_MAX_CHARACTERS = 2_000
_MANAGED_DICT, _INLINE_VALUES = 1 << 4, 1 << 2
"""Flags of a type: Py_TPFLAGS_MANAGED_DICT (3.11), Py_TPFLAGS_INLINE_VALUES (3.13)."""
_TP_NAME, _TP_BASIC_SIZE, _TP_FLAGS, _TP_DICT_OFFSET, _TP_BASE = 24, 32, 168, 288, 256
_DICT_KEYS, _DICT_VALUES = 32, 40
_BITS_OF_DIGIT = 30
_KINDS = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}


class Objects:
    """Decodes objects of one process. Every method raises UnreadableMemory for an unexpected object."""

    def __init__(self, memory: ProcessMemory, layout: Layout) -> None:
        self.memory = memory
        self._layout = layout
        self._type_names: dict[int, str] = {}
        self._texts: dict[int, str] = {}
        """The strings by their addresses, since names of attributes are read again and again."""

    # types

    def type_of(self, address: int) -> int:
        return self.memory.pointer(address + 8)

    def type_name(self, address: int) -> str:
        """Return the name of an object's class: without its module for a class written in Python, else as in C."""
        return self.class_name(self.type_of(address))

    def class_name(self, kind: int) -> str:
        """Return the name of a class at an address, as `type_name` gives it."""
        name = self._type_names.get(kind)
        if name is None:
            name = self._type_names[kind] = self.memory.c_string(self.memory.pointer(kind + _TP_NAME))
        return name

    def base_names(self, address: int) -> list[str]:
        """Return the names of an object's class and of its first bases, outwards."""
        found: list[str] = []
        kind = self.type_of(address)
        while kind and len(found) < 20:
            found.append(self.memory.c_string(self.memory.pointer(kind + _TP_NAME)))
            kind = self.memory.pointer(kind + _TP_BASE)
        return found

    def has_base(self, address: int, base: int | None) -> bool:
        """Return True if a class, given by its address, is an object's class or one of the first bases of that."""
        kind = self.type_of(address)
        for _ in range(20):
            if not kind or kind == base:
                break
            kind = self.memory.pointer(kind + _TP_BASE)
        return bool(kind) and kind == base

    # plain values

    def text(self, address: int) -> str:
        known = self._texts.get(address)
        if known is None:
            known = self._texts[address] = self._read_text(address)
        return known

    def _read_text(self, address: int) -> str:
        if self.type_name(address) != "str":
            raise UnreadableMemory
        length = self.memory.pointer(address + 16)
        state = self.memory.int32(address + 32)
        width, compact, ascii_only = state >> 2 & 7, state >> 5 & 1, state >> 6 & 1
        if width not in _KINDS or not compact:
            raise UnreadableMemory
        data = self._layout.ascii_data if ascii_only else self._layout.compact_data
        return self.memory.read(address + data, min(length, _MAX_CHARACTERS) * width).decode(_KINDS[width], "replace")

    def number(self, address: int) -> int:
        """Return an int, a bool or the number of a member of an enumeration."""
        if self.type_name(address) not in ("int", "bool") and "int" not in self.base_names(address):
            raise UnreadableMemory
        if self._layout.version >= (3, 12):
            tag = self.memory.pointer(address + 16)
            count, sign = tag >> 3, (1, 0, -1, 0)[tag & 3]
        else:
            size = self.memory.signed(address + 16)
            count, sign = abs(size), (size > 0) - (size < 0)
        if count > 8:
            raise UnreadableMemory
        digits = struct.unpack(f"<{count}I", self.memory.read(address + 24, 4 * count))
        return sign * sum(digit << _BITS_OF_DIGIT * place for place, digit in enumerate(digits))

    # containers

    def items(self, address: int) -> tuple[int, ...]:
        """Return the objects in a list or a tuple."""
        name = self.type_name(address)
        count = min(self.memory.pointer(address + 16), _MAX_ITEMS)
        if name == "list":
            return self.memory.pointers(self.memory.pointer(address + 24), count) if count else ()
        if name != "tuple":
            raise UnreadableMemory
        return self.memory.pointers(address + self._layout.tuple_items, count)

    def members(self, address: int) -> list[int]:
        """Return the objects in a set."""
        if self.type_name(address) not in ("set", "frozenset"):
            raise UnreadableMemory
        used, mask, table = self.memory.pointers(address + 24, 3)
        if not 0 < used <= mask + 1 <= _MAX_ITEMS:
            return []
        slots = self.memory.pointers(table, 2 * (mask + 1))
        return [key for key in slots[::2] if key and self.type_name(key) != "object"]  # object(): a deleted entry

    def length(self, address: int) -> int:
        """Return the `len()` of a list, a tuple, a deque, or a dict."""
        if not {"list", "tuple", "collections.deque", "dict"} & set(self.base_names(address)):
            raise UnreadableMemory
        return self.memory.pointer(address + 16)

    def dict_items(self, address: int) -> Iterator[tuple[int, int]]:
        """Yield keys and values of a dict, in their order."""
        if self.type_name(address) != "dict" and "dict" not in self.base_names(address):
            raise UnreadableMemory
        keys, values = self.memory.pointer(address + _DICT_KEYS), self.memory.pointer(address + _DICT_VALUES)
        if values:
            header = 8 if self._layout.version >= (3, 13) else 0
            yield from self._split(keys, values + header)
        else:
            yield from self._entries(keys)

    def attributes(self, address: int) -> dict[str, int]:
        """Return the content of an object's `__dict__`; empty for an object without one."""
        return {self.text(name): value for name, value in self._attributes(address)}

    def attribute(self, address: int, name: str) -> int | None:
        """Return the value of one attribute in the object's `__dict__`; None if it has no such attribute."""
        for key, value in self._attributes(address):
            if self.text(key) == name:
                return value
        return None

    def _attributes(self, address: int) -> Iterator[tuple[int, int]]:
        kind = self.type_of(address)
        flags = self.memory.pointer(kind + _TP_FLAGS)
        if not flags & _MANAGED_DICT or self._layout.version < (3, 11):
            offset = self.memory.signed(kind + _TP_DICT_OFFSET)
            stored = self.memory.pointer(address + offset) if offset > 0 else 0
            return self.dict_items(stored) if stored else iter(())
        stored = self.memory.pointer(address - 24)
        keys = self.memory.pointer(kind + self._layout.cached_keys)
        if self._layout.version == (3, 11):
            if values := self.memory.pointer(address - 32):
                return self._split(keys, values)
        elif self._layout.version == (3, 12):
            if stored & 1:
                return self._split(keys, stored + 1)
        elif flags & _INLINE_VALUES:
            values = address + self.memory.pointer(kind + _TP_BASIC_SIZE)
            if self.memory.byte(values + 3):
                return self._split(keys, values + 8)
        return self.dict_items(stored) if stored else iter(())

    # the tables of a dict

    def _split(self, keys: int, values: int) -> Iterator[tuple[int, int]]:
        """Yield the keys that all instances of a class share, with the values of one instance."""
        for place, (key, _) in enumerate(self._entry_words(keys)):
            if key and (value := self.memory.pointer(values + 8 * place)):
                yield key, value

    def _entries(self, keys: int) -> Iterator[tuple[int, int]]:
        return ((key, value) for key, value in self._entry_words(keys) if key and value)

    def _entry_words(self, keys: int) -> Iterator[tuple[int, int]]:
        if self._layout.version >= (3, 11):
            head = self.memory.read(keys, 32)
            if head[9] > 40:
                raise UnreadableMemory
            first, wide = keys + 32 + (1 << head[9]), head[10] == 0
            count = int.from_bytes(head[24:32], "little")
        else:
            size, count = self.memory.pointer(keys + 8), self.memory.pointer(keys + 32)
            index = 1 if size <= 0xFF else 2 if size <= 0xFFFF else 4
            first, wide = keys + 40 + size * index, True
        count = min(count, _MAX_ITEMS)
        words = self.memory.pointers(first, count * (3 if wide else 2)) if count else ()
        return zip(words[1::3], words[2::3], strict=True) if wide else zip(words[::2], words[1::2], strict=True)
