"""Finds out if a line adds a constant to an item or an attribute: `d['hits'] += 1`, `d['n'] = d.get('n', 0) + 1`."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

from ..model import Site
from .parsing import parse

_LARGEST_BYTES = 2_000_000


def constant_step(site: Site) -> float:
    """Return what the only assignment at a line adds to its target; 0 where it adds nothing that is known."""
    try:
        status = Path(site.path).stat()
        return _steps(site.path, status.st_mtime_ns, status.st_size).get(site.line, 0)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return 0


@lru_cache(maxsize=16)
def _steps(path: str, _changed: int, size: int) -> dict[int, float]:
    tree = parse(Path(path).read_bytes()) if size <= _LARGEST_BYTES else None
    found: dict[int, float] = {}
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            found[node.lineno] = 0 if node.lineno in found else _step(node)
    return found


def _step(statement: ast.Assign | ast.AugAssign) -> float:
    if isinstance(statement, ast.AugAssign):
        return _signed(statement.op, statement.value) if isinstance(statement.target, _PLACES) else 0
    value, targets = statement.value, statement.targets
    if len(targets) != 1 or not isinstance(targets[0], _PLACES) or not isinstance(value, ast.BinOp):
        return 0
    if ast.unparse(value.left) == ast.unparse(targets[0]) or _is_get(value.left, targets[0]):
        return _signed(value.op, value.right)
    return 0


_PLACES = (ast.Attribute, ast.Subscript)


def _is_get(node: ast.expr, target: ast.expr) -> bool:
    """Return whether it is `d.get(key)` or `d.get(key, default)` for the target `d[key]`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"):
        return False
    if not isinstance(target, ast.Subscript) or not node.args or node.keywords:
        return False
    same = ast.unparse(node.func.value) == ast.unparse(target.value)
    return same and ast.unparse(node.args[0]) == ast.unparse(target.slice)


def _signed(operator: ast.operator, value: ast.expr) -> float:
    if not isinstance(value, ast.Constant) or type(value.value) not in (int, float):
        return 0
    number = value.value
    assert isinstance(number, (int, float))
    return number if isinstance(operator, ast.Add) else -number if isinstance(operator, ast.Sub) else 0
