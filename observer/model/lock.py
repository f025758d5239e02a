"""Locks, semaphores, Conditions, Events and Barriers."""

from __future__ import annotations

import msgspec

from .keys import LockKey, ProcessKey
from .site import Site


class Hold(msgspec.Struct, frozen=True):
    """A thread that holds a lock, or waits for it."""

    process: ProcessKey
    thread: int
    since: float
    site: Site | None


SIGNALLED = {"Event": "set", "Condition": "notified", "Barrier": "passed"}
"""The event that `acquired` counts, by the kinds of locks that are waited for without being acquired."""


class Lock(msgspec.Struct):
    """A Lock, RLock, Semaphore, BoundedSemaphore, Condition, Event or Barrier."""

    key: LockKey
    kind: str
    name: str
    site: Site | None = None
    owner: ProcessKey | None = None
    acquired: int = 0
    """The number of acquisitions; see also `SIGNALLED`."""
    contended: int = 0
    """The number of acquisitions that had to wait; for a kind in `SIGNALLED`, the number of waits."""
    timed_out: int = 0
    """The number of waits that timed out."""
    holders: tuple[Hold, ...] = ()
    waiters: tuple[Hold, ...] = ()
    """The threads that wait, in the order in which they began."""
    value: int | None = None
    """The counter of a semaphore; for an Event, 1 if it is set; for a Barrier, the number of parties."""
    internal: bool = False
    """True if a library made it for an object of its own."""
    shared_with_unobserved: tuple[ProcessKey, ...] = ()
    """Keys of the unobserved processes that have or had it open: what they did with it is in none of the counts."""
    library_site: Site | None = None
    """The line of the library that made it, where `site` is the line of the user's code that called the library."""
