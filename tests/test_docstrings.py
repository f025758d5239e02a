"""Docstrings are sentences or noun phrases, and can be read without the code around them.

The docstring of a function begins in the imperative.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FRAGMENT = re.compile(
    r'^\s*r?"""(?:Of|As|For|What|Whatever|Whether|Who|Whoever|How|However|When|Where|[a-z_]+:) .*', re.MULTILINE
)
INDICATIVE = re.compile(
    r"(?!Guess|Pass|Press|Process|Compress|Focus|Journals|Nanoseconds|Seconds)[A-Z][a-z]+s\b"
    r"|[^.]*\b(?:and|or|;) returns\b"
)
"""The first line of what a function does as "Returns …". The excluded words are imperatives, or plural nouns."""
NOT_OURS = ("tests/cases/", "tests/probe/programs/")
"""Programs that are written as people write."""


def test_no_docstring_begins_as_a_fragment() -> None:
    found = [
        f"{path}: {fragment[0].strip()}"
        for folder in ("probe", "observer", "widgets", "tui", "tests", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith(NOT_OURS)
        for fragment in FRAGMENT.finditer(path.read_text())
    ]
    assert found == []


def test_what_a_function_does_is_said_in_the_imperative() -> None:
    found = [
        f"{path}: {docstring.partition(chr(10))[0]}"
        for folder in ("observer", "widgets", "tui", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (docstring := ast.get_docstring(node)) is not None
        and INDICATIVE.match(docstring)
    ]
    assert found == []
