"""Parameters of tests that repeat the same behaviour: the fast suite has a few of them, `make test-all` all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def fast_first(values: Iterable[Any], fast: int = 1, *, ids: Iterable[str] | None = None) -> list[Any]:
    """Return parameters of which all but the first ones are marked slow.

    Args:
        values: one for each parameter, a tuple where a test has several arguments.
        fast: how many belong to the fast suite.
        ids: a name for each, where pytest finds none in the values.
    """
    names = iter(ids or ())
    sets: list[tuple[Any, ...]] = [value if isinstance(value, tuple) else (value,) for value in values]
    return [
        pytest.param(*arguments, id=next(names, None), marks=() if number < fast else pytest.mark.slow)
        for number, arguments in enumerate(sets)
    ]
