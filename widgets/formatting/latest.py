"""Keeps the last results of a computation for several parts of one frame."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Result = TypeVar("Result")
_MAX_KEYS = 16
"""The number of results of one view that are kept."""


class Latest(Generic[Result]):
    """Computes once for each view and key: the same text may be requested in several widths."""

    def __init__(self) -> None:
        self._view: object = None
        self._results: dict[Hashable, Result] = {}

    def forget(self) -> None:
        """Drop the view, as it keeps the shared memory of its run open."""
        self._view, self._results = None, {}

    def of(self, view: object, key: Hashable, compute: Callable[[], Result]) -> Result:
        """Return what `compute` returns, or has returned for the same view and an equal key."""
        if view is not self._view or len(self._results) > _MAX_KEYS:
            self._view, self._results = view, {}
        if key not in self._results:
            self._results[key] = compute()
        return self._results[key]
