"""Tells whether a function, such as a signal handler, may end a loop that only waits, by the source of both.

A function may end the loop unless all that it does is known to leave the loop alone: it prints, pauses, computes, sets
variables and Events that the loop does not read, and calls functions of the program that do only that.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..model import Site
from .called_methods import MAX_DEFINITIONS, bound_names
from .definitions import Definitions, definitions_for
from .loops import innermost_loop, is_harmless_call

_PURE = frozenset(
    {"bool", "dict", "float", "format", "format_exc", "getpid", "int", "len", "list", "max", "min", "monotonic", "now"}
    | {"perf_counter", "print_exc", "print_stack", "range", "repr", "round", "set", "str", "strftime", "sum", "time"}
    | {"clear", "is_set", "tuple"}
)
"""Functions that change nothing that a loop could read. `set()` of an Event is one, as the Event's name is compared."""
_ENDING = (ast.Raise, ast.Delete, ast.With, ast.AsyncWith, ast.Await, ast.Yield, ast.YieldFrom, ast.Assert)


def may_end_loop(function: Site, loop: Site) -> bool:
    """Return whether a function may end a loop, or change what it waits for; True as well where that is not known.

    Args:
        function: its first line, decorators included.
        loop: a line of the loop.
    """
    around = innermost_loop(loop)
    with suppress(OSError):
        program = definitions_for(Path(function.path), Path(function.path).stat().st_mtime_ns)
        if program is not None and around is not None:
            nodes = program.at_line(function.line)
            return not nodes or _may_end(program, nodes, _names(around))
    return True


def _may_end(program: Definitions, nodes: Iterable[ast.AST], read: set[str]) -> bool:
    """Follow functions through the program.

    Args:
        program: finds them by their names.
        nodes: the first ones.
        read: the names in the loop.
    """
    pending, seen = deque(nodes), set[ast.AST]()
    while pending:
        node = pending.popleft()
        if node in seen:
            continue
        seen.add(node)
        local = bound_names(node)
        if len(seen) > MAX_DEFINITIONS or _names(node) & read or any(map(_changes, ast.walk(node))):
            return True
        for call in (part for part in ast.walk(node) if isinstance(part, ast.Call) and not is_harmless_call(part)):
            name = _called(call.func)
            found = program.named(name) if not isinstance(call.func, ast.Name) or name not in local else []
            if not found and (name not in _PURE or name in local):
                return True
            pending += found
    return False


def _changes(part: ast.AST) -> bool:
    """Return whether a part of a function raises, or changes anything but a variable."""
    is_target = isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load)
    return is_target or isinstance(part, _ENDING)


def _called(function: ast.expr) -> str:
    """Return the name of what is called; empty where a variable does not say it."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _names(node: ast.AST) -> set[str]:
    """Return the names of variables and attributes, without those of functions that only pause or print."""
    return set(_named(node))


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and is_harmless_call(node):
        for part in (*node.args, *node.keywords):
            yield from _named(part)
        return
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    for part in ast.iter_child_nodes(node):
        yield from _named(part)
