"""Examines the loop around a line that asks `q.empty()` or `lock.acquire(False)`: does only the answer end it?

Such a loop is `while q.empty(): time.sleep(0.1)`, or `while True: if not q.empty(): work(q.get())`. Only those of its
statements count that run while there is no item, or while the lock is not acquired.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..model import Site
from .item_loops import stays_true
from .loops import covers, innermost_loop, is_harmless


def only_asks(site: Site, method: str) -> bool:
    """Return whether a line asks an object for a loop that does nothing else until the answer is the other one.

    Such a loop may sleep and print. A loop that looks at a clock, at other processes, or at another object is none: it
    may end without that answer.

    Args:
        site: the line.
        method: `empty` of a Queue, or `acquire` of a lock, which does not wait or has a time-out.
    """
    loop = innermost_loop(site)
    if loop is None or loop.orelse:
        return False
    if _fails(loop.test, method):
        return covers(loop.test, site.line) and all(map(is_harmless, loop.body))
    questions = [node.test for node in loop.body if isinstance(node, ast.If) and _is_question(node.test, method)]
    if len(questions) != 1 or not covers(questions[0], site.line):
        return False
    return all(map(is_harmless, _after_failure(loop, method))) and stays_true(loop)


def _after_failure(loop: ast.While, method: str) -> Iterator[ast.stmt]:
    """Yield the statements that a loop runs when it fails; those of any other `if` count as they stand."""
    for statement in loop.body:
        if not isinstance(statement, ast.If) or not _is_question(statement.test, method):
            yield statement
            continue
        branch = statement.body if _fails(statement.test, method) else statement.orelse
        yield from branch
        if branch and isinstance(branch[-1], ast.Continue):
            return


def _is_question(test: ast.expr, method: str) -> bool:
    return _is_call(test, method) or _is_call(_negated(test), method)


def _fails(test: ast.expr, method: str) -> bool:
    """Return whether a condition is true when there is no item, or when the lock was not acquired."""
    return _is_call(test if method == "empty" else _negated(test), method)


def _negated(test: ast.expr) -> ast.expr | None:
    return test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else None


def _is_call(test: ast.expr | None, method: str) -> bool:
    """Return whether an expression is a call of the method, and calls nothing else."""
    return (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Attribute)
        and test.func.attr == method
        and sum(isinstance(node, (ast.Call, ast.Await, ast.NamedExpr)) for node in ast.walk(test)) == 1
    )
