"""The keys of processes and objects: a field says by its type what its number stands for.

An object has the same key in every process, since it is made of the object's identity in the operating system; see
`probe.layout` and `probe.records`.
"""

from __future__ import annotations

from typing import NewType

ProcessKey = NewType("ProcessKey", int)
"""The key of a handle: the pid of its maker << 32 and its number there. Others are given by the observer."""
USER = ProcessKey(1 << 59)
"""Stands for the user in place of a process: of a lock that the user holds, a message that the user has sent."""
ENDED_PROCESS = ProcessKey(-1)
"""The key of a process that has ended and of which only the lock that it held is left, in a reading from outside."""
ChannelKey = NewType("ChannelKey", int)
"""The inode of the reading end, or for a connection a number that stands for the address of its listener."""
LockKey = NewType("LockKey", int)
"""Made of the name of the semaphore, or of the pid of its maker and its number there."""
ValueKey = NewType("ValueKey", int)
"""The lower half of the inode of the file it lies in << 32, and its place there."""
ManagerKey = NewType("ManagerKey", int)
"""Stands for the address of the manager's server."""
ManagedKey = NewType("ManagedKey", int)
"""The key of the manager << 32, and a number that stands for the object's identity in its server."""
PoolKey = NewType("PoolKey", int)
"""`layout.POOL` and the key of the channel by which its workers get tasks."""
INSPECTED = 5 << 58
"""Part of the keys of locks, channels and pools that only processes without a probe have, in an observed run.

No other key of a lock, pool or process begins with these bits: the names of semaphores are ASCII letters.
"""


def is_address(key: int) -> bool:
    """Return whether the key of a channel stands for the address of a listener, whose connections are one channel."""
    return key >> 40 == 1


def is_inspected(key: int) -> bool:
    """Return whether an object belongs to processes without a probe alone."""
    return key >> 58 == INSPECTED >> 58
