"""The page about CPython's own tests names the findings that they provoke."""

from __future__ import annotations

from tests.cpython.compare import DOCUMENT
from tests.cpython.reviewed import REVIEWED


def test_each_reviewed_finding_is_on_the_page() -> None:
    page = DOCUMENT.read_text()
    _, _, listed = page.partition("## Findings in these tests")
    rows = [f"| `{each.test}` | `{each.rule}` | {each.reason} |" for each in REVIEWED]
    assert [line for line in listed.splitlines() if line.startswith("| `")] == rows
