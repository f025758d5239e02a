"""Finds the variables that hold certain objects, or containers of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Makes = Callable[[ast.expr], bool]


def holders(nodes: list[ast.AST], makes: Makes) -> set[str]:
    """Return the variables that hold objects of a kind, or containers of them, and nothing else.

    Args:
        nodes: those of the function or module.
        makes: whether an expression makes an object of the kind.
    """
    found: set[str] = set()
    others: set[str] = set()
    for _ in range(4):  # a variable that is taken from a container, which is filled from a variable
        others.clear()
        for node in nodes:
            targets: list[ast.expr] = []
            value: ast.expr | None = None
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, (ast.For, ast.comprehension)):
                targets, value = [node.target], node.iter
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
                targets, value = [node.func.value], node.args[0] if node.args else None
            if value is None:
                continue
            names = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
            if _makes(value, makes) or any(
                isinstance(part, ast.Name) and part.id in found for part in _plain_parts(value)
            ):
                found |= names
            elif not _is_empty(value):
                others |= names
    return found - others


def joined(nodes: list[ast.AST], processes: set[str], first_line: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the end (line and column) of each call of `join()` on one of the variables, from a line on."""
    for node in nodes:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "join"
            and holder(node.func.value) in processes
            and node.lineno >= first_line
        ):
            yield node.end_lineno or node.lineno, node.end_col_offset or 0


def holder(node: ast.expr) -> str:
    """Return the variable of an object, or of the container that it is taken from: `workers` of `workers[0]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_empty(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is None
    return isinstance(value, (ast.List, ast.Dict)) and not list(ast.iter_child_nodes(value))[:-1]


def _makes(value: ast.expr, makes: Makes) -> bool:
    """Return whether it makes the object, or a container of such objects."""
    if isinstance(value, (ast.List, ast.Tuple)):
        return bool(value.elts) and all(_makes(item, makes) for item in value.elts)
    if isinstance(value, (ast.ListComp, ast.GeneratorExp)):
        return _makes(value.elt, makes)
    if isinstance(value, ast.DictComp):
        return _makes(value.value, makes)
    return makes(value)


def _plain_parts(value: ast.expr) -> Iterator[ast.AST]:
    """Yield the parts of an expression that takes objects from containers, such as `workers` and `d.values()`."""
    if isinstance(value, ast.Call):
        if isinstance(value.func, ast.Attribute):
            yield value.func.value
        yield from value.args
    elif isinstance(value, ast.Subscript):
        yield value.value
    elif isinstance(value, (ast.List, ast.Tuple)):
        yield from value.elts
    else:
        yield value
