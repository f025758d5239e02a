from __future__ import annotations

import math

import pytest
from rockproc.widgets.formatting import quantities


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "00:00.0"), (12.44, "00:12.4"), (59.99, "00:59.9"), (61, "01:01.0"), (3599.99, "59:59.9"), (3725, "1:02:05")],
)
def test_clock(seconds: float, shown: str) -> None:
    assert quantities.clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-1, "0µs"), (0.00004, "40µs"), (0.012, "12ms"), (2.14, "2.1s"), (185, "3m05"), (7260, "2h01")],
)
def test_span(seconds: float, shown: str) -> None:
    assert quantities.span(seconds) == shown


@pytest.mark.parametrize("count", [0, 1, 999, 1_000, 1_023, 1_024, 50_000, 999_999, 11_500_000, 10**9, 10**12, 10**15])
def test_sizes_are_short(count: int) -> None:
    assert 1 <= len(quantities.size(count)) <= 5
    assert len(quantities.count(count)) <= 5


def test_sizes_and_counts() -> None:
    assert [quantities.size(number) for number in (None, 0, 512, 1536, 11_500_000)] == ["", "0B", "512B", "1.5k", "11M"]
    assert [quantities.count(number) for number in (7, 1_240, 8_200, 3_400_000)] == ["7", "1.2k", "8.2k", "3.4M"]


def test_bars() -> None:
    assert quantities.bars([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert quantities.bars([0, 1, 2, 3], 2) == "▁█"
    assert quantities.bars([], 5) == ""
    assert quantities.bars([3, 3, 3], 5) == "▄▄▄"
    assert quantities.bars([0, 0, 0], 5, (0, 0)) == "▁▁▁"
    assert len(quantities.bars([1.0, math.nan, math.inf, 2.0], 8)) == 4
    assert len(quantities.bars([-1e308, 1e308], 8)) == 2
