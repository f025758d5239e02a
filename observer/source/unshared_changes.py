"""Finds ordinary variables that a function changes in a child process, and that the parent reads afterwards.

Each process has its own copy of them. What is found here is in the source only; whether a process has really run the
function is for the caller to know. Where the source leaves a doubt, for instance because the parent may change the
variable as well or may call the function itself, nothing is found.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from ..model import Site, UnsharedKind
from .child_code import ChildCode
from .joined_modules import joined_modules
from .parsing import parse
from .rebinding import binds_by_text, bound_otherwise, shadowed
from .unshared_attributes import attribute_changes
from .unshared_candidate import Candidate
from .variable_changes import (
    CONTAINER_NAMES,
    changes_of,
    is_conditional,
    is_container,
    is_filler,
    is_loaded,
    is_plain,
    only_reads,
)

_LARGEST_BYTES = 2_000_000


def unshared_changes(path: str) -> tuple[Candidate, ...]:
    """Return the variables of a source file that are changed in a child and read in its parent.

    Args:
        path: of the file; nothing is found in one that cannot be read.
    """
    try:
        status = Path(path).stat()
        return _candidates(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ()


@lru_cache(maxsize=16)
def _candidates(path: str, _changed: int, size: int) -> tuple[Candidate, ...]:
    if size > _LARGEST_BYTES:
        return ()
    tree = parse(Path(path).read_bytes())
    if binds_by_text(tree):
        return ()
    code = ChildCode(tree)
    found = [
        *_globals(code, lambda line: Site(path, line)),
        *_of_modules(path),
        *_arguments(code, path),
        *_flags(code, path),
        *attribute_changes(tree, code.parents, path),
    ]
    return tuple(dict.fromkeys(found))


def _of_modules(path: str) -> Iterator[Candidate]:
    """Yield globals of modules that the file imports."""
    joined = joined_modules(parse(Path(path).read_bytes()), path)
    if joined is not None:
        code = ChildCode(joined.tree)
        clear = {name for name, _ in _plain_globals(code) if "." in name and name not in joined.unclear}
        yield from _globals(code, joined.site, clear)


def _globals(code: ChildCode, site: Callable[[int], Site], among: set[str] | None = None) -> Iterator[Candidate]:
    """Yield globals that only functions of children change, and that the parent reads after it has started them.

    Args:
        code: of the program.
        site: returns the place of a line.
        among: the only globals that are looked at; None for all.
    """
    for name, value in _plain_globals(code):
        if among is not None and name not in among:
            continue
        container = is_container(value)
        if any(
            not (only_reads(node, code.parents) if container else is_loaded(node)) for node in code.uses_in_parent(name)
        ):
            continue
        for entry in code.entries:
            if isinstance(entry.scope, ast.FunctionDef) and name in code.locals_of(entry.scope):
                continue
            if code.is_changed_by_starter(entry, name):
                continue
            changes = [
                (node, in_place)
                for function in code.only_in_children(entry)
                for node, in_place in changes_of(function, name)
                if container or not in_place
            ]
            read = code.read_after(entry, name) if changes else None
            if read is None:
                continue
            accumulates = any(in_place for _, in_place in changes) or code.adds_to(entry, name)
            private = (
                (not accumulates and code.is_read_in_children(name))
                or code.is_used_in_children(name)
                or code.is_expected(name, value)
            )
            always = [node for node, _ in changes if not is_conditional(node, code.parents)]
            if private and not always:
                continue  # each process may have decided for itself that it need not change it
            yield Candidate(
                UnsharedKind.GLOBAL,
                name,
                entry.function.rpartition(".")[2],
                "",
                site(min(node.lineno for node in always or [node for node, _ in changes])),
                site(read),
                entry.lines,
                private=private,
                conditional=not always,
            )


def _plain_globals(code: ChildCode) -> Iterator[tuple[str, ast.expr]]:
    otherwise = bound_otherwise(code.tree)
    unknown = shadowed(code.tree)
    for name, value in code.bound_once().items():
        if (
            name not in otherwise
            and name.rpartition(".")[2] not in otherwise
            and is_plain(value)
            and not _names(value) & unknown & CONTAINER_NAMES
        ):
            yield name, value


def _names(value: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}


def _arguments(code: ChildCode, path: str) -> Iterator[Candidate]:
    """Yield empty containers that a child gets as an argument and fills, and that the parent reads."""
    unknown = shadowed(code.tree)
    for entry in code.entries:
        function = code.functions.get(entry.function)
        if function is None or function.args.posonlyargs:
            continue
        for argument, parameter in zip(entry.arguments, function.args.args, strict=False):
            if not isinstance(argument, ast.Name):
                continue
            value = code.bound_once(entry.scope).get(argument.id)
            if value is None or not is_filler(value) or _names(value) & unknown & CONTAINER_NAMES:
                continue
            changes = [node for node, in_place in changes_of(function, parameter.arg, parameter=True) if in_place]
            uses = [node for node in code.uses_in_scope(entry.scope, argument.id) if node is not argument]
            inside = entry.argument_nodes
            if not changes or any(not only_reads(node, code.parents) and node not in inside for node in uses):
                continue
            if entry.scope is code.tree and any(
                isinstance(node, ast.Name) and node.id == argument.id
                for other in code.functions.values()
                if argument.id not in code.locals_of(other)
                for node in ast.walk(other)
            ):
                continue  # a global as well
            read = code.read_after(entry, argument.id)
            if read is not None:
                always = [node for node in changes if not is_conditional(node, code.parents)]
                change = Site(path, min(node.lineno for node in always or changes))
                yield Candidate(
                    UnsharedKind.ARGUMENT,
                    argument.id,
                    entry.function,
                    "",
                    change,
                    Site(path, read),
                    entry.lines,
                    conditional=not always,
                )


def _flags(code: ChildCode, path: str) -> Iterator[Candidate]:
    """Yield globals that only the parent changes after it has started a child, and that end a loop of the child."""
    for name, value in _plain_globals(code):
        if is_container(value):
            continue
        for entry in code.entries:
            functions = code.only_in_children(entry)
            if any(True for function in code.child_functions() for _ in changes_of(function, name)):
                continue
            loop = next((line for function in functions if (line := _loop_on(function, name, code))), None)
            change = code.change_after(entry, name)
            if loop is not None and change is not None and not code.ends_children(entry.scope):
                kind = UnsharedKind.FLAG
                yield Candidate(kind, name, entry.function, "", Site(path, change), Site(path, loop), entry.lines)


def _loop_on(function: ast.FunctionDef, name: str, code: ChildCode) -> int | None:
    """Return the line of a loop that only a change of a global ends; None if there is none."""
    for node in ast.walk(function):
        if not isinstance(node, ast.While):
            continue
        names = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
        calls = any(isinstance(part, (ast.Call, ast.BoolOp, ast.Attribute)) for part in ast.walk(node.test))
        leaves = any(isinstance(part, (ast.Break, ast.Return, ast.Raise)) for part in ast.walk(node))
        if names == {name} and not calls and not leaves and not code.may_be_left(node):
            return node.lineno
    return None
