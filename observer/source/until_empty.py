"""Finds the loops that get items from a Queue until it is empty, and use them: `while not q.empty(): f(q.get())`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ..model import Site
from .parsing import parse

_MAX_FILE_BYTES = 2_000_000
_RECEIVING = ("get", "get_nowait")
_MAKERS = ("Queue", "JoinableQueue", "SimpleQueue")
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def loop_until_empty(site: Site, name: str) -> Site | None:
    """Return the loop that gets the items of a Queue until `empty()` is true, or None if there is none.

    A loop that throws the items away, or that ends in another way, is none: what it leaves does not matter.

    Args:
        site: the line that makes the Queue.
        name: the variable or attribute that holds it. A loop over a parameter counts, too, if the file makes no other
            Queue. Where several Queues have this name, it is not known whose loop it is, and there is none.
    """
    try:
        status = Path(site.path).stat()
        found = _loops(site.path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    last = name.rpartition(".")[2]
    return next((Site(site.path, line) for line, queue, any_queue in found if any_queue or queue == last), None)


@lru_cache(maxsize=16)
def _loops(path: str, _changed: int, size: int) -> tuple[tuple[int, str, bool], ...]:
    """Return the line of each loop, the name of its Queue, and whether this can be any Queue of the file."""
    text = Path(path).read_bytes() if size <= _MAX_FILE_BYTES else b""
    if b".empty()" not in text:
        return ()
    tree = parse(text)
    makers = [call for call in ast.walk(tree) if isinstance(call, ast.Call) and _name(call.func) in _MAKERS]
    parameters = _parameters(tree) if len(makers) == 1 else set[str]()
    made = Counter(
        _name(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and node.value in makers
        for target in node.targets
    )
    return tuple((loop.lineno, queue, queue in parameters) for loop, queue in _found(tree) if made[queue] < 2)


def _found(tree: ast.Module) -> Iterator[tuple[ast.While, str]]:
    for loop in ast.walk(tree):
        if not isinstance(loop, ast.While) or not isinstance(loop.test, ast.UnaryOp):
            continue
        asked = loop.test.operand
        if not isinstance(loop.test.op, ast.Not) or not isinstance(asked, ast.Call) or asked.args:
            continue
        if not isinstance(asked.func, ast.Attribute) or asked.func.attr != "empty":
            continue
        queue = ast.unparse(asked.func.value)
        if _uses_items(loop, queue) and not any(isinstance(node, (ast.Break, ast.Return)) for node in ast.walk(loop)):
            yield loop, _name(asked.func.value)


def _uses_items(loop: ast.While, queue: str) -> bool:
    """Return whether a loop gets items of a Queue and does something with each."""
    dropped = {id(node.value) for node in ast.walk(loop) if isinstance(node, ast.Expr)}
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _RECEIVING
        and ast.unparse(call.func.value) == queue
        and id(call) not in dropped
        for call in ast.walk(loop)
    )


def _parameters(tree: ast.Module) -> set[str]:
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    return {argument.arg for function in functions for argument in function.args.args}


def _name(node: ast.expr) -> str:
    """Return the last name of an expression: `queue` of `self.queue`; empty for anything else."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
