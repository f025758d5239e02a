"""Tests that take long begin early."""

from __future__ import annotations

from tests.order import begin_with


def parts(count: int, workers: int) -> list[int]:
    """Return where the part of each worker begins, as xdist divides the tests."""
    begins: list[int] = []
    left = count
    for number in range(workers):
        begins.append(count - left)
        left -= left // (workers - number)
    return begins


def test_a_third_of_the_workers_begin_with_the_early_tests() -> None:
    early, others = list("ABCDE"), list(map(str, range(45)))
    order = begin_with(early, others, 6)
    assert sorted(order) == sorted([*early, *others])
    first, second, *more = (order[begin:] for begin in parts(50, 6))
    assert (first[:3], second[:2]) == (list("ACE"), list("BD"))
    assert not any(part[0] in early for part in more)
    assert [item for item in order if item in others] == others


def test_no_test_is_lost_where_most_are_early() -> None:
    for count in range(8):
        others = list(map(str, range(count)))
        assert sorted(begin_with(list("ABCDE"), others, 3)) == sorted([*"ABCDE", *others])
