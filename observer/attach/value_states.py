"""The Values and Arrays of a program: their names, types and contents, and who has them open."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from ..decoding.layouts import Sequence, Unknown, parse_layout
from ..model import SharedValue, World
from ..model.keys import ProcessKey, ValueKey
from .descriptors import reopen
from .program_reading import ProgramReading
from .reading import ProcessReading
from .shared_objects import Kind, SharedObject

_KEY_BITS = (1 << 32) - 1
_MAX_READ_BYTES = 64 << 10
_CODES = {
    "bool": "?",
    "char": "c",
    "wchar": "u",
    "byte": "b",
    "ubyte": "B",
    "short": "h",
    "ushort": "H",
    "int": "i",
    "uint": "I",
    "long": "l",
    "ulong": "L",
    "longlong": "q",
    "ulonglong": "Q",
    "float": "f",
    "double": "d",
}
"""The codes of `struct` for the types of `ctypes`, by their names without `c_`."""
_TYPE = re.compile(r"c_([a-z]+)(?:_Array_(\d+))?")
_ITEM_BYTES = {"c": 1, "u": 4, "?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "f": 4}
_OTHER_ITEM_BYTES = 8


def add_values(world: World, program: ProgramReading) -> None:
    """Add the Values and Arrays that a process can reach by name."""
    names: dict[ValueKey, tuple[int, int, str]] = {}
    """The ranks of the process and of the name, and the name, by Value."""
    for rank, reading in enumerate(program.readings):
        things = reading.objects.found.values() if reading.objects is not None else ()
        for thing in things:
            key = value_key(reading.pid, thing)
            if key is None:
                continue
            value = world.values.get(key)
            if value is None:
                value = world.values[key] = _value(key, reading, thing)
                value.shared_with_unobserved = (ProcessKey(program.root.pid),)
            lock = reading.semaphores.get(thing.semaphores.get("_lock.", 0))
            named = program.objects.locks.get(lock) if lock is not None else None
            value.lock = value.lock or (named.key if named is not None else None)
            value.open_by = value.opened_by = tuple(dict.fromkeys((*value.open_by, ProcessKey(reading.pid))))
            for place, name in enumerate(thing.names):
                names[key] = min(names.get(key, (rank, place, name)), (rank, place, name))
    for key, (_, _, name) in names.items():
        world.values[key].name = name


def value_key(pid: int, thing: SharedObject) -> ValueKey | None:
    """Return the key of a Value, which is the same in every process; None for another object."""
    if thing.kind is Kind.VALUE and "arena" in thing.descriptors and "start" in thing.numbers:
        with suppress(OSError):
            inode = os.stat(f"/proc/{pid}/fd/{thing.descriptors['arena']}").st_ino  # noqa: PTH116
            return ValueKey((inode & _KEY_BITS) << 32 | thing.numbers["start"] & _KEY_BITS)
    return None


def _value(key: ValueKey, reading: ProcessReading, thing: SharedObject) -> SharedValue:
    size = thing.numbers["size"]
    found = _TYPE.fullmatch(thing.texts["type"])
    code = _CODES.get(found[1]) if found is not None else None
    if found is None or code is None:
        return SharedValue(key, "Value", f"Value {key >> 32}", thing.texts["type"], size=size)
    length = int(found[2]) if found[2] else None
    item_bytes = _ITEM_BYTES.get(code, _OTHER_ITEM_BYTES)
    kind, type_name = ("Value", found[1]) if length is None else ("Array", f"{found[1]}[{length}]")
    value = SharedValue(key, kind, f"{kind} {key >> 32}", type_name, size=size, length=length)
    layout = parse_layout(code if length is None else f"{code}*{length}/{item_bytes}")
    if isinstance(layout, Unknown) or size != item_bytes * (length if length is not None else 1):
        return value
    if isinstance(layout, Sequence) and size > _MAX_READ_BYTES:
        return value
    content = _content(reading.pid, thing.descriptors["arena"], key, thing.numbers["start"], size)
    if content is not None:
        value.value = layout.read(memoryview(content))
    return value


def _content(pid: int, number: int, key: ValueKey, start: int, size: int) -> bytes | None:
    """Return the bytes of a Value from its arena, which is opened for reading only."""
    with suppress(OSError):
        descriptor = reopen(pid, number, key >> 32)
        try:
            content = os.pread(descriptor, size, start)
        finally:
            os.close(descriptor)
        return content if len(content) == size else None
    return None
