"""Finds the name that the statement at a line gives to the object that it makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec

from .parsing import parse

_MAX_FILE_BYTES = 2_000_000
"""Bytes of a source file that is still read for names."""


class Name(msgspec.Struct, frozen=True):
    text: str
    ends: tuple[str, str] | None = None
    """Both names of a Pipe."""


def tree_of(path: str) -> ast.Module | None:
    """Return the syntax tree of a file; None where it cannot be read."""
    try:
        file = Path(path)
        return parse(file.read_bytes()) if file.stat().st_size <= _MAX_FILE_BYTES else None
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class NameFinder:
    """Finds the name of an object that is made at a line, in the syntax tree of the file."""

    def __init__(self, kind: str, line: int, turn: int) -> None:
        self._kind = kind
        self._line = line
        self._turn = turn

    def find(self, tree: ast.Module) -> Name | None:
        """Return the name that the line's statements give to the object; of several objects, the one in turn."""
        makers = [node for node in self._innermost(tree, None) if self._of_statement(*node) is not None]
        if len(makers) < 2:
            return self._of_statement(*makers[0]) if makers else None
        counts = [self._count(statement) for statement, _ in makers]
        if 0 in counts:
            return None  # rather no name than another one's
        again, place = divmod(self._turn, sum(counts))
        for (statement, inside), count in zip(makers, counts, strict=True):
            if place < count:
                self._turn = again * count + place
                return self._of_statement(statement, inside)
            place -= count
        return None

    def _count(self, statement: ast.stmt) -> int:
        """Return how many such objects the statement makes on the line; 0 where that depends on its execution."""
        nodes = list(ast.walk(statement))
        if any(isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)) for node in nodes):
            return 0
        return sum(isinstance(node, ast.Call) and self._makes(node) and self._on_line(node) for node in nodes)

    def _innermost(self, node: ast.AST, inside: str | None) -> Iterator[tuple[ast.stmt, str | None]]:
        """Yield the statements on the line that hold no other one there, each with the class around it."""
        if isinstance(node, ast.ClassDef):
            inside = node.name
        within = [child for child in self._blocks(node) if self._spans(child)]
        for child in within:
            yield from self._innermost(child, inside)
        if isinstance(node, ast.stmt) and (not within or isinstance(node, (ast.With, ast.AsyncWith))):
            yield node, inside

    @staticmethod
    def _blocks(node: ast.AST) -> list[ast.AST]:
        found: list[ast.AST] = []
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            found.extend(getattr(node, field, None) or [] if isinstance(getattr(node, field, None), list) else [])
        return found

    def _spans(self, node: ast.AST) -> bool:
        first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        if first is None and isinstance(node, ast.match_case):
            return any(self._spans(child) for child in node.body)
        return first is not None and last is not None and first <= self._line <= last

    def _of_statement(self, statement: ast.stmt, inside: str | None) -> Name | None:
        if isinstance(statement, ast.Assign):
            return self._assigned(statement.targets[0], statement.value, inside) or self._within(statement, inside)
        if isinstance(statement, (ast.AnnAssign, ast.AugAssign)) and statement.value is not None:
            return self._assigned(statement.target, statement.value, inside)
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            made = [
                item for item in statement.items if self._makes(item.context_expr) and self._on_line(item.context_expr)
            ]
            target = made[self._turn % len(made)].optional_vars if made else None
            if target is not None:
                return self._target(target, inside)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            return self._appended(statement.value, inside) or self._within(statement, inside)
        return self._within(statement, inside)

    def _within(self, statement: ast.stmt, inside: str | None) -> Name | None:
        """Return the name from an assignment expression (`:=`) inside the statement."""
        for node in ast.walk(statement):
            if isinstance(node, ast.NamedExpr) and self._on_line(node):
                return self._assigned(node.target, node.value, inside)
        return None

    def _appended(self, call: ast.Call, inside: str | None) -> Name | None:
        method = call.func
        if isinstance(method, ast.Attribute) and method.attr in _RUNS and self._kind == "Manager":
            return self._target(method.value, inside)
        if isinstance(method, ast.Attribute) and method.attr in ("append", "add", "appendleft"):
            holder = self._target(method.value, inside)
            if holder is not None and any(self._makes(argument) for argument in call.args):
                return Name(f"{holder.text}[{self._turn}]")
        return None

    def _assigned(self, target: ast.expr, value: ast.expr, inside: str | None) -> Name | None:
        if self._makes(value):
            if isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == 2:
                first, second = (self._target(element, inside) for element in target.elts)
                if first and second:
                    return Name(f"{first.text} ⇄ {second.text}", (first.text, second.text))
            return self._target(target, inside)
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
            makers = [
                (element, made)
                for element, made in zip(target.elts, value.elts, strict=False)
                if self._makes(made) and self._on_line(made)
            ]
            return self._assigned(*makers[self._turn % len(makers)], inside) if makers else None
        return self._indexed(target, value, inside)

    def _indexed(self, target: ast.expr, value: ast.expr, inside: str | None) -> Name | None:
        holder = self._target(target, inside)
        if holder is None:
            return None
        if isinstance(value, (ast.List, ast.Tuple)) and any(self._makes(element) for element in value.elts):
            places = [
                index for index, element in enumerate(value.elts) if self._makes(element) and self._on_line(element)
            ]
            return Name(f"{holder.text}[{places[self._turn % len(places)]}]") if places else None
        if isinstance(value, (ast.ListComp, ast.SetComp, ast.GeneratorExp)) and self._makes(value.elt):
            return Name(f"{holder.text}[{self._turn}]")
        if isinstance(value, ast.Dict):
            pairs = zip(value.keys, value.values, strict=True)
            keys = [key for key, element in pairs if self._makes(element) and self._on_line(element)]
            if keys:
                key = keys[self._turn % len(keys)]
                return Name(f"{holder.text}[{ast.unparse(key) if key is not None else self._turn}]")
        if isinstance(value, ast.DictComp) and self._makes(value.value):
            return Name(f"{holder.text}[{self._turn}]")
        if isinstance(value, ast.Call) and any(
            isinstance(argument, (ast.ListComp, ast.GeneratorExp)) and self._makes(argument.elt)
            for argument in value.args
        ):
            return Name(f"{holder.text}[{self._turn}]")
        return None

    def _target(self, target: ast.expr, inside: str | None) -> Name | None:
        if isinstance(target, ast.Name):
            return Name(target.id)
        if isinstance(target, ast.Attribute):
            if isinstance(target.value, ast.Name) and target.value.id in ("self", "cls") and inside:
                return Name(f"{inside}.{target.attr}")
            return Name(ast.unparse(target))
        if isinstance(target, ast.Subscript):
            return Name(ast.unparse(target))
        return None

    def _on_line(self, node: ast.expr) -> bool:
        return node.lineno <= self._line <= (node.end_lineno or node.lineno)

    def _makes(self, node: ast.expr) -> bool:
        """Return whether the expression itself is the call that makes the object, or can evaluate to that call."""
        if isinstance(node, ast.IfExp):
            return self._makes(node.body) or self._makes(node.orelse)
        if isinstance(node, ast.BoolOp):
            return any(self._makes(operand) for operand in node.values)
        if not isinstance(node, ast.Call):
            return False
        function = node.func
        called = (
            function.attr
            if isinstance(function, ast.Attribute)
            else function.id
            if isinstance(function, ast.Name)
            else ""
        )
        # A subclass, as a rule, has the name of its base at its end.
        if called in _STANDARD:
            return called == self._kind or called in _MAKERS.get(self._kind, ())
        return called.endswith(self._kind) or called in _MAKERS.get(self._kind, ())


_STANDARD = frozenset(
    {
        "Array",
        "Barrier",
        "BoundedSemaphore",
        "Condition",
        "Connection",
        "Event",
        "JoinableQueue",
        "Lock",
        "Manager",
        "Pipe",
        "Pool",
        "Process",
        "ProcessPoolExecutor",
        "Queue",
        "RLock",
        "RawArray",
        "RawValue",
        "Semaphore",
        "ShareableList",
        "SharedMemory",
        "SimpleQueue",
        "SyncManager",
        "ThreadPool",
        "Value",
    }
)
_RUNS = ("start", "connect", "serve_forever")
"""Methods that start the server of an existing manager object."""
_MAKERS = {
    "Connection": ("Listener", "Client", "accept"),
    "Pool": ("ThreadPool",),
    "RawValue": ("Value", "copy"),
    "RawArray": ("Array",),
}
"""Other functions that make an object of a kind."""
