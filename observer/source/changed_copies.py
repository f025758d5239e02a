"""Finds lines that change a copy that a proxy has returned, so that the manager does not get the change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ..model import Site
from .parsing import parse

_LARGEST_BYTES = 2_000_000
_CHANGES = frozenset({"append", "add", "insert", "remove", "discard", "clear", "sort", "reverse"})
"""Methods of list, dict and set that change it, return nothing, and do not go through the items of an argument."""
_CHANGES_BY_ITEMS = frozenset({"extend", "update"})
"""Methods that iterate over an argument, which may be a proxy as well."""


class CopyChange(msgspec.Struct, frozen=True):
    """A statement that changes what `base[item]` returns."""

    text: str
    """`d['x'].append(…)`"""
    base: str
    """The expression before the brackets, with the name of the class for `self`, as objects are named."""
    item: str | None
    """The text of a constant between the brackets that is a `str`."""
    method: str
    """The method of the copy that is called; `__setitem__`, `__delitem__` or `__setattr__` for a statement."""


def copy_changes(site: Site) -> tuple[CopyChange, ...]:
    """Return the changes of copies at a line; none where the file cannot be read."""
    try:
        status = Path(site.path).stat()
        changes = _changes(site.path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ()
    return tuple(change for first, last, change in changes if first <= site.line <= last)


@lru_cache(maxsize=16)
def _changes(path: str, _changed: int, size: int) -> tuple[tuple[int, int, CopyChange], ...]:
    if size > _LARGEST_BYTES:
        return ()
    tree = parse(Path(path).read_bytes())
    return tuple(
        (node.lineno, node.end_lineno or node.lineno, replace(change, base=_named(change.base, cls)))
        for node, cls in _statements(tree)
        for change in _of(node)
    )


def _statements(tree: ast.Module) -> Iterator[tuple[ast.Expr | ast.Assign | ast.AugAssign | ast.Delete, str]]:
    """Yield the statements that may change a copy, each with the name of the class that it is in."""
    pending: list[tuple[ast.AST, str]] = [(tree, "")]
    while pending:
        node, cls = pending.pop()
        if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.Delete)):
            yield node, cls
        inner = node.name if isinstance(node, ast.ClassDef) else cls
        pending.extend((child, inner) for child in ast.iter_child_nodes(node))


def _named(base: str, cls: str) -> str:
    return f"{cls}.{base[5:]}" if cls and base.startswith("self.") else base


def _of(node: ast.Expr | ast.Assign | ast.AugAssign | ast.Delete) -> Iterator[CopyChange]:
    if isinstance(node, ast.Expr):
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            method = call.func.attr
            if method in _CHANGES or method in _CHANGES_BY_ITEMS:
                yield from _change(node, call.func.value, f".{method}(…)", method)
        return
    targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
    for target in targets:
        if isinstance(target, ast.Subscript):
            item = ast.unparse(target.slice)
            method = "__delitem__" if isinstance(node, ast.Delete) else "__setitem__"
            yield from _change(node, target.value, f"[{item}]{'' if isinstance(node, ast.Delete) else ' = …'}", method)


def _change(statement: ast.stmt, copy: ast.expr, rest: str, method: str) -> Iterator[CopyChange]:
    if not isinstance(copy, ast.Subscript):
        return
    item = ast.unparse(copy.slice)
    alike = [
        node for node in ast.walk(statement) if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == item
    ]
    constant = isinstance(copy.slice, ast.Constant) and isinstance(copy.slice.value, str)
    # An argument of `update` could be a proxy whose item of that name is read at the same line.
    certain = constant and len(alike) == 1 and method not in _CHANGES_BY_ITEMS
    yield CopyChange(f"{ast.unparse(copy)}{rest}", ast.unparse(copy.value), item if certain else None, method)
