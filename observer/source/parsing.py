"""The syntax tree of a program, for any thread."""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()
"""A lock: Python 3.11 counts the recursion of all threads together, so that parsing may fail in two (gh-106905)."""


def parse(source: str | bytes) -> ast.Module:
    """Return the syntax tree. Raises the same exceptions as `ast.parse`."""
    with _ONE_AT_A_TIME:
        return ast.parse(source)
