"""Joins the syntax tree of a file with those of the modules beside it that it imports.

A global of such a module gets the module's name in front, `shared_state.counter`, and is then followed like a global of
the file itself. A module that a further file in the folder imports as well is left out: that file may change it.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

import msgspec

from ..model import Site
from .parsing import parse
from .rebinding import binds_by_text
from .variable_changes import is_container

_MAX_FILES, _MAX_ENTRIES, _MAX_BYTES = 200, 5_000, 5_000_000
"""The Python files, the files and folders of all kinds, and the bytes among which other files that import a module are
searched for. In a larger folder, such as one's home, this takes too long."""
_LINES = 10_000_000
"""Lines of the first module begin after this number, those of the second after twice of it."""
_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Scope = (*_Definition, ast.Lambda)


class JoinedModules(msgspec.Struct):
    tree: ast.Module
    paths: list[str]
    """The path of the file, and those of the modules."""
    unclear: set[str]
    """Names that mean one thing in one function and another one in the next."""

    def site(self, line: int) -> Site:
        """Return the place of a line of the tree."""
        index, own = divmod(line, _LINES)
        return Site(self.paths[index], own)


def joined_modules(tree: ast.Module, path: str) -> JoinedModules | None:
    """Return the joined tree; None if the file imports no module of which all uses are known.

    Args:
        tree: of the file; it is changed.
        path: of the file.
    """
    imports = _Imports(tree)
    joined = JoinedModules(ast.Module([], []), [path], set())
    sources: dict[Path, bytes] | None = None
    for name in dict.fromkeys([*imports.modules.values(), *imports.names.values()]):
        file = Path(path).parent / f"{name.partition('.')[0]}.py"
        if str(file) in joined.paths or not file.is_file():
            continue
        if sources is None:
            sources = _sources(file.parent) or {}
        if file not in sources or _is_imported_by_others(file, Path(path), sources):
            continue
        module = parse(sources[file])
        if not binds_by_text(module):
            joined.paths.append(str(file))
            _qualify_module(module, file.stem, joined)
            joined.tree.body.extend(module.body)
    imports.keep({Path(file).stem for file in joined.paths[1:]}, joined)
    uses = _Uses(imports)
    uses.visit(tree)
    if len(joined.paths) < 2 or uses.used_otherwise or "*" in imports.names:
        return None
    joined.tree.body.extend(statement for statement in tree.body if not imports.is_from_module(statement))
    _leave_out_unused(joined)
    return joined


def _leave_out_unused(joined: JoinedModules) -> None:
    """Drop the functions of modules that nothing calls: no other file imports these modules."""
    body = joined.tree.body
    while True:
        named = {
            node.id
            for statement in body
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and node.id != getattr(statement, "name", "")
        }
        used = [
            statement
            for statement in body
            if not isinstance(statement, ast.FunctionDef) or "." not in statement.name or statement.name in named
        ]
        if len(used) == len(body):
            return
        body[:] = used


class _Imports:
    """The imports at the top level of a file that may be of modules beside it."""

    def __init__(self, tree: ast.Module) -> None:
        self.modules: dict[str, str] = {}
        """Names of modules, by the names that the file gives them."""
        self.names: dict[str, str] = {}
        """`module.name` of what was imported from a module, by the names that the file gives it."""
        for statement in tree.body:
            if isinstance(statement, ast.Import):
                self.modules |= {
                    alias.asname or alias.name: alias.name for alias in statement.names if "." not in alias.name
                }
            elif isinstance(statement, ast.ImportFrom) and statement.module and "." not in statement.module:
                self.names |= {
                    alias.asname or alias.name: f"{statement.module}.{alias.name}" for alias in statement.names
                }

    def keep(self, modules: set[str], joined: JoinedModules) -> None:
        """Drop names from other modules than these, and mark imported variables as unclear: they may be copies."""
        self.modules = {alias: name for alias, name in self.modules.items() if name in modules}
        self.names = {alias: name for alias, name in self.names.items() if name.partition(".")[0] in modules}
        lasting = {statement.name for statement in joined.tree.body if isinstance(statement, _Definition)}
        for statement in joined.tree.body:
            if isinstance(statement, ast.Assign) and is_container(statement.value):
                lasting |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
        joined.unclear |= set(self.names.values()) - lasting

    def is_from_module(self, statement: ast.stmt) -> bool:
        """Return whether a statement imports names from a module that was kept."""
        return isinstance(statement, ast.ImportFrom) and any(
            name.startswith(f"{statement.module}.") for name in self.names.values()
        )


