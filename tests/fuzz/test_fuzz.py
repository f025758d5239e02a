"""A few cases of each fuzzer. `make fuzz` tries them for an hour."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import FUZZERS, fuzz

SECONDS = 60.0
"""The time limit. On a busy machine fewer cases are tried."""
CASES = 3


@pytest.mark.parametrize("name", FUZZERS)
def test_nothing_breaks_on_a_few_damaged_files(name: str) -> None:
    assert fuzz(name, 20, SECONDS, max_cases=CASES) == []
