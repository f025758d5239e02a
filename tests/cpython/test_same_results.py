"""CPython's own multiprocessing tests give the same results under observation as without it, test by test.

Of the interpreter that runs the tests alone; `make test-cpython` takes them all.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cpython.compare import HOURGLASS, compare
from tests.scenarios.alone import METHODS


@pytest.mark.slow
@pytest.mark.timeout(2 * HOURGLASS + 60)
@pytest.mark.parametrize("method", METHODS)
def test_same_results(method: str) -> None:
    comparison = compare("this one", Path(sys.executable), method, "multiprocessing")
    if comparison.skipped:
        pytest.skip(comparison.skipped)
    assert comparison.different == {}
    assert comparison.tests > 300
