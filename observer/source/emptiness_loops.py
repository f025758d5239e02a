"""Examines the loop around a line that asks whether a Queue is empty: does it end only when there is an item?

Such a loop is `while q.empty(): time.sleep(0.1)`, or `while True: if not q.empty(): work(q.get())`. What it does when
there is an item does not matter: a loop that finds none does not come to that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..model import Site
from .item_loops import stays_true
from .loops import covers, innermost_loop, is_harmless


def only_waits_until_not_empty(site: Site) -> bool:
    """Return whether a line is `q.empty()` of a loop that does nothing else until there is an item.

    Such a loop may sleep and print. A loop that looks at a clock, at other processes, or at another Queue is none: it
    may end without an item.
    """
    loop = innermost_loop(site)
    if loop is None or loop.orelse:
        return False
    if _is_empty(loop.test):
        return covers(loop.test, site.line) and all(map(is_harmless, loop.body))
    questions = [node.test for node in loop.body if isinstance(node, ast.If) and _is_question(node.test)]
    if len(questions) != 1 or not covers(questions[0], site.line):
        return False
    return all(map(is_harmless, _without_item(loop))) and stays_true(loop)


def _without_item(loop: ast.While) -> Iterator[ast.stmt]:
    """Yield the statements that a loop runs when the Queue is empty; those of any other `if` count as they stand."""
    for statement in loop.body:
        if not isinstance(statement, ast.If) or not _is_question(statement.test):
            yield statement
            continue
        branch = statement.body if _is_empty(statement.test) else statement.orelse
        yield from branch
        if branch and isinstance(branch[-1], ast.Continue):
            return


def _is_question(test: ast.expr) -> bool:
    return _is_empty(test) or (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and _is_empty(test.operand)
    )


def _is_empty(test: ast.expr) -> bool:
    """Return whether an expression is `q.empty()`, and calls nothing else."""
    return (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Attribute)
        and test.func.attr == "empty"
        and not any(isinstance(node, (ast.Call, ast.Await)) for node in ast.walk(test.func.value))
    )
