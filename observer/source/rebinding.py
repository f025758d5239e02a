"""Tells which names of a module may get another object than the source shows at the place of their assignment."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_DYNAMIC = frozenset({"globals", "locals", "vars", "setattr", "delattr", "exec", "eval", "__dict__", "modules"})
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
_SPECIAL_METHODS = frozenset({"__getattr__", "__getattribute__", "__setattr__", "__delattr__"})
_CONTAINER_MODULES = frozenset({"collections", "numpy"})


def binds_by_text(tree: ast.AST) -> bool:
    """Return whether variables or attributes may be set by a name that is text: `setattr()`, `globals()["n"] = 1`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _DYNAMIC:
            return True
        if isinstance(node, ast.Attribute) and node.attr in _DYNAMIC:
            return True
        if isinstance(node, ast.Import) and any(alias.name == "__main__" for alias in node.names):
            return True
    return False


def has_special_attributes(cls: ast.ClassDef) -> bool:
    """Return whether a class itself decides what reading or setting an attribute does."""
    return any(isinstance(node, ast.FunctionDef) and node.name in _SPECIAL_METHODS for node in cls.body)


def bound_otherwise(tree: ast.Module) -> set[str]:
    """Return the names that anything but an assignment binds, or that are set as attributes: `program.n = 1`."""
    found = {name for name, _ in _bound(tree)}
    found |= {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    return found


def shadowed(tree: ast.Module) -> set[str]:
    """Return the names that, in this module, are not what the builtins, `collections` and numpy have under them."""
    found = {name for name, module in _bound(tree) if module.partition(".")[0] not in _CONTAINER_MODULES}
    return found | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _bound(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names bound by imports, definitions, `except … as` and patterns, with the module of an import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name.partition(".")[0], alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, node.module or "") for alias in node.names)
        elif isinstance(node, _NAMED):
            if node.name is not None:
                yield node.name, ""
        elif isinstance(node, ast.MatchMapping) and node.rest is not None:
            yield node.rest, ""
