"""The syntax tree of a program, for any thread."""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()
"""Python 3.11 counts the depth of all threads together, and raises SystemError when two are at it (gh-106905)."""


def parse(source: str | bytes) -> ast.Module:
    """Raises what `ast.parse` does."""
    with _ONE_AT_A_TIME:
        return ast.parse(source)
