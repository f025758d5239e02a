"""Tells whether a program uses more of managers than `multiprocessing.Manager()`."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

from .parsing import parse

_LARGEST_BYTES = 2_000_000
_MORE = frozenset({"SyncManager", "BaseManager", "get_server", "authkey"})
"""Names without which a program gives a manager no classes and no address of its own, and no other program access."""


def extends_managers(path: str) -> bool:
    """Return whether a manager of a source file may have more users, or do more, than the file shows.

    Args:
        path: of the file; True for one that cannot be read.
    """
    try:
        status = Path(path).stat()
        return _extends(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return True


@lru_cache(maxsize=16)
def _extends(path: str, _changed: int, size: int) -> bool:
    if size > _LARGEST_BYTES:
        return True
    for node in ast.walk(parse(Path(path).read_bytes())):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if name in _MORE:
            return True
        if isinstance(node, ast.ImportFrom) and any(alias.name in _MORE for alias in node.names):
            return True
    return False
