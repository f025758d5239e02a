"""CPython's own multiprocessing tests give the same results under observation as without it, test by test.

Of the interpreter that runs the tests alone; `make test-cpython` takes them all.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.comparison import Differences, write_row
from tests.cpython.compare import HEADER, PASS_TIMEOUT_SECONDS, Comparison, compare, place
from tests.scenarios.alone import METHODS


@pytest.mark.slow
@pytest.mark.timeout(2 * PASS_TIMEOUT_SECONDS + 60)
@pytest.mark.parametrize("method", METHODS)
def test_same_results(method: str) -> None:
    comparison = compare("this one", Path(sys.executable), method, "multiprocessing")
    if comparison.skipped:
        pytest.skip(comparison.skipped)
    assert comparison.differences.different == {}
    assert comparison.tests > 300


def test_a_row_takes_the_place_of_the_older_one(tmp_path: Path) -> None:
    document = tmp_path / "table.md"
    document.write_text(f"Before.\n\n{HEADER}\n| 3.8 | fork | multiprocessing | 1 | 1 | 0 |  | old |\n\nAfter.\n")
    write_row(document, Comparison("3.15", "fork", "multiprocessing", tests=3).row("new"), HEADER, place)
    write_row(document, Comparison("3.9", "spawn", "multiprocessing", tests=2).row("new"), HEADER, place)
    write_row(
        document,
        Comparison("3.8", "fork", "multiprocessing", tests=5, differences=Differences(["a.b"])).row("new"),
        HEADER,
        place,
    )
    assert document.read_text() == (
        f"Before.\n\n{HEADER}\n"
        "| 3.8 | fork | multiprocessing | 5 | 4 | 0 | a.b (flaky) | new |\n"
        "| 3.9 | spawn | multiprocessing | 2 | 2 | 0 |  | new |\n"
        "| 3.15 | fork | multiprocessing | 3 | 3 | 0 |  | new |\n"
        "\nAfter.\n"
    )
