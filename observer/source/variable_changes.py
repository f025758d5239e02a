"""Finds the statements of a function that change a variable of the module, and distinguishes reads from other uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_CHANGES = frozenset(
    [
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "extendleft",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
        "subtract",
    ],
)
"""Methods of the standard containers that change them."""
_CONTAINERS = frozenset({"list", "dict", "set", "bytearray", "Counter", "defaultdict", "deque", "OrderedDict"})
CONTAINER_NAMES = frozenset({*_CONTAINERS, "collections", "np", "numpy"})
"""Names that containers are made by, unless a module binds them to something else."""
_FACTORIES = frozenset({*_CONTAINERS, "int", "float", "str", "bool"})
_ARRAYS = frozenset({"zeros", "ones", "empty", "full", "zeros_like", "ones_like"})
"""Functions of numpy that make an array in the memory of their process."""
_READERS = frozenset(
    [
        "all",
        "any",
        "bool",
        "dict",
        "enumerate",
        "float",
        "format",
        "frozenset",
        "int",
        "len",
        "list",
        "max",
        "min",
        "print",
        "repr",
        "reversed",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "zip",
    ],
)
"""Functions that do not change their arguments."""
_SHOWS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "write"})
"""Methods that show their arguments to the user."""
_READING_METHODS = frozenset(
    [
        "copy",
        "count",
        "debug",
        "error",
        "get",
        "index",
        "info",
        "items",
        "join",
        "keys",
        "most_common",
        "max",
        "mean",
        "min",
        "sum",
        "tolist",
        "values",
        "warning",
    ],
)


def is_plain(value: ast.expr) -> bool:
    """Return whether it is a constant or a new container: an object of its process alone."""
    return isinstance(value, ast.Constant) or _is_negative(value) or is_container(value)


def _is_negative(value: ast.expr) -> bool:
    return isinstance(value, ast.UnaryOp) and isinstance(value.operand, ast.Constant)


def is_container(value: ast.expr) -> bool:
    """Return whether it makes a container whose items, as far as they are seen, are constants or containers as well."""
    if isinstance(value, (ast.List, ast.Set, ast.Tuple)):
        return all(is_plain(item) for item in value.elts)
    if isinstance(value, ast.Dict):
        return all(is_plain(item) for item in value.values)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        return is_container(value.left) or is_container(value.right)
    if isinstance(value, ast.Call):
        return _is_made_empty(value)
    return isinstance(value, ast.ListComp) and is_plain(value.elt)


def is_filler(value: ast.expr) -> bool:
    """Return whether it makes a container without content of its own, such as `[]`, `{}` and `[0] * n`."""
    if isinstance(value, (ast.List, ast.Set)):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.values
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        return is_container(value)
    return isinstance(value, ast.Call) and _is_made_empty(value)


def _is_made_empty(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return _makes_empty(function.id, call)
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    if function.value.id == "collections":
        return _makes_empty(function.attr, call)
    return function.value.id in ("np", "numpy") and function.attr in _ARRAYS


def _makes_empty(name: str, call: ast.Call) -> bool:
    """Return whether a call of a container's class gets nothing that could be, or make, an object shared otherwise."""
    if name not in _CONTAINERS or any(word.arg != "maxlen" and not is_plain(word.value) for word in call.keywords):
        return False
    if name == "defaultdict":
        return all(isinstance(factory, ast.Name) and factory.id in _FACTORIES for factory in call.args)
    return not call.args


def changes_of(function: ast.FunctionDef, name: str, *, parameter: bool = False) -> Iterator[tuple[ast.expr, bool]]:
    """Yield each place where a function changes a variable, and whether the object itself is changed.

    Args:
        function: in which the variable is looked for.
        name: of a global of its module, or of a parameter.
        parameter: the variable is a parameter, and not a global.
    """
    nodes = list(ast.walk(function))
    declared = any(isinstance(node, ast.Global) and name in node.names for node in nodes)
    stored = [node for node in nodes if isinstance(node, ast.Name) and node.id == name and _is_stored(node)]
    if declared and not parameter:
        yield from ((node, False) for node in stored)
    elif stored or _parameters(nodes).count(name) > (1 if parameter else 0):
        return  # a variable of the function, or of one in it, which may be any object
    for node in nodes:
        if isinstance(node, ast.Name) and node.id == name and not _is_stored(node):
            continue
        changed = changed_in_place(node)
        if isinstance(changed, ast.Name) and changed.id == name:
            yield changed, True


