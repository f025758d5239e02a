"""Examines the loop around a line of the source: does it only wait, and does it ask whether a Queue is empty?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from ..model import Site
from .parsing import parse

_LARGEST_BYTES = 2_000_000
_STATE_CALLS = frozenset({"is_set", "isSet"})
"""Methods that a loop may call to find out whether it has to go on."""
_STATE_ATTRIBUTES = frozenset({"value", "poll", *_STATE_CALLS})
_HARMLESS_CALLS = re.compile(
    r"(time\.)?sleep|print|sys\.std(out|err)\.(write|flush)|\w*log\w*\.(debug|info|warning)", re.IGNORECASE
)
"""Functions that a loop may call while it waits. They end no loop, and change nothing that its condition reads.

A method of the same name of another object may do both.
"""


def only_waits(site: Site, *, polls: bool = False) -> bool:
    """Return whether a line asks a Value, an Event or a Pipe for a loop that does nothing else until that has changed.

    Such a loop may sleep and print. A loop that looks at a clock, at other processes, or at anything else that it calls
    is none: it may end without a change.

    Args:
        site: the line.
        polls: whether it calls `poll()` of a Pipe.
    """
    loop = innermost_loop(site)
    if loop is None:
        return False
    exits = list(_exits(loop))
    tests = [loop.test, *(node.test for node in exits)]
    # Another `poll()` in a condition may be that of a subprocess.
    if loop.orelse or sum(_count_polls(test) for test in tests) != polls or not all(map(_is_state, tests)):
        return False
    if not all(is_harmless(statement) for statement in _statements(loop)):
        return False
    return any(covers(test, site.line) and not isinstance(test, ast.Constant) for test in tests)


def innermost_loop(site: Site) -> ast.While | None:
    """Return the innermost `while` loop around a line; None where there is none, or the source cannot be read."""
    tree = _tree_of(site)
    nodes = ast.walk(tree) if tree is not None else ()
    loops = (node for node in nodes if isinstance(node, ast.While) and covers(node, site.line))
    return max(loops, key=lambda node: node.lineno, default=None)


def _count_polls(test: ast.expr) -> int:
    return sum(isinstance(node, ast.Attribute) and node.attr == "poll" for node in ast.walk(test))


def asks_whether_empty(site: Site) -> bool:
    """Return whether a line is in a `while` or `if` that asks `empty()` or `qsize()` in its condition."""
    tree = _tree_of(site)
    if tree is None:
        return False
    around = (node for node in ast.walk(tree) if isinstance(node, (ast.While, ast.If)) and covers(node, site.line))
    calls = (call for node in around for call in ast.walk(node.test) if isinstance(call, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in ("empty", "qsize") for call in calls)


def _tree_of(site: Site) -> ast.Module | None:
    try:
        status = Path(site.path).stat()
        return _tree(site.path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=16)
def _tree(path: str, _changed: int, size: int) -> ast.Module | None:
    return parse(Path(path).read_bytes()) if size <= _LARGEST_BYTES else None


def covers(node: ast.stmt | ast.expr, line: int) -> bool:
    """Return whether a line belongs to a statement or an expression."""
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _exits(loop: ast.While) -> Iterator[ast.If]:
    """Yield the `if` statements of a loop by which it may end."""
    return (node for node in loop.body if isinstance(node, ast.If))


def _statements(loop: ast.While) -> Iterable[ast.stmt]:
    for statement in loop.body:
        if not isinstance(statement, ast.If):
            yield statement
            continue
        # Statements before the end of a loop do not matter.
        if not isinstance(statement.body[-1], (ast.Break, ast.Return)):
            yield from statement.body
        yield from statement.orelse


def _is_state(test: ast.expr) -> bool:
    """Return whether a condition depends on nothing but variables, constants, Values, Events and Pipes."""
    for node in ast.walk(test):
        if isinstance(node, ast.Call):
            if not isinstance(node.func, ast.Attribute) or not _asks_a_state(node.func.attr, node.args):
                return False
        elif isinstance(node, (ast.NamedExpr, ast.Await, ast.Lambda, ast.comprehension)):
            return False
    owners = {id(node.value) for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    attributes = (node for node in ast.walk(test) if isinstance(node, ast.Attribute))
    return all(node.attr in _STATE_ATTRIBUTES or id(node) in owners for node in attributes)


def _asks_a_state(method: str, arguments: list[ast.expr]) -> bool:
    if method == "poll":
        return all(isinstance(argument, ast.Constant) for argument in arguments)
    return method in _STATE_CALLS and not arguments


def is_harmless(statement: ast.stmt) -> bool:
    """Return whether a statement only passes time or prints, so that it cannot end what the loop waits for."""
    if isinstance(statement, (ast.Pass, ast.Continue)):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    if isinstance(statement.value, ast.Constant):
        return True
    calls = [node for node in ast.walk(statement.value) if isinstance(node, ast.Call)]
    return bool(calls) and all(map(is_harmless_call, calls))


def is_harmless_call(call: ast.Call) -> bool:
    """Return whether a call only passes time or prints."""
    return _HARMLESS_CALLS.fullmatch(ast.unparse(call.func)) is not None
