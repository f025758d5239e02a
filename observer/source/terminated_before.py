"""Tells whether the program has called `terminate()` on the process that it joins, by the statement before `join()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import cast

from .parsing import parse

_MAX_FILE_BYTES = 2_000_000
_BLOCKS = ("body", "orelse", "finalbody")


def terminated_before(path: str, line: int) -> bool:
    """Return True if the statement right before that of `join()` calls `terminate()` on the same object.

    Both may be loops over the same processes. path, line: of the call of `join()`.
    """
    with suppress(OSError):
        status = Path(path).stat()
        return status.st_size <= _MAX_FILE_BYTES and _terminated_before(path, line, status.st_mtime_ns)
    return False


@lru_cache(maxsize=256)
def _terminated_before(path: str, line: int, changed: int) -> bool:  # noqa: ARG001 (the file is parsed again then)
    try:
        tree = parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for block in _blocks(tree):
        for before, statement in pairwise(block):
            if statement.lineno <= line <= (statement.end_lineno or statement.lineno):
                joined = _called(statement, "join")
                if joined is not None and joined == _called(before, "terminate"):
                    return True
    return False


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in _BLOCKS:
            block: object = getattr(node, name, None)
            if isinstance(block, list):
                yield cast("list[ast.stmt]", block)


def _called(statement: ast.stmt, method: str) -> tuple[str, str] | None:
    """Return the object whose method a statement calls: its text, and that of what a loop around it runs over."""
    over, variable = "", ""
    if isinstance(statement, ast.For) and len(statement.body) == 1:
        over, variable = ast.unparse(statement.iter), ast.unparse(statement.target)
        statement = statement.body[0]
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != method:
        return None
    text = ast.unparse(call.func.value)
    return ("", over) if variable and text == variable else (text, over)