def _sources(folder: Path) -> dict[Path, bytes] | None:
    """Return all Python files below a folder; None where there is too much to read, or a file cannot be read."""
    sources: dict[Path, bytes] = {}
    entries = size = 0
    for parent, folders, names in os.walk(folder):
        entries += len(folders) + len(names)
        if entries > _MAX_ENTRIES:
            return None
        for file in (Path(parent, name) for name in names if name.endswith(".py")):
            try:
                status = file.stat()
                size += status.st_size
                if not S_ISREG(status.st_mode) or size > _MAX_BYTES or len(sources) >= _MAX_FILES:
                    return None
                sources[file] = file.read_bytes()
            except OSError:
                return None
    return sources


def _is_imported_by_others(module: Path, importer: Path, sources: dict[Path, bytes]) -> bool:
    """Return whether another file of the folder than `importer` may import a module."""
    name = re.escape(os.fsencode(module.stem))
    imports = re.compile(rb"\bimport\b.*\b" + name + rb"\b|\b" + name + rb"\b.*\bimport\b")
    return any(imports.search(source) for file, source in sources.items() if file not in (module, importer))


def _qualify_module(module: ast.Module, name: str, joined: JoinedModules) -> None:
    """Put the module's name in front of its globals, and give its lines numbers of their own."""
    inside = {part for node in module.body for part in _locals(node)}
    own = {part for node in module.body for part in _bound(node)}
    joined.unclear |= {f"{name}.{part}" for part in own & inside}
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and node.id in own - inside:
            node.id = f"{name}.{node.id}"
        elif isinstance(node, ast.Global):
            node.names = [f"{name}.{part}" if part in own - inside else part for part in node.names]
    offset = _LINES * (len(joined.paths) - 1)
    for statement in module.body:
        if isinstance(statement, _Definition) and statement.name in own - inside:
            statement.name = f"{name}.{statement.name}"
        for node in ast.walk(statement):
            if isinstance(node, (ast.stmt, ast.expr)):
                # The import executes statements at the top level before everything in the file.
                moved = offset + node.lineno if isinstance(statement, _Definition) else 0
                node.end_lineno = moved + (node.end_lineno or node.lineno) - node.lineno
                node.lineno = moved


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement at the top level of a module binds."""
    if isinstance(statement, _Definition):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Global):
            yield from node.names


def _locals(statement: ast.stmt) -> Iterator[str]:
    """Yield the names of variables and parameters of the functions inside a statement."""
    for scope in ast.walk(statement):
        if not isinstance(scope, _Scope):
            continue
        nodes = list(ast.walk(scope))
        declared = {name for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
        yield from (node.arg for node in nodes if isinstance(node, ast.arg))
        yield from (
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in declared
        )


class _Uses(ast.NodeTransformer):
    """Makes one name of each `module.name` in a file."""

    def __init__(self, imports: _Imports) -> None:
        self._imports = imports
        self.used_otherwise = False
        """True if a module is used in another way, or its name or that of something from it for something else."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id in self._imports.modules:
            name = ast.Name(f"{self._imports.modules[node.value.id]}.{node.attr}", node.ctx)
            return ast.copy_location(name, node)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        imports = self._imports
        self.used_otherwise |= node.id in imports.modules
        if node.id in imports.names:
            self.used_otherwise |= not isinstance(node.ctx, ast.Load)
            node.id = imports.names[node.id]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.used_otherwise |= node.arg in self._imports.modules or node.arg in self._imports.names
        return self.generic_visit(node)
