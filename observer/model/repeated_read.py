"""A process that only reads one Value, or asks one Event, Pipe, Queue or lock, again and again."""

from __future__ import annotations

import msgspec

from .access import Thread
from .site import Site


class RepeatedRead(msgspec.Struct):
    """The reads of one object by one process since it last did anything else."""

    thread: Thread
    key: int
    """The key of the Value, the Event, the Queue or the lock, or of the end of a Pipe."""
    site: Site
    """The line of the last read."""
    since: float
    """The latest time since which the process is known to have done nothing else."""
    times: int
    """The number of its reads of the object since then."""
    only_waits: bool
    """True if, according to the source, the loop around the line does nothing else until the object has changed."""
    handler_may_end: bool = False
    """True if a signal handler of any process may end the loop, according to the source, or if that is not known."""
    method: str = ""
    """The method that is called, where such an object has several: `empty` of a Queue, `acquire` of a lock."""
