"""The processes and threads that can reach an object: what decides who could still end a wait for it."""

from __future__ import annotations

from dataclasses import dataclass, field

Thread = tuple[int, int]
"""The key of its process, and its ident."""


@dataclass
class Access:
    """Who can reach one Queue, Pipe, lock or managed object."""

    made: float | None = None
    """When it was created. A process that was forked later has inherited it."""
    maker: int | None = None
    """Key of the process that created it."""
    peer: int | None = None
    """Of one end of a duplex Pipe: the key of the other end."""
    given: set[int] = field(default_factory=set[int])
    """Keys of the processes that got it with their arguments or attributes."""
    readers: set[Thread] = field(default_factory=set[Thread])
    """Threads that have received from it, or waited to."""
    writers: set[Thread] = field(default_factory=set[Thread])
    """Threads that have put or sent into it, or tried to."""
    feeders: set[Thread] = field(default_factory=set[Thread])
    """Threads that have written into its pipe: of a Queue these are its own."""
    overlapping: set[int] = field(default_factory=set[int])
    """Keys of the processes whose `send()`s at this end of a Pipe have overlapped."""
    users: set[Thread] = field(default_factory=set[Thread])
    """Threads that have done anything with it."""
    gave_up: dict[Thread, int] = field(default_factory=dict[Thread, int])
    """How many operations of each thread ended in vain: by their time-out, or with an exception."""
    completed: dict[Thread, int] = field(default_factory=dict[Thread, int])
    """How many operations of each thread succeeded."""
    task_done: dict[Thread, int] = field(default_factory=dict[Thread, int])
    """How often each thread has called `task_done()`."""
    died_inside: dict[int, str] = field(default_factory=dict[int, str])
    """The operation that a thread of each process was inside of when that process was ended."""
    released_for_others: set[int] = field(default_factory=set[int])
    """Keys of the processes that have released a Lock more often than they acquired it."""
