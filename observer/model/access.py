"""The processes and threads that can reach an object, and so could still end a wait for it."""

from __future__ import annotations

import msgspec

from .keys import ProcessKey
from .site import Site

Thread = tuple[ProcessKey, int]
"""The key of its process, and its ident."""


class Access(msgspec.Struct):
    """The processes and threads that can reach one Queue, Pipe, lock or managed object."""

    made: float | None = None
    """The time of its creation. A process that was forked later has inherited it."""
    maker: ProcessKey | None = None
    """Key of the process that created it."""
    exact: bool = False
    """True if it is known which inspected processes have it open: the others cannot reach it."""
    peer: int | None = None
    """The key of the other end, if the object is one end of a duplex Pipe."""
    given: set[ProcessKey] = msgspec.field(default_factory=set[ProcessKey])
    """Keys of the processes that got it with their arguments or attributes."""
    readers: set[Thread] = msgspec.field(default_factory=set[Thread])
    """Threads that have received from it, or waited to."""
    writers: set[Thread] = msgspec.field(default_factory=set[Thread])
    """Threads that have put or sent into it, or tried to."""
    feeders: set[Thread] = msgspec.field(default_factory=set[Thread])
    """Threads that have written into its pipe; for a Queue these are the feeder threads."""
    overlapping: set[Thread] = msgspec.field(default_factory=set[Thread])
    """Threads whose calls of `send()` at this end of a Pipe have overlapped."""
    receiving: set[Thread] = msgspec.field(default_factory=set[Thread])
    """Threads that were inside of `recv()` at this end of a Pipe while another one was."""
    largest_overlapping: int = 0
    """Bytes of the largest message of these calls, as far as its size is known."""
    users: set[Thread] = msgspec.field(default_factory=set[Thread])
    """Threads that have done anything with it."""
    gave_up: dict[Thread, int] = msgspec.field(default_factory=dict[Thread, int])
    """The number of operations of each thread that timed out or raised an exception."""
    gave_up_at: dict[Thread, Site] = msgspec.field(default_factory=dict[Thread, Site])
    """The line of each thread's last operation that timed out or raised, of those on a channel."""
    gets_after_empty: set[Site] = msgspec.field(default_factory=set[Site])
    """Lines of a `get()` in which a thread was seen, below a condition that asks `empty()` or `qsize()`."""
    notified: tuple[ProcessKey, Site] | None = None
    """The last known call of `notify()` of a Condition: the process and its line."""
    completed: dict[Thread, int] = msgspec.field(default_factory=dict[Thread, int])
    """The number of successful operations of each thread."""
    task_done: dict[Thread, int] = msgspec.field(default_factory=dict[Thread, int])
    """The number of calls of `task_done()` of each thread. At an end of a Pipe: of calls of `poll()` without a time-out
    that have found nothing."""
    died_inside: dict[ProcessKey, str] = msgspec.field(default_factory=dict[ProcessKey, str])
    """The operation that a thread of each process was inside of when that process was ended."""
    balance: dict[Thread, int] = msgspec.field(default_factory=dict[Thread, int])
    """The number of times that each thread has released a lock, minus the number of times that it has acquired it."""
    released_for_others: set[ProcessKey] = msgspec.field(default_factory=set[ProcessKey])
    """Keys of the processes that have released a Lock more often than they acquired it."""
