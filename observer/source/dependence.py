"""Finds out if a line that writes a shared Value depends on what its function has read from it before."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ..model import Dependence, Site
from .parsing import parse

_LARGEST_BYTES = 2_000_000
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def dependence_at(site: Site) -> tuple[Dependence, int | None]:
    """Return how the write at a line depends on a read, and the line of that read.

    Args:
        site: where the Value is written.
    """
    try:
        status = Path(site.path).stat()
        tree = _tree(site.path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return Dependence.NONE, None
    if tree is None:
        return Dependence.NONE, None
    found = [(Dependence.NONE, None), *(_of_statement(written, scope) for written, scope in _writes(tree, site.line))]
    order = list(Dependence)
    return min(found, key=lambda dependence: order.index(dependence[0]))


@lru_cache(maxsize=16)
def _tree(path: str, _changed: int, size: int) -> ast.Module | None:
    return parse(Path(path).read_bytes()) if size <= _LARGEST_BYTES else None


def _writes(tree: ast.Module, line: int) -> Iterator[tuple[ast.Assign | ast.AugAssign, ast.AST]]:
    """Yield the assignments at a line to an attribute or an item, each with the function that it is in."""
    pending: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
    while pending:
        node, scope = pending.pop()
        if isinstance(node, (ast.Assign, ast.AugAssign)) and node.lineno <= line <= (node.end_lineno or node.lineno):
            yield node, scope
        inner = node if isinstance(node, _Function) else scope
        pending.extend((child, inner) for child in ast.iter_child_nodes(node))


def _of_statement(statement: ast.Assign | ast.AugAssign, scope: ast.AST) -> tuple[Dependence, int | None]:
    targets = [statement.target] if isinstance(statement, ast.AugAssign) else statement.targets
    for target in targets:
        if not isinstance(target, (ast.Attribute, ast.Subscript)):
            continue
        if isinstance(statement, ast.AugAssign):
            return Dependence.SAME_LINE, statement.lineno
        text = ast.unparse(target)
        read = next(_reads(statement.value, text), None)
        if read is not None:
            return Dependence.SAME_LINE, read.lineno
        earlier = _earlier(scope, statement, text)
        if earlier is not None:
            return Dependence.EARLIER_LINE, earlier
    return Dependence.NONE, None


def _reads(node: ast.AST, text: str) -> Iterator[ast.expr]:
    for part in ast.walk(node):
        if not isinstance(part, (ast.Attribute, ast.Subscript)) or not isinstance(part.ctx, ast.Load):
            continue
        if ast.unparse(part) == text:
            yield part


def _earlier(scope: ast.AST, statement: ast.Assign, text: str) -> int | None:
    """Return the line of a read that the value depends on, through variables of the function."""
    lines = _lines_of_names(scope, text)
    for name in ast.walk(statement.value):
        if isinstance(name, ast.Name) and name.id in lines:
            return lines[name.id]
    if isinstance(statement.value, ast.Constant):
        return None
    for node in ast.walk(scope):
        # A write below a condition on the old content depends on that content.
        if isinstance(node, ast.If) and any(inner is statement for part in node.body for inner in ast.walk(part)):
            read = next(_reads(node.test, text), None)
            if read is not None:
                return read.lineno
            for name in ast.walk(node.test):
                if isinstance(name, ast.Name) and name.id in lines:
                    return lines[name.id]
    return None


def _lines_of_names(scope: ast.AST, text: str) -> dict[str, int]:
    """Return the variables that hold what was read, or what was computed from that, with the line of the read."""
    lines: dict[str, int] = {}
    for _ in range(3):  # one computed from another
        for node in ast.walk(scope):
            if not isinstance(node, (ast.Assign, ast.NamedExpr)):
                continue
            read = next(_reads(node.value, text), None)
            line = read.lineno if read is not None else None
            for name in ast.walk(node.value):
                if line is None and isinstance(name, ast.Name):
                    line = lines.get(name.id)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if line is not None and isinstance(target, ast.Name):
                    lines.setdefault(target.id, line)
    return lines
