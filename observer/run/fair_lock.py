"""A lock whose busiest holder lets the others have it in between."""

from __future__ import annotations

import threading
import time
from types import TracebackType

_PAUSE_SECONDS = 0.0005
"""Seconds for which the busiest holder sleeps, so that one who waits wakes up."""


class FairLock:
    """An RLock that threads get in the order of their requests.

    Python's own is not fair: a thread that releases it and acquires it again at once leaves no chance to the others.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._counting = threading.Lock()
        self._waiting = 0

    def __enter__(self) -> None:
        if self._lock.acquire(blocking=False):
            return
        with self._counting:
            self._waiting += 1
        self._lock.acquire()
        with self._counting:
            self._waiting -= 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def give_way(self) -> None:
        """Wait until no other thread waits for the lock. The caller must not hold it."""
        while self._waiting:
            time.sleep(_PAUSE_SECONDS)
