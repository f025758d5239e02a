"""The functions with which a process handles signals, from the interpreter's own table.

The table is an array of 65 pairs (whether the signal has arrived, and the handler), at a place that depends on the
build. It is found by its content: most signals have the default handler, SIGKILL and SIGSTOP always do.
"""

from __future__ import annotations

import signal
import struct
from collections.abc import Iterator
from contextlib import suppress

from .interpreter import Interpreter
from .memory import Mapping, UnreadableMemory

_PAIR_BYTES, _HANDLER = 16, 8
_SIGNALS = 65
_TABLE = struct.Struct(f"<{2 * _SIGNALS}Q")
_distances: dict[int, int] = {}
"""The number of bytes from `_PyRuntime` to the table, by the inode of the file that has both."""
_MAX_BYTES = 1 << 22
_IN_RUNTIME_BYTES = 1 << 17
"""The number of bytes searched from the start of `_PyRuntime`: from 3.12 on the table is near its beginning."""
_LEAST_DEFAULT = 40
"""Signals that have the default handler, at the least."""
_FUNCTION, _METHOD = "function", "method"
_METHOD_FUNCTION = 16
_OF_C = ("builtin_function_or_method", "NoneType", "int", "Handlers")


def signal_handlers(interpreter: Interpreter, mappings: list[Mapping]) -> dict[int, int | None] | None:
    """Return the signals that a function of the program handles, with the address of the function.

    None stands for an object of another kind that can be called. The result is None if the table is not found.
    """
    names = interpreter.namespace("_signal")
    default, ignore = names.get("SIG_DFL"), names.get("SIG_IGN")
    if default is None:
        return None
    entries = _entries(interpreter, mappings, default)
    if entries is None:
        return None
    return {
        number: found
        for number, handler in enumerate(entries)
        if handler not in (0, default, ignore)
        for is_python, found in [_function(interpreter, handler)]
        if is_python
    }


def _entries(interpreter: Interpreter, mappings: list[Mapping], default: int) -> tuple[int, ...] | None:
    """Return the handlers of all signals, by their numbers; None if the table is not found.

    In processes that run the same file it has the same distance from `_PyRuntime`, which saves most searches.
    """
    runtime, memory = interpreter.runtime, interpreter.memory
    file = next((mapping.inode for mapping in mappings if mapping.begin <= runtime < mapping.end), 0)
    if file in _distances:
        with suppress(UnreadableMemory):
            entries = _table_at(memory.read_uncached(runtime + _distances[file], _TABLE.size), 0, default)
            if entries is not None:
                return entries
    for begin, data in _areas(interpreter, mappings):
        found = _table(data, default)
        if found is not None:
            place, entries = found
            if file:
                _distances[file] = begin + place - runtime
            return entries
    return None


def _areas(interpreter: Interpreter, mappings: list[Mapping]) -> Iterator[tuple[int, bytes]]:
    """Yield the writable memory in which the table may be, with its address: that of the file with `_PyRuntime`."""
    runtime, memory = interpreter.runtime, interpreter.memory
    if interpreter.version >= (3, 12):
        for size in (_IN_RUNTIME_BYTES, _IN_RUNTIME_BYTES // 8):
            with suppress(UnreadableMemory):
                yield runtime, memory.read_uncached(runtime, size)
                return
    place = next((index for index, mapping in enumerate(mappings) if mapping.begin <= runtime < mapping.end), None)
    if place is None:
        return
    following = mappings[place : place + 2]  # what has no content in the file follows as anonymous memory
    for mapping in following:
        with suppress(UnreadableMemory):
            yield mapping.begin, memory.read_uncached(mapping.begin, min(mapping.end - mapping.begin, _MAX_BYTES))


def _table(data: bytes, default: int) -> tuple[int, tuple[int, ...]] | None:
    """Return the place of the table in memory, and its handlers; None if it is not there."""
    wanted = default.to_bytes(8, "little")
    at = data.find(wanted)
    while at >= 0:
        place = at - _HANDLER - signal.SIGKILL * _PAIR_BYTES
        entries = _table_at(data, place, default) if place >= 0 and place % 8 == 0 else None
        if entries is not None:
            return place, entries
        at = data.find(wanted, at + 8)
    return None


def _table_at(data: bytes, place: int, default: int) -> tuple[int, ...] | None:
    """Return the handlers if the table is at this place, else None."""
    if place + _TABLE.size > len(data) or any(data[place + _HANDLER : place + _PAIR_BYTES]):
        return None
    entries = _TABLE.unpack_from(data, place)[1::2]
    fixed = entries[signal.SIGKILL], entries[signal.SIGSTOP]
    is_whole = all(entries[1:])
    if is_whole and fixed == (default, default) and entries.count(default) >= _LEAST_DEFAULT:
        return entries
    return None


def _function(interpreter: Interpreter, handler: int) -> tuple[bool, int | None]:
    """Return whether a handler is the program's, and the address of its function if it has one."""
    try:
        kind = interpreter.objects.type_name(handler)
        if kind == _METHOD:
            handler = interpreter.memory.pointer(handler + _METHOD_FUNCTION)
            kind = interpreter.objects.type_name(handler)
    except UnreadableMemory:
        return True, None
    if kind == _FUNCTION:
        return True, handler
    return kind not in _OF_C, None
