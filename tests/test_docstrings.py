"""Docstrings are sentences or noun phrases, and can be read without the code around them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FRAGMENT = re.compile(
    r'^\s*r?"""(?:Of|As|What|Whatever|Whether|Who|Whoever|How|However|When|Where|[a-z_]+:) .*', re.MULTILINE
)
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
