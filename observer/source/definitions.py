"""Finds the functions and classes of a program by their names, in its file and in the modules beside it.

The modules are searched as text, since to parse one takes about a hundred times as long. Only those that define a name
that is asked for are parsed.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path

from .parsing import parse

_MAX_FILE_BYTES = 2_000_000
_MAX_FILES = 50
_MAX_PARSED_BYTES = 300_000
"""Parsing this much takes about 0.2 s, during which nothing else is read."""
_FIRST_CALLED = ("__init__", "__call__", "__enter__", "__exit__", "run")
"""Methods of a class that are called without being named."""
_DEFINITION = re.compile(rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+\.*([\w.]*)[ \t]*import[ \t]*(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))", re.MULTILINE
)
_NAME = re.compile(rb"[\w.]+")
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Definitions:
    """The definitions of a file, and of those that it imports from its own folder."""

    def __init__(self, file: Path, module: ast.Module) -> None:
        """Search the modules beside a file.

        Args:
            file: the file.
            module: its syntax tree.
        """
        self.module = module
        self._file = file
        self._files: dict[bytes, list[Path]] = defaultdict(list)
        """The files that define a name."""
        self._parsed: dict[Path, dict[str, list[ast.AST]]] = {}
        self._bytes_left = _MAX_PARSED_BYTES
        for path, text in _reachable(file):
            for name in {*_DEFINITION.findall(text)}:
                self._files[name].append(path)

    def at_line(self, line: int) -> list[ast.AST]:
        """Return the functions of the file itself whose code objects name this first line."""
        return self._by_line.get(line, [])

    def named(self, name: str) -> list[ast.AST]:
        """Return the functions with this name, and what is called first of the classes with this name."""
        return [node for file in self._files.get(name.encode(), ()) for node in self._definitions(file).get(name, ())]

    @cached_property
    def _by_line(self) -> dict[int, list[ast.AST]]:
        by_line: dict[int, list[ast.AST]] = defaultdict(list)
        for node in ast.walk(self.module):
            if isinstance(node, _Function):
                decorators = getattr(node, "decorator_list", [])
                by_line[min([node.lineno, *(decorator.lineno for decorator in decorators)])].append(node)
        return by_line

    def _definitions(self, file: Path) -> dict[str, list[ast.AST]]:
        if file not in self._parsed:
            tree = self.module if file == self._file else self._parse(file)
            self._parsed[file] = _by_name(tree) if tree is not None else {}
        return self._parsed[file]

    def _parse(self, file: Path) -> ast.Module | None:
        text = _read(file)
        if len(text) > self._bytes_left:
            return None
        self._bytes_left -= len(text)
        return _tree(text)


@lru_cache(maxsize=32)
def definitions_for(file: Path, changed: int) -> Definitions | None:  # noqa: ARG001 (a new key for a changed file)
    """Return the definitions that a file can name; None if it cannot be read or parsed.

    Args:
        file: the file.
        changed: the time of its last change, in nanoseconds.
    """
    tree = _tree(_read(file))
    return Definitions(file, tree) if tree is not None else None


def _by_name(tree: ast.Module) -> dict[str, list[ast.AST]]:
    by_name: dict[str, list[ast.AST]] = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            by_name[node.name].append(node)
        elif isinstance(node, ast.ClassDef):
            by_name[node.name] += [part for part in node.body if getattr(part, "name", "") in _FIRST_CALLED]
    return by_name


def _tree(text: bytes) -> ast.Module | None:
    try:
        return parse(text) if text else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _read(file: Path) -> bytes:
    """Return the content of a file; nothing if it is too large or cannot be read."""
    try:
        if file.is_file() and file.stat().st_size <= _MAX_FILE_BYTES:
            return file.read_bytes()
    except OSError:
        pass
    return b""


def _reachable(file: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield a file and those that it imports from its own folder, each with its content."""
    found, pending = {file}, [file]
    while pending:
        path = pending.pop()
        text = _read(path)
        yield path, text
        for other in _imported(path, text):
            if other not in found and len(found) < _MAX_FILES and other.is_file():
                found.add(other)
                pending.append(other)


def _imported(file: Path, text: bytes) -> Iterator[Path]:
    """Yield the files beside the program that a module may import."""
    folders = [file.parent]
    while (folders[-1] / "__init__.py").is_file():
        folders.append(folders[-1].parent)
    # The standard library calls nothing of the program.
    folders = [folder for folder in folders if not (folder / "os.py").is_file()]
    for name in _imported_names(text) if folders else ():
        parts = name.split(".")
        for folder in folders:
            yield from (folder.joinpath(*parts[:-1], f"{parts[-1]}.py"), folder.joinpath(*parts, "__init__.py"))


def _imported_names(text: bytes) -> set[str]:
    """Return the names of modules that the statements of a module may import."""
    found: set[bytes] = set()
    for package, names, modules in _IMPORT.findall(text):
        found |= {*_NAME.findall(modules), package}
        found |= {name if not package else package + b"." + name for name in _NAME.findall(names)}
    return {name.decode().strip(".") for name in found if name.strip(b".") and name.isascii()}
