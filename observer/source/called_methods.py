"""Tells which methods a function may call, itself or through other functions of the program, by its source.

Only the methods that can end another thread's wait are of interest, such as `set()` or `put()`. Functions are followed
by their names alone, through the modules that lie beside the program, so that too many are found rather than too few.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from ..model.calls import ANYTHING, CALLBACK, RAISES
from .definitions import Definitions, definitions_for

_METHODS = frozenset(
    {"set", "notify", "notify_all", "release", "put", "put_nowait", "send", "send_bytes", "get", "get_nowait"}
    | {"recv", "recv_bytes", "recv_bytes_into", "task_done", "abort", "reset"},
)
_EXITS = ("exit", "SystemExit")
MAX_DEFINITIONS = 200
"""Functions that are followed from one; what others call is not known. They take 0.1 s of CPU time."""
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def called_methods(path: str, line: int, function: str = "") -> frozenset[str] | None:
    """Return the methods, each with the last name of its object: `done.set`, or `.set` where that is not known.

    Args:
        path: the file of the function.
        line: the first line of the function, decorators included.
        function: its name; `<module>` for the code outside of all functions.

    Returns:
        None if the source, or the function in it, is not found.
    """
    with suppress(OSError):
        status = Path(path).stat()
        return _called_methods(path, line, function, status.st_mtime_ns)
    return None


def last_line(path: str, line: int) -> int:
    """Return the last line of a function that `def` defines; 0 where it is not found, or not the only one there.

    Args:
        path: the file of the function.
        line: the first line of the function, decorators included.
    """
    with suppress(OSError):
        program = definitions_for(Path(path), Path(path).stat().st_mtime_ns)
        nodes = program.at_line(line) if program is not None else []
        if len(nodes) == 1 and isinstance(nodes[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
            return nodes[0].end_lineno or 0
    return 0


@lru_cache(maxsize=512)
def _called_methods(path: str, line: int, function: str, changed: int) -> frozenset[str] | None:
    program = definitions_for(Path(path), changed)
    if program is None:
        return None
    nodes = list(_top_level(program.module)) if function == "<module>" else program.at_line(line)
    return frozenset(_closure(program, nodes)) if nodes else None


def _top_level(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the statements of a module that are no definitions, without the blocks inside of them."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, _Definition):
            continue
        blocks = [part for part in ast.iter_child_nodes(node) if isinstance(part, (ast.stmt, ast.ExceptHandler))]
        pending += blocks
        yield from (part for part in ast.iter_child_nodes(node) if part not in blocks)


def _closure(program: Definitions, nodes: Iterable[ast.AST]) -> Iterator[str]:
    pending, seen = deque(nodes), set[ast.AST]()
    while pending:
        node = pending.popleft()
        if node in seen:
            continue
        if len(seen) == MAX_DEFINITIONS:
            yield ANYTHING
            return
        seen.add(node)
        local = bound_names(node)
        for part in _without_targets(node):
            if isinstance(part, ast.Call) and _is_callback(part.func, local):
                yield CALLBACK
            elif isinstance(part, ast.Raise):
                yield RAISES
            elif isinstance(part, ast.Name):
                pending += program.named(part.id)
                if part.id in _EXITS:
                    yield RAISES
            elif isinstance(part, ast.Attribute):
                pending += program.named(part.attr)
                if part.attr in _METHODS:
                    yield f"{_receiver(part.value, local)}.{part.attr}"
                if part.attr in _EXITS:
                    yield RAISES


def _without_targets(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all parts of a function but the targets of processes, which another process runs."""
    pending = [node]
    while pending:
        part = pending.pop()
        yield part
        left = list(ast.iter_child_nodes(part))
        if isinstance(part, ast.Call) and not _is_thread(part.func):
            left = [child for child in left if not (isinstance(child, ast.keyword) and child.arg == "target")]
        pending += left


def _is_callback(function: ast.expr, local: set[str]) -> bool:
    """Return whether it is not known by name what is called: `callback()`, `handlers[0]()`, `getattr(done, name)()`."""
    return function.id in local if isinstance(function, ast.Name) else not isinstance(function, ast.Attribute)


def _is_thread(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.endswith(("Thread", "Timer"))


def bound_names(node: ast.AST) -> set[str]:
    """Return the names that are bound in a function: they stand for objects that have another name elsewhere."""
    shared: set[str] = set()
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            found.add(part.arg)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
        elif isinstance(part, (ast.Global, ast.Nonlocal)):
            shared |= set(part.names)
    return found - shared


def _receiver(value: ast.expr, local: set[str]) -> str:
    """Return the last name of an object; empty for one that the function knows by a name of its own."""
    if isinstance(value, ast.Attribute):
        return value.attr
    if isinstance(value, ast.Subscript):
        return _receiver(value.value, local)
    return value.id if isinstance(value, ast.Name) and value.id not in local else ""
