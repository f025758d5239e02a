"""Finds lines that update a raw shared object, such as `counter.value += 1`, without anything that could be a lock.

Accesses to a RawValue are plain memory accesses, of which the probe sees nothing. So all that can be said of them is in
the source. Objects are compared by their last names alone. Where a function calls anything that may wait, or the line
is inside of a `with` or an `if` statement, nothing is found: perhaps only one process comes there at a time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from .parsing import parse

_LARGEST_BYTES = 2_000_000
_WAITS = frozenset({"acquire", "release", "wait", "get", "recv", "recv_bytes", "flock", "lockf", "lock", "poll"})
"""Methods and functions by which processes take turns."""
_APART = (ast.With, ast.AsyncWith, ast.If, ast.Match, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ITEM_INDEX = (ast.Constant, ast.UnaryOp)
"""The kinds of indexes that are the same in all processes."""


class RawUpdate(msgspec.Struct, frozen=True):
    """A line that reads a shared object and writes it back."""

    name: str
    """The last name of the object: `counter` for `self.counter.value`."""
    function: str
    line: int


def raw_updates(path: str) -> tuple[RawUpdate, ...]:
    """Return the updates in the functions of a source file; none if it cannot be read.

    Args:
        path: of the file.
    """
    try:
        status = Path(path).stat()
        return _updates(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ()


@lru_cache(maxsize=16)
def _updates(path: str, _changed: int, size: int) -> tuple[RawUpdate, ...]:
    if size > _LARGEST_BYTES:
        return ()
    functions = (node for node in ast.walk(parse(Path(path).read_bytes())) if isinstance(node, ast.FunctionDef))
    return tuple(
        RawUpdate(name, function.name, node.lineno)
        for function in functions
        if not _may_wait(function)
        for node in _statements(function)
        if (name := _updated_name(node))
    )


def _may_wait(function: ast.FunctionDef) -> bool:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    names = {called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "") for called in calls}
    return not names.isdisjoint(_WAITS)


def _statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """Yield the statements of a function that every process comes to which calls it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt) and not isinstance(node, _APART):
            yield node
            pending += ast.iter_child_nodes(node)


def _updated_name(node: ast.stmt) -> str:
    """Return the last name of the object that a statement reads and writes back; empty if it does not."""
    if isinstance(node, ast.AugAssign):
        return _name(node.target)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        written = ast.unparse(node.targets[0])
        if any(isinstance(part, ast.expr) and ast.unparse(part) == written for part in ast.walk(node.value)):
            return _name(node.targets[0])
    return ""


def _name(target: ast.expr) -> str:
    is_value = isinstance(target, ast.Attribute) and target.attr == "value"
    is_item = isinstance(target, ast.Subscript) and isinstance(target.slice, _ITEM_INDEX)
    if not isinstance(target, (ast.Attribute, ast.Subscript)) or not (is_value or is_item):
        return ""
    updated = target.value
    if isinstance(updated, ast.Attribute) and updated.attr == "buf":  # of a SharedMemory
        updated = updated.value
    return updated.attr if isinstance(updated, ast.Attribute) else getattr(updated, "id", "")
