"""The order in which several workers run the tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def begin_with(early: Sequence[Item], others: Sequence[Item], workers: int) -> list[Item]:
    """Return an order in which a third of the workers begin with the early tests, while the others need the processors.

    xdist gives each worker a part of all tests that follow one another, and later takes tests from the end of one
    worker's part for another worker that has none left. A test of ten seconds that begins last would make the others
    wait for it.

    Args:
        early: tests that take seconds, in which they mostly wait.
        others: all other tests.
        workers: the number of processes that run tests.
    """
    order: list[Item] = []
    used = 0
    waiting = max(workers // 3, 1)
    for number in range(workers):
        first = early[number::waiting] if number < waiting else early[:0]
        size = (len(early) + len(others) - len(order)) // (workers - number)
        more = others[used : used + max(size - len(first), 0)]
        used += len(more)
        order += [*first, *more]
    return order
