"""The last result of a computation, for what several parts of one frame need."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Latest(Generic[Result]):
    """Computes again only if the view is another object or the key another value."""

    def __init__(self) -> None:
        self._view: object = None
        self._key: Hashable = None
        self._result: Result | None = None

    def forget(self) -> None:
        """Let the view go, which keeps the shared memory of its run open."""
        self._view, self._key, self._result = None, None, None

    def of(self, view: object, key: Hashable, compute: Callable[[], Result]) -> Result:
        """Return what `compute` returns, or has returned for the same view and an equal key."""
        if self._result is None or view is not self._view or key != self._key:
            self._view, self._key, self._result = view, key, compute()
        return self._result
