"""Parses an assignment to a part of a shared value, such as `[3] = 1.5`, into bytes and their offset."""

from __future__ import annotations

import ast
import struct

import msgspec

from .layouts import Layout, Scalar, Sequence, Structure

Step = int | str
"""An index, or the name of a field."""
_NUMBERS = {"f": "a float", "d": "a float", "?": "a bool"}


class NotAssignable(ValueError):
    """The text is no assignment to a place in the value; the message is the reason, as a sentence."""


class Bytes(msgspec.Struct, frozen=True):
    """The target and the value of an assignment."""

    offset: int
    data: bytes


def parse(text: str) -> tuple[tuple[Step, ...], object]:
    """Parse `.value = 5`, `[3] = 1.5` or `[1].x = 2` into the steps to the place and the value.

    Raises:
        NotAssignable: When the text is something else. Nothing is evaluated but literals.
    """
    try:
        tree = ast.parse(f"_{text.strip()}").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotAssignable("This is not valid Python: type an assignment such as `.value = 5` or `[3] = 1`") from error
    if len(tree) != 1 or not isinstance(tree[0], ast.Assign) or len(tree[0].targets) != 1:
        raise NotAssignable("Type one assignment, such as `.value = 5` or `[3] = 1`")
    steps: list[Step] = []
    target = tree[0].targets[0]
    while not isinstance(target, ast.Name):
        if isinstance(target, ast.Attribute):
            steps.insert(0, target.attr)
        elif isinstance(target, ast.Subscript):
            steps.insert(0, _index(target.slice))
        else:
            raise NotAssignable("Only an element or a field can be assigned to")
        target = target.value
    if target.id != "_" or not steps:
        raise NotAssignable("Say what to assign to: `.value`, an index or a field")
    return tuple(steps), literal(ast.unparse(tree[0].value))


def literal(text: str) -> object:
    """Return the value of a Python literal. Raises NotAssignable."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise NotAssignable("Type a literal: a number, a string, bytes, None, True, or lists and dicts of them") from (
            error
        )


def _index(node: ast.expr) -> int:
    try:
        found: object = ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        raise NotAssignable("An index is a number") from error
    if type(found) is not int:
        raise NotAssignable("An index is a number")
    return found


def encode(layout: Layout, steps: tuple[Step, ...], value: object) -> Bytes:
    """Return what an assignment writes into an object with a layout.

    Raises:
        NotAssignable: When there is no such place, or when the value does not fit into it.
    """
    if steps == ("value",) and isinstance(layout, Scalar):
        return Bytes(0, _scalar(layout, value))
    if steps == ("value",) and isinstance(layout, Sequence) and isinstance(layout.item, Scalar):
        return Bytes(0, _text(layout, layout.item, value))
    offset = 0
    for step in steps:
        if isinstance(layout, Structure) and isinstance(step, str):
            field = next(((place, inner) for name, place, inner in layout.fields if name == step), None)
            if field is None:
                names = ", ".join(f".{name}" for name, _, _ in layout.fields)
                raise NotAssignable(f"It has no field {step}: there are {names}")
            offset, layout = offset + field[0], field[1]
        elif isinstance(layout, Sequence) and isinstance(step, int):
            if not -layout.length <= step < layout.length:
                raise NotAssignable(f"It has {layout.length} elements: the last one is [{layout.length - 1}]")
            offset, layout = offset + step % layout.length * layout.stride, layout.item
        else:
            raise NotAssignable(f"There is no {f'[{step}]' if isinstance(step, int) else f'.{step}'} in it")
    if not isinstance(layout, Scalar):
        raise NotAssignable("This is more than one number: assign to one element or field of it")
    return Bytes(offset, _scalar(layout, value))


def _scalar(layout: Scalar, value: object) -> bytes:
    if layout.code == "c":
        if isinstance(value, bytes) and len(value) == 1:
            return value
        raise NotAssignable("It holds one byte: type it as b'x'")
    if layout.code == "u":
        if isinstance(value, str) and len(value) == 1:
            return struct.pack("@i", ord(value))
        raise NotAssignable("It holds one character: type it as 'x'")
    if not isinstance(value, (int, float)) or (isinstance(value, float) and layout.code not in "fd?"):
        raise NotAssignable(f"It holds {_NUMBERS.get(layout.code, 'an int')}, and {value!r} is none")
    try:
        return struct.pack("@" + layout.code, value)
    except (struct.error, OverflowError) as error:
        bits = 8 * struct.calcsize("@" + layout.code)
        raise NotAssignable(f"{value} does not fit into its {bits} bits: ctypes would cut it silently") from error


def _text(layout: Sequence, item: Scalar, value: object) -> bytes:
    if item.code != "c":
        raise NotAssignable("Assign to one element, such as `[0] = 1`")
    if not isinstance(value, bytes):
        raise NotAssignable("It holds bytes: type them as b'text'")
    if len(value) > layout.length:
        raise NotAssignable(f"It has room for {layout.length} bytes, and this is {len(value)}")
    return value + b"\0" if len(value) < layout.length else value
