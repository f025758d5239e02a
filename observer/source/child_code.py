"""Tells which functions of a module run in child processes only, and what the code of the parent does with a name."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from .holders import holders, joined
from .variable_changes import changes_of, is_used

_POOL_METHODS = frozenset(
    ["apply", "apply_async", "imap", "imap_unordered", "map", "map_async", "starmap", "starmap_async", "submit"],
)
_ENDS = frozenset({"terminate", "kill", "terminate_workers", "kill_workers", "_exit", "exit", "quit"})
_THREADS = frozenset({"Thread", "ThreadPool", "ThreadPoolExecutor", "Timer", "dummy", "DummyProcess"})
"""Names by which a module may run functions in threads of the same process."""
_Scope = ast.Module | ast.FunctionDef


class Entry(msgspec.Struct, frozen=True, eq=False):
    """An expression that gives a function to a child process."""

    function: str
    scope: _Scope
    """The function, or the module, that the expression is in."""
    call: ast.Call
    node: ast.Name
    """The name of the function in the call."""
    arguments: Sequence[ast.expr]
    """The positional arguments that the function gets, as far as they are seen."""
    is_process: bool

    @property
    def lines(self) -> tuple[int, int]:
        """The first and the last line of the call that makes a process; zeros for a task of a pool."""
        if not self.is_process:
            return 0, 0
        return self.call.lineno, self.call.end_lineno or self.call.lineno

    @property
    def argument_nodes(self) -> set[ast.AST]:
        return {part for argument in self.arguments for part in ast.walk(argument)}


class ChildCode:
    """The functions of a module, by where they run."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents: dict[ast.AST, ast.AST] = {
            child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
        }
        defined = [node for node in self._in_module(tree) if isinstance(node, ast.FunctionDef)]
        counts = Counter(node.name for node in defined)
        self.functions = {node.name: node for node in defined if counts[node.name] == 1 and not node.decorator_list}
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {
            part
            for node in ast.walk(tree)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
            for part in alias.name.split(".")
        }
        self._has_threads = bool(names & _THREADS)
        self._own_classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        self._pools = self._pools_of_processes()
        self.entries = list(self._find_entries())
        self._neutral = {entry.node for entry in self.entries} | set(self._initializers())
        self._in_parent = self._reached(self._roots())

    @staticmethod
    def _in_module(tree: ast.Module) -> Iterator[ast.stmt]:
        """Yield the statements outside of functions and classes; those inside of blocks come after the blocks."""
        pending: list[ast.AST] = [tree]
        while pending:
            for child in ast.iter_child_nodes(pending.pop(0)):
                if isinstance(child, (ast.stmt, ast.ExceptHandler)):
                    if isinstance(child, ast.stmt):
                        yield child
                    if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                        pending.append(child)

    def _scope_of(self, node: ast.AST) -> ast.AST:
        parent = self.parents.get(node)
        while parent is not None and not isinstance(
            parent,
            (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
        ):
            parent = self.parents.get(parent)
        return parent or self.tree

    def _find_entries(self) -> Iterator[Entry]:
        for call in ast.walk(self.tree):
            if not isinstance(call, ast.Call):
                continue
            called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            scope = self._scope_of(call)
            if not isinstance(scope, _Scope):
                continue
            words = {word.arg: word.value for word in call.keywords}
            target = words.get("target")
            if called == "Process" and isinstance(target, ast.Name) and target.id in self.functions:
                given = words.get("args")
                arguments = given.elts if isinstance(given, (ast.Tuple, ast.List)) else []
                if any(isinstance(argument, ast.Starred) for argument in arguments):
                    arguments = []
                yield Entry(target.id, scope, call, target, arguments, is_process=True)
            elif called in _POOL_METHODS and isinstance(call.func, ast.Attribute) and self._is_pool(call.func.value):
                first = call.args[0] if call.args else None
                if isinstance(first, ast.Name) and first.id in self.functions:
                    arguments = call.args[1:] if called == "submit" else []
                    yield Entry(first.id, scope, call, first, arguments, is_process=False)

    def _pools_of_processes(self) -> set[str]:
        """Return the variables and attributes, as text, that hold a pool of processes, and nothing else.

        Objects of other classes may have the same methods, and run the function in this process.
        """
        pools: set[str] = set()
        others = {node.arg for node in ast.walk(self.tree) if isinstance(node, ast.arg)}
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets, value = (node.targets if isinstance(node, ast.Assign) else [node.target]), node.value
            elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                targets, value = [node.optional_vars], node.context_expr
            elif isinstance(node, (ast.For, ast.comprehension, ast.NamedExpr)):
                targets, value = [node.target], None
            else:
                continue
            texts = {ast.unparse(part) for target in targets for part in _targets(target)}
            (pools if value is not None and self._makes_pool(value) else others).update(texts)
        return pools - others

    def _makes_pool(self, value: ast.expr) -> bool:
        name = _called(value)
        return name in ("Pool", "ProcessPoolExecutor") and name not in self._own_classes and not self._has_threads

    def _is_pool(self, value: ast.expr) -> bool:
        return self._makes_pool(value) or ast.unparse(value) in self._pools

    def _initializers(self) -> Iterator[ast.AST]:
        for call in ast.walk(self.tree):
            if isinstance(call, ast.Call):
                yield from (word.value for word in call.keywords if word.arg == "initializer")

    def _roots(self) -> Iterator[ast.AST]:
        """Yield everything that the parent may run: all code outside of the functions of the module."""
        functions = set(self.functions.values())
        pending: list[ast.AST] = [self.tree]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(child for child in ast.iter_child_nodes(node) if child not in functions)

    def _named(self, nodes: Iterator[ast.AST]) -> set[str]:
        return {
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and node.id in self.functions and node not in self._neutral
        }

    def _reached(self, nodes: Iterator[ast.AST]) -> set[str]:
        """Return the functions that these nodes name, and those that they name in turn."""
        reached: set[str] = set()
        pending = self._named(nodes)
        while pending:
            name = pending.pop()
            reached.add(name)
            pending |= self._named(ast.walk(self.functions[name])) - reached
        return reached

    def only_in_children(self, entry: Entry) -> list[ast.FunctionDef]:
        """Return the function of a child and those that it calls, without what the parent may call as well."""
        names = {entry.function} | self._reached(ast.walk(self.functions[entry.function]))
        return [self.functions[name] for name in sorted(names - self._in_parent)]

    def child_functions(self) -> list[ast.FunctionDef]:
        """Return all functions that a child may run, also those that the parent may run as well."""
        names = {name for entry in self.entries for name in self._reached(ast.walk(self.functions[entry.function]))}
        return [self.functions[name] for name in names | {entry.function for entry in self.entries}]

    def _child_only_names(self) -> set[str]:
        initializers = {node.id for node in self._initializers() if isinstance(node, ast.Name)}
        names = {entry.function for entry in self.entries} | (initializers & self.functions.keys())
        for name in list(names):
            names |= self._reached(ast.walk(self.functions[name]))
        return names - self._in_parent

    def bound_once(self, scope: _Scope | None = None) -> dict[str, ast.expr]:
        """Return the variables of a function, or of the module, that one statement binds, with what they are bound to.

        For the module, assignments in functions that declare the variable as global do not count.
        """
        values: dict[str, ast.expr] = {}
        stores: Counter[str] = Counter()
        for node in self._own_nodes(scope or self.tree):
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if len(targets) == 1 and isinstance(targets[0], ast.Name) and node.value is not None:
                    values[targets[0].id] = node.value
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
                stores[node.id] += 1
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                stores.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                stores.update(dict.fromkeys(node.names, 2))
        if isinstance(scope, ast.FunctionDef):
            stores.update(node.arg for node in ast.walk(scope.args) if isinstance(node, ast.arg))
        return {name: value for name, value in values.items() if stores[name] == 1 or scope is None}

    def _own_nodes(self, scope: _Scope) -> Iterator[ast.AST]:
        """Yield the nodes of a scope without those of functions and classes in it."""
        pending: list[ast.AST] = list(scope.body)
        while pending:
            node = pending.pop()
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
                continue
            yield node
            pending.extend(ast.iter_child_nodes(node))

    def uses_in_parent(self, name: str) -> Iterator[ast.Name]:
        """Yield the uses of a global in code that may run in the parent, but for the statement that binds it."""
        children = {self.functions[name] for name in self._child_only_names()}
        pending: list[ast.AST] = [self.tree]
        bound = False
        while pending:
            node = pending.pop(0)
            if isinstance(node, ast.FunctionDef) and (node in children or name in self.locals_of(node)):
                continue
            if isinstance(node, ast.Name) and node.id == name:
                binds = isinstance(node.ctx, ast.Store) and isinstance(
                    self.parents.get(node),
                    (ast.Assign, ast.AnnAssign),
                )
                if binds and not bound and self._scope_of(node) is self.tree:
                    bound = True
                else:
                    yield node
            pending.extend(ast.iter_child_nodes(node))

    @staticmethod
    def locals_of(function: ast.FunctionDef) -> set[str]:
        """Return the names of the variables and parameters of a function."""
        nodes = list(ast.walk(function))
        declared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        return (stored | {node.arg for node in nodes if isinstance(node, ast.arg)}) - declared

    def uses_in_scope(self, scope: _Scope, name: str) -> Iterator[ast.Name]:
        """Yield the uses of a variable in a function or a module, but for the statement that binds it."""
        pending: list[ast.AST] = list(scope.body)
        while pending:
            node = pending.pop()
            if isinstance(node, ast.FunctionDef) and name in self.locals_of(node):
                continue
            if isinstance(node, ast.Name) and node.id == name and not self._binds(node):
                yield node
            pending.extend(ast.iter_child_nodes(node))

    def _binds(self, node: ast.Name) -> bool:
        return isinstance(node.ctx, ast.Store) and isinstance(self.parents.get(node), (ast.Assign, ast.AnnAssign))

    def read_after(self, entry: Entry, name: str) -> int | None:
        """Return the line at which the parent reads a variable when the child has, or may have, changed it.

        That is after a `join()` that follows, after the call of a pool's method, or in the condition of a loop.
        """
        end = entry.call.end_lineno or entry.call.lineno, entry.call.end_col_offset or 0
        after = self._joined(entry) if entry.is_process else end
        own = sorted(
            (node for node in self._own_nodes(entry.scope) if isinstance(node, ast.expr)),
            key=lambda node: (node.lineno, node.col_offset),
        )
        for node in own:
            place = node.lineno, node.col_offset
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                if after is not None and place > after:
                    return node.lineno
                if place > end and self._in_condition(node):
                    return node.lineno
            if after is not None and place > after and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called = self.functions.get(node.func.id)
                if called is not None and called.name not in self._all_child_names():
                    line = self._reads(called, name)
                    if line is not None and name not in self.locals_of(called):
                        return line
        return None

    def adds_to(self, entry: Entry, name: str) -> bool:
        """Return whether the functions of a child compute the new content of a global from the old: `total += 1`."""
        nodes = [node for function in self.only_in_children(entry) for node in ast.walk(function)]
        return any(
            name in _names(node.target)
            if isinstance(node, ast.AugAssign)
            else isinstance(node, ast.Assign) and name in _names(*node.targets) and name in _names(node.value)
            for node in nodes
        )

    def is_used_in_children(self, name: str) -> bool:
        """Return whether any function that a child may run does more with a global than to change and to show it."""
        return any(
            isinstance(node, ast.Name) and node.id == name and is_used(node, self.parents)
            for function in self.child_functions()
            for node in ast.walk(function)
        )

    def is_changed_by_starter(self, entry: Entry, name: str) -> bool:
        """Return whether the function that starts a child, which may run in a child itself, changes a global."""
        if not isinstance(entry.scope, ast.FunctionDef):
            return False
        names = self._reached(ast.walk(entry.scope)) & self.functions.keys()
        functions = [entry.scope, *(self.functions[called] for called in names)]
        return any(True for function in functions for _ in changes_of(function, name))

    def is_expected(self, name: str, value: ast.expr) -> bool:
        """Return whether the parent asserts that a global still has the value that it was bound to at first."""
        return any(
            isinstance(statement, ast.Assert)
            and isinstance(statement.test, ast.Compare)
            and {ast.unparse(statement.test.left), *map(ast.unparse, statement.test.comparators)}
            == {name, ast.unparse(value)}
            for statement in ast.walk(self.tree)
        )

    def is_read_in_children(self, name: str) -> bool:
        """Return whether any function that a child may run reads a global."""
        return any(self._reads(function, name) is not None for function in self.child_functions())

    def may_be_left(self, loop: ast.While) -> bool:
        """Return whether an exception that is meant to be may end a loop, and with it the process."""
        node, parent = loop, self.parents.get(loop)
        while parent is not None:
            if isinstance(parent, ast.Try) and parent.handlers and node in parent.body:
                return True
            if isinstance(parent, (ast.With, ast.AsyncWith)):
                return True
            node, parent = parent, self.parents.get(parent)
        called = [self.functions[name] for name in self._reached(ast.walk(loop))]
        return any(
            isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _called(node) in _ENDS)
            for function in (loop, *called)
            for node in ast.walk(function)
        )

    def _all_child_names(self) -> set[str]:
        return {function.name for function in self.child_functions()}

    @staticmethod
    def _reads(function: ast.FunctionDef, name: str) -> int | None:
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                return node.lineno
        return None

    def _in_condition(self, node: ast.AST) -> bool:
        parent = self.parents.get(node)
        while isinstance(parent, ast.expr):
            node, parent = parent, self.parents.get(parent)
        return isinstance(parent, ast.While) and parent.test is node

    def _joined(self, entry: Entry) -> tuple[int, int] | None:
        """Return the end of the first `join()` of a process behind the statement that makes one."""
        nodes = list(self._own_nodes(entry.scope))
        processes = holders(nodes, lambda value: _called(value) in ("Process", "active_children"))
        return min(joined(nodes, processes, entry.call.lineno), default=None)

    def change_after(self, entry: Entry, name: str) -> int | None:
        """Return the line at which the code that starts a child, and no other, assigns a global after `start()`."""
        uses = list(self.uses_in_parent(name))
        starts = [
            node.lineno
            for node in self._own_nodes(entry.scope)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "start"
        ]
        if not starts or not uses or not all(self._is_assigned_constant(node) for node in uses):
            return None
        if any(self._scope_of(node) is not entry.scope or node.lineno <= min(starts) for node in uses):
            return None
        return min(node.lineno for node in uses)

    def _is_assigned_constant(self, node: ast.Name) -> bool:
        statement = self.parents.get(node)
        return isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)

    def ends_children(self, scope: _Scope) -> bool:
        """Return whether a function calls `terminate()` or `kill()` or ends the program."""
        return any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ENDS
            for node in self._own_nodes(scope)
        )


def _names(*nodes: ast.AST) -> set[str]:
    return {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}


def _called(value: ast.expr) -> str:
    """Return the name of the function or class that an expression calls; empty for other expressions."""
    if not isinstance(value, ast.Call):
        return ""
    return value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")


def _targets(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _targets(element)
    else:
        yield target