def _parameters(nodes: list[ast.AST]) -> list[str]:
    return [node.arg for node in nodes if isinstance(node, ast.arg)]


def _is_stored(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))


def is_loaded(name: ast.Name) -> bool:
    """Return whether a variable is neither assigned nor deleted: its object is a constant, which nothing can change."""
    return isinstance(name.ctx, ast.Load)


def changed_in_place(node: ast.AST) -> ast.expr | None:
    """Return the object that a call or an assignment changes, such as `x` of `x.append(1)` and `x[0] = 1`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        return _base(node.func.value)
    if isinstance(node, ast.Subscript) and _is_stored(node):
        return _base(node)
    return None


def is_conditional(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Return whether its function may end without an exception and not have executed a statement."""
    parent = parents.get(node)
    while parent is not None and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        if isinstance(parent, (ast.If, ast.IfExp)) and node is not parent.test:
            return True
        if isinstance(parent, (ast.ExceptHandler, ast.match_case)):
            return True
        node, parent = parent, parents.get(parent)
    return False


def is_used(node: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Return whether a process does more with a variable or attribute than to change and to show it.

    It looks something up in it, decides by it, or sends it. Such a variable may be meant for the process alone.
    """
    if _is_stored(node):
        return False
    text = ast.unparse(node)
    child: ast.AST = node
    parent = parents.get(child)
    while isinstance(parent, ast.Subscript) and parent.value is child:
        if _is_stored(parent):
            return False
        child, parent = parent, parents.get(parent)
    if isinstance(parent, ast.Attribute) and parent.attr in _CHANGES:
        return not isinstance(parents.get(parents.get(parent, parent)), ast.Expr)
    while isinstance(parent, (ast.expr, ast.keyword)):
        if isinstance(parent, ast.Call) and _is_shown_by(parent.func) and child is not parent.func:
            return False
        child, parent = parent, parents.get(parent)
    if isinstance(parent, (ast.Assign, ast.AugAssign)):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        return all(ast.unparse(_base(target)) != text for target in targets)
    return True


def _is_shown_by(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id == "print"
    return isinstance(function, ast.Attribute) and function.attr in _SHOWS


def _base(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Subscript):
        node = node.value
    return node


def only_reads(name: ast.Name, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Return whether the use of a variable in an expression cannot change its object, nor hand it on."""
    if _is_stored(name):
        return False
    node: ast.AST = name
    parent = parents.get(node)
    while isinstance(parent, ast.Subscript) and parent.value is node:
        if _is_stored(parent):
            return False
        node, parent = parent, parents.get(parent)
    if isinstance(parent, ast.Attribute):
        call = parents.get(parent)
        return isinstance(call, ast.Call) and call.func is parent and parent.attr in _READING_METHODS
    if isinstance(parent, ast.Starred):
        parent = parents.get(parent)
    if isinstance(parent, ast.Call):
        return _is_reader(parent.func)
    if isinstance(parent, ast.AugAssign):
        return parent.target is not node
    return isinstance(
        parent,
        (
            ast.FormattedValue,
            ast.Compare,
            ast.BinOp,
            ast.UnaryOp,
            ast.BoolOp,
            ast.If,
            ast.While,
            ast.Assert,
            ast.For,
            ast.comprehension,
            ast.Subscript,
            ast.IfExp,
        ),
    )


def _is_reader(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _READERS
    return isinstance(function, ast.Attribute) and function.attr in (*_READING_METHODS, "write", "dumps", "format")
