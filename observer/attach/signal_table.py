"""The functions with which a process handles signals, from the interpreter's own table.

The table is an array of 65 pairs (whether the signal has arrived, and the handler), at a place that depends on the
build. It is found by its content: most signals have the default handler, SIGKILL and SIGSTOP always do.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress

from .interpreter import Interpreter
from .memory import Mapping, UnreadableMemory

_PAIR_BYTES, _HANDLER = 16, 8
_SIGNALS = 65
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
    for data in _areas(interpreter, mappings):
        place = _table(data, default)
        if place is not None:
            entries = {number: _entry(data, place, number) for number in range(1, _SIGNALS)}
            return {
                number: found
                for number, handler in entries.items()
                if handler not in (0, default, ignore)
                for is_python, found in [_function(interpreter, handler)]
                if is_python
            }
    return None


def _areas(interpreter: Interpreter, mappings: list[Mapping]) -> Iterator[bytes]:
    """Yield the writable memory in which the table may be: that of the file that has `_PyRuntime`."""
    runtime, memory = interpreter.runtime, interpreter.memory
    if interpreter.version >= (3, 12):
        for size in (_IN_RUNTIME_BYTES, _IN_RUNTIME_BYTES // 8):
            with suppress(UnreadableMemory):
                yield memory.read_uncached(runtime, size)
                return
    place = next((index for index, mapping in enumerate(mappings) if mapping.begin <= runtime < mapping.end), None)
    if place is None:
        return
    following = mappings[place : place + 2]  # what has no content in the file follows as anonymous memory
    for mapping in following:
        with suppress(UnreadableMemory):
            yield memory.read_uncached(mapping.begin, min(mapping.end - mapping.begin, _MAX_BYTES))


def _table(data: bytes, default: int) -> int | None:
    wanted = default.to_bytes(8, "little")
    at = data.find(wanted)
    while at >= 0:
        place = at - _HANDLER - signal.SIGKILL * _PAIR_BYTES
        if place >= 0 and place % 8 == 0 and place + _SIGNALS * _PAIR_BYTES <= len(data):
            entries = [_entry(data, place, number) for number in range(_SIGNALS)]
            fixed = entries[signal.SIGKILL], entries[signal.SIGSTOP]
            is_whole = not entries[0] and all(entries[1:])
            if is_whole and fixed == (default, default) and entries.count(default) >= _LEAST_DEFAULT:
                return place
        at = data.find(wanted, at + 8)
    return None


def _entry(data: bytes, place: int, number: int) -> int:
    start = place + number * _PAIR_BYTES + _HANDLER
    return int.from_bytes(data[start : start + 8], "little")


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
