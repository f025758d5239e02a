"""Finds attributes of a subclass of Process that its `run()` changes, and that the parent reads after `join()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..model import Site, UnsharedKind
from .unshared_candidate import Candidate
from .variable_changes import changed_in_place, is_container, is_plain

_OF_PROCESS = frozenset({"name", "daemon", "exitcode", "authkey", "pid", "ident", "sentinel"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def attribute_changes(tree: ast.Module, path: str) -> Iterator[Candidate]:
    """Yield the attributes of all subclasses of Process in a module that its source file `path` changes that way."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(_is_process(base) for base in node.bases):
            yield from _of_class(tree, node, path)


def _is_process(base: ast.expr) -> bool:
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return name.endswith("Process")


def _of_class(tree: ast.Module, cls: ast.ClassDef, path: str) -> Iterator[Candidate]:
    methods = {node.name: node for node in cls.body if isinstance(node, ast.FunctionDef)}
    in_child = _called(methods, "run")
    changes: dict[str, list[tuple[int, bool]]] = {}
    for name in in_child:
        for attribute, line, in_place in _changes(methods[name]):
            changes.setdefault(attribute, []).append((line, in_place))
    for attribute, lines in changes.items():
        if attribute in _OF_PROCESS or attribute in methods:
            continue
        bound = list(_bindings(cls, methods, attribute, in_child))
        if any(value is None or not is_plain(value) for value in bound) or (not bound and len(cls.bases) > 1):
            continue
        counted = [line for line, in_place in lines if not in_place or any(map(_is_container, bound))]
        read = _read(tree, cls, methods, attribute, in_child)
        if counted and read is not None:
            name, change = f"{cls.name}.{attribute}", Site(path, min(counted))
            yield Candidate(UnsharedKind.ATTRIBUTE, name, "", cls.name, change, Site(path, read), (0, 0))


def _is_container(value: ast.expr | None) -> bool:
    return value is not None and is_container(value)


def _called(methods: dict[str, ast.FunctionDef], first: str) -> set[str]:
    """The names of a method and of those that it calls on the same object."""
    found: set[str] = set()
    pending = {first} & methods.keys()
    while pending:
        name = pending.pop()
        found.add(name)
        used = {node.attr for node in ast.walk(methods[name]) if isinstance(node, ast.Attribute) and _is_of_self(node)}
        pending |= (used & methods.keys()) - found
    return found


def _is_of_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _changes(method: ast.FunctionDef) -> Iterator[tuple[str, int, bool]]:
    """The attributes of `self` that a method changes, with the line, and whether the object itself is changed."""
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute) and _is_of_self(node) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node.attr, node.lineno, False
            continue
        changed = changed_in_place(node)
        if isinstance(changed, ast.Attribute) and _is_of_self(changed):
            yield changed.attr, changed.lineno, True


def _bindings(
    cls: ast.ClassDef, methods: dict[str, ast.FunctionDef], attribute: str, in_child: set[str]
) -> Iterator[ast.expr | None]:
    """What the attribute is bound to before `run()`; None for what a method of the parent does to it otherwise."""
    for node in cls.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = any(isinstance(target, ast.Name) and target.id == attribute for target in targets)
            if named and node.value is not None:
                yield node.value
    for name, method in methods.items():
        if name in in_child:
            continue
        plain = 0
        for node in ast.walk(method):
            if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(
                isinstance(target, ast.Attribute) and _is_of_self(target) and target.attr == attribute
                for target in targets
            ):
                plain += 1
                yield node.value if name == "__init__" else None
        if sum(changed == attribute for changed, _, _ in _changes(method)) > plain:
            yield None


def _read(
    tree: ast.Module, cls: ast.ClassDef, methods: dict[str, ast.FunctionDef], attribute: str, in_child: set[str]
) -> int | None:
    """The line at which code outside of the class reads the attribute after a `join()`; None if it changes it."""
    inside = set(ast.walk(cls))
    outside = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node not in inside]
    if any(node.attr == attribute and isinstance(node.ctx, (ast.Store, ast.Del)) for node in outside):
        return None
    if any(
        isinstance(changed := changed_in_place(node), ast.Attribute) and changed.attr == attribute
        for node in ast.walk(tree)
        if node not in inside
    ):
        return None
    getters = {
        name
        for name, method in methods.items()
        if name not in in_child
        and not name.startswith("__")
        and any(_is_of_self(node) and getattr(node, "attr", "") == attribute for node in ast.walk(method))
    }
    if any(node.attr == "run" and isinstance(node.value, ast.Name) for node in outside):
        return None  # it may call `run()` itself
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, _Function) and node not in inside)]:
        nodes = list(_own_nodes(scope))
        instances = _instances(nodes, cls.name)
        joins = [
            (node.end_lineno or node.lineno, node.end_col_offset or 0)
            for node in nodes
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "join"
            and _holder(node.func.value) in instances
        ]
        reads = [
            node.lineno
            for node in nodes
            if isinstance(node, ast.Attribute)
            and node.attr in (attribute, *getters)
            and _holder(node.value) in instances
            and joins
            and (node.lineno, node.col_offset) > min(joins)
        ]
        if reads:
            return min(reads)
    return None


def _holder(node: ast.expr) -> str:
    """The variable of an object, or of the container that it is taken from: `w` of `w`, `workers` of `workers[0]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _own_nodes(scope: ast.Module | _Function) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(scope.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        yield node
        pending.extend(ast.iter_child_nodes(node))


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _instances(nodes: list[ast.AST], cls: str) -> set[str]:
    """The variables that hold objects of a class, or containers of them, and nothing else."""
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
            if _makes(value, cls) or any(
                isinstance(part, ast.Name) and part.id in found for part in _plain_parts(value)
            ):
                found |= names
            elif not (isinstance(value, (ast.List, ast.Dict)) and not list(ast.iter_child_nodes(value))[:-1]):
                others |= names
    return found - others


def _makes(value: ast.expr, cls: str) -> bool:
    """Return whether it is a call of the class, or makes a container of such calls."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == cls
    if isinstance(value, (ast.List, ast.Tuple)):
        return bool(value.elts) and all(_makes(item, cls) for item in value.elts)
    if isinstance(value, (ast.ListComp, ast.GeneratorExp)):
        return _makes(value.elt, cls)
    return isinstance(value, ast.DictComp) and _makes(value.value, cls)


def _plain_parts(value: ast.expr) -> Iterator[ast.AST]:
    """The parts of an expression that takes objects from containers: `workers`, `enumerate(workers)`, `d.values()`."""
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
