"""Finds attributes of a subclass of Process that its `run()` changes, and that the parent reads after `join()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ..model import Site, UnsharedKind
from .holders import holder, holders, joined
from .rebinding import has_special_attributes, shadowed
from .unshared_candidate import Candidate
from .variable_changes import CONTAINER_NAMES, changed_in_place, is_conditional, is_container, is_plain, is_used

_OF_PROCESS = frozenset({"name", "daemon", "exitcode", "authkey", "pid", "ident", "sentinel"})
_PROCESSES = frozenset({"Process", "ForkProcess", "SpawnProcess", "ForkServerProcess"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def attribute_changes(tree: ast.Module, parents: Mapping[ast.AST, ast.AST], path: str) -> Iterator[Candidate]:
    """Yield the attributes of all subclasses of Process in a module that its source file `path` changes that way."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if (
            isinstance(node, ast.ClassDef)
            and any(_is_process(base, own) for base in node.bases)
            and not has_special_attributes(node)
        ):
            yield from _of_class(tree, node, parents, path)


def _is_process(base: ast.expr, own: set[str]) -> bool:
    """Return whether it is a class of multiprocessing itself: another one may set attributes in the parent."""
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return name in _PROCESSES and name not in own


def _of_class(
    tree: ast.Module, cls: ast.ClassDef, parents: Mapping[ast.AST, ast.AST], path: str
) -> Iterator[Candidate]:
    methods = {node.name: node for node in cls.body if isinstance(node, ast.FunctionDef)}
    in_child = _called(methods, "run")
    if any(_called(methods, name) & in_child for name in methods.keys() - in_child):
        return  # the parent may run the same methods
    unknown = shadowed(tree) & CONTAINER_NAMES
    changes: dict[str, list[tuple[ast.expr, bool]]] = {}
    for name in in_child:
        for attribute, node, in_place in _changes(methods[name]):
            changes.setdefault(attribute, []).append((node, in_place))
    for attribute, nodes in changes.items():
        if attribute in _OF_PROCESS or attribute in methods:
            continue
        bound = list(_bindings(cls, methods, attribute, in_child))
        if any(value is None or not is_plain(value) for value in bound) or (not bound and len(cls.bases) > 1):
            continue
        if any(
            isinstance(part, ast.Name) and part.id in unknown for value in bound if value for part in ast.walk(value)
        ):
            continue
        counted = [node for node, in_place in nodes if not in_place or any(map(_is_container, bound))]
        read = _read(tree, cls, methods, attribute, in_child)
        if not counted or read is None:
            continue
        private = any(
            _is_of_self(node) and getattr(node, "attr", "") == attribute and is_used(node, parents)
            for name in in_child
            for node in ast.walk(methods[name])
            if isinstance(node, ast.Attribute)
        )
        always = [node for node in counted if not is_conditional(node, parents)]
        if private and not always:
            continue
        change = Site(path, min(node.lineno for node in always or counted))
        yield Candidate(
            UnsharedKind.ATTRIBUTE,
            f"{cls.name}.{attribute}",
            "",
            cls.name,
            change,
            Site(path, read),
            (0, 0),
            private=private,
            conditional=not always,
        )


def _is_container(value: ast.expr | None) -> bool:
    return value is not None and is_container(value)


def _called(methods: dict[str, ast.FunctionDef], first: str) -> set[str]:
    """Return the names of a method and of those that it calls on the same object."""
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


def _changes(method: ast.FunctionDef) -> Iterator[tuple[str, ast.expr, bool]]:
    """Yield the attributes of `self` that a method changes, the place, and whether the object itself is changed."""
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute) and _is_of_self(node) and isinstance(node.ctx, (ast.Store, ast.Del)):
            yield node.attr, node, False
            continue
        changed = changed_in_place(node)
        if isinstance(changed, ast.Attribute) and _is_of_self(changed):
            yield changed.attr, changed, True


def _bindings(
    cls: ast.ClassDef, methods: dict[str, ast.FunctionDef], attribute: str, in_child: set[str]
) -> Iterator[ast.expr | None]:
    """Yield the values that the attribute is bound to before `run()`, and None for other changes by the parent."""
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
    """Return the line outside of the class that reads the attribute after a `join()`; None if it changes it."""
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
    if any(node.attr in in_child for node in outside):
        return None  # it may call `run()` itself
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, _Function) and node not in inside)]:
        nodes = list(_own_nodes(scope))
        instances = holders(
            nodes,
            lambda value: (
                isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == cls.name
            ),
        )
        joins = list(joined(nodes, instances))
        reads = [
            node.lineno
            for node in nodes
            if isinstance(node, ast.Attribute)
            and node.attr in (attribute, *getters)
            and holder(node.value) in instances
            and joins
            and (node.lineno, node.col_offset) > min(joins)
        ]
        if reads:
            return min(reads)
    return None


def _own_nodes(scope: ast.Module | _Function) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(scope.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        yield node
        pending.extend(ast.iter_child_nodes(node))


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
