"""Examines the loop around a line that asks a Queue for an item without waiting: does it end only with an item?

Such a loop is `while True: try: item = q.get_nowait(); break; except Empty: time.sleep(0.1)`. What it does after it has
got an item does not matter: a loop that gets none does not come to that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..model import Site
from .loops import covers, innermost_loop, is_harmless


def only_waits_for_an_item(site: Site) -> bool:
    """Return whether a line is `get_nowait()` or `get(False)` of a loop that does nothing else until there is an item.

    Such a loop may sleep and print. A loop that looks at a clock, at other processes, or at anything else that it calls
    is none: it may end without an item.
    """
    loop = innermost_loop(site)
    if loop is None:
        return False
    at = next((at for at, each in enumerate(loop.body) if isinstance(each, ast.Try) and covers(each, site.line)), None)
    if at is None:
        return False
    attempt = loop.body[at]
    assert isinstance(attempt, ast.Try)
    handler = next(filter(_catches_empty, attempt.handlers), None)
    if handler is None or not _begins_with_get(attempt.body[0], site.line):
        return False
    without_item = [*loop.body[:at], *handler.body, *attempt.finalbody]
    if not isinstance(handler.body[-1], ast.Continue):
        without_item += loop.body[at + 1 :]
    return all(map(is_harmless, without_item)) and stays_true(loop)


def _catches_empty(handler: ast.ExceptHandler) -> bool:
    names = (
        [node for node in ast.walk(handler.type) if isinstance(node, (ast.Name, ast.Attribute))] if handler.type else []
    )
    caught = {node.id if isinstance(node, ast.Name) else node.attr for node in names}
    return handler.type is None or bool(caught & {"Empty", "Exception", "BaseException"})


def _begins_with_get(statement: ast.stmt, line: int) -> bool:
    """Return whether a statement calls nothing before it asks for the item."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)):
        return False
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    gets = [call for call in calls if _asks_without_waiting(call)]
    if len(gets) != 1 or not covers(gets[0], line):
        return False
    # The others are called with the item, and so after it.
    return all(call is gets[0] or any(gets[0] in ast.walk(part) for part in call.args) for call in calls)


def _asks_without_waiting(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if call.func.attr == "get_nowait":
        return not call.args and not named
    if call.func.attr != "get" or not named.keys() <= {"block", "timeout"} or len(call.args) > 2:
        return False
    arguments = {**dict(zip(("block", "timeout"), call.args, strict=False)), **named}
    block, timeout = arguments.get("block"), arguments.get("timeout")
    return _is(block, value=False) or (_is(timeout, value=0) and (block is None or _is(block, value=True)))


def _is(node: ast.expr | None, *, value: bool | int) -> bool:
    return isinstance(node, ast.Constant) and node.value is not None and node.value == value


def stays_true(loop: ast.While) -> bool:
    """Return whether only an item can change the condition: it is constant, or of what the loop itself changes."""
    if isinstance(loop.test, ast.Constant):
        return True
    changed = set(_changed_names(loop))
    return all(_is_about(operand, changed) for operand in _operands(loop.test))


def _operands(test: ast.expr) -> Iterator[ast.expr]:
    for operand in test.values if isinstance(test, ast.BoolOp) else ():
        yield from _operands(operand)
    if not isinstance(test, ast.BoolOp):
        yield test


def _is_about(test: ast.expr, changed: set[str]) -> bool:
    """Return whether a condition calls nothing but `len()`, and depends on a variable that the loop changes."""
    calls = [node for node in ast.walk(test) if isinstance(node, ast.Call)]
    if not all(isinstance(call.func, ast.Name) and call.func.id == "len" for call in calls):
        return False
    if any(isinstance(node, (ast.Attribute, ast.NamedExpr, ast.Await, ast.comprehension)) for node in ast.walk(test)):
        return False
    return any(isinstance(node, ast.Name) and node.id in changed for node in ast.walk(test))


def _changed_names(loop: ast.While) -> Iterator[str]:
    """Yield the variables that a loop assigns, and those of which it calls methods: `results.append(item)`."""
    for node in (node for statement in loop.body for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            yield node.func.value.id
