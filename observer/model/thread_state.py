"""The states of threads that are inside no tapped operation, as the kernel shows them."""

from __future__ import annotations

import enum

import msgspec

from .keys import ProcessKey
from .site import Site

CONFIRM_SECONDS = 0.4
"""A wait that the kernel shows counts once samples this far apart agree: a tap may announce it a moment later."""


class Blocked(enum.StrEnum):
    """The kind of thing that a thread waits for without a time-out, as the kernel sees it."""

    THREAD = "a thread"
    """It waits for another thread of its process: a `threading` lock, Condition, Event or join; a `queue.Queue`."""
    FILES = "files"
    """It waits in `epoll`, `poll` or `read` for files that only this program has open, as an event loop does."""
    NO = ""
    """It runs, sleeps, waits with a time-out or for something outside the program; or nothing is known of it."""


class BlockedPlace(msgspec.Struct, frozen=True):
    """The place of a thread that waits for another thread of its process."""

    site: Site | None
    """The innermost line of the program in the thread."""
    nested_put: bool = False
    """True inside of the `put()` of a Queue that was called inside of another `put()`."""
    feeds_in_import: bool = False
    """True for the feeder thread of a Queue if pickling an item waits for a module that another thread imports."""
    is_over: bool = False
    """True if the code of the program has ended in it: it waits for other threads in `asyncio.run()` or at its end."""


class ConnectionEnd(msgspec.Struct, frozen=True):
    """The other end of a connection in whose `recv()` a thread waits, as the kernel knows it."""

    since: float
    """The beginning of that wait."""
    holders: tuple[ProcessKey, ...]
    """The keys of the processes that have the other end open."""


class ThreadState(msgspec.Struct, frozen=True):
    """A thread that is inside of no tapped operation."""

    number: int
    """The kernel's number of the thread; that of the main thread is the pid."""
    ident: int | None
    """`threading.get_ident()` of the thread; None where it is not known."""
    blocked: Blocked
    since: float
    """The latest time at which the thread may have stopped running. It has no meaning unless the thread is blocked."""
    confirmed: bool = False
    """True if two samples at least `CONFIRM_SECONDS` apart saw it in this wait, and it has not run in between."""
    name: str = ""
    """The thread's name as the kernel knows it, where that differs from the process's."""
