"""A Queue, a Pipe, or a connection to a listener."""

from __future__ import annotations

import msgspec

from .keys import ChannelKey, ProcessKey
from .site import Site

QUEUES = ("Queue", "JoinableQueue", "SimpleQueue")
"""The kinds of channels in which a lock guards each end of a pipe."""


class Channel(msgspec.Struct):
    """A Queue, SimpleQueue, JoinableQueue, Pipe, or a connection to a listener."""

    key: ChannelKey
    kind: str
    name: str
    ends: tuple[str, str] | None = None
    """The names of both ends of a Pipe."""
    site: Site | None = None
    maxsize: int | None = None
    duplex: bool = False
    """True for a Pipe whose ends both send and receive."""
    put: int = 0
    got: int = 0
    buffered: int = 0
    """The number of items that were put and are still in the memory of the process that put them."""
    bytes: int = 0
    rate: float = 0.0
    """Messages received a second, over the last second."""
    depths: tuple[int, ...] = ()
    rates: tuple[float, ...] = ()
    """The history of `depth` and `rate`, two values a second, the newest last."""
    records: int = 0
    """The number of operations on it that left a record."""
    sampled: bool = False
    """True if some operations left no record, so that not every message is shown."""
    lost: int = 0
    """Items that were put and will never arrive, since a feeder thread could not pickle or send them."""
    lost_because: str = ""
    """The reason why the last of them was lost."""
    lost_by: ProcessKey | None = None
    """Key of the process that put the first of them."""
    lost_site: Site | None = None
    died: int = 0
    """Items that were put by a process that ended before its feeder thread had written them into the pipe."""
    died_with: tuple[ProcessKey, ...] = ()
    """Keys of those processes."""
    died_site: Site | None = None
    """The line that put the first of them."""
    ended_reading: tuple[ProcessKey, ...] = ()
    """Keys of the processes that ended inside of a `get()` of a Queue: the lock of its reading end may be lost."""
    ended_writing: tuple[ProcessKey, ...] = ()
    """Keys of those whose feeder thread was writing into the pipe: the lock of its writing end may be lost."""
    owner: ProcessKey | None = None
    """Key of the process that made it."""
    address: str = ""
    """The address of a connection's listener: `127.0.0.1:6000`, or a path."""
    internal: bool = False
    """True if multiprocessing made it for another object, such as a Pool's queue."""
    shared_with_unobserved: tuple[ProcessKey, ...] = ()
    """Keys of the unobserved processes that have or had it open; no count includes their operations."""

    until_empty: Site | None = None
    """The loop in which the program gets its items until `empty()` is true, and uses them."""
    library_site: Site | None = None
    """The line of the library that made it, where `site` is the line of the user's code that called the library."""
    pipe_bytes: int | None = None
    """Bytes in the pipe that no process has read yet; None if they were not looked up, as in an observed run."""
    pipe_capacity: int | None = None
    """Bytes that the pipe can hold, under the same condition."""

    @property
    def depth(self) -> int:
        return max(self.put - self.got - self.lost - self.died, 0)
