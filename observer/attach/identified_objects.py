"""The locks, channels and pools of a program, each identified across its processes by an inode.

The number of an inode is the same in every process that has an object open; its address and name are not.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from ..model.keys import ChannelKey, LockKey, PoolKey
from .descriptors import socket_peers
from .reading import ProcessReading
from .shared_objects import Kind, SharedObject
from .tcp_peers import tcp_peers

_LOCK, _CHANNEL, _POOL = 1, 2, 3
"""The lowest two bits of a key, so that objects of different kinds never have the same one."""
_PID_SHIFT, _ALIGNED_BITS = 33, 4
"""Shifts that keep the key of a pool below 2**58, where `INSPECTED` begins: a pid has up to 22 bits, and the last
four bits of an address are zero."""
SEMAPHORE_MAXIMUM = 0x7FFFFFFF
"""SEM_VALUE_MAX, the maximum of a Semaphore. That of a BoundedSemaphore is lower."""
_OWNERS = (Kind.QUEUE, Kind.JOINABLE_QUEUE, Kind.SIMPLE_QUEUE, Kind.EVENT, Kind.BARRIER, Kind.CONDITION)
_LOCKS = (Kind.LOCK, Kind.RLOCK, Kind.SEMAPHORE, Kind.BOUNDED_SEMAPHORE)
_POOL_QUEUES = {
    "_inqueue": "tasks",
    "_outqueue": "results",
    "_call_queue": "calls",
    "_result_queue": "results",
}
_QUEUE_LOCKS = ("_rlock", "_wlock")
QUEUES = (Kind.QUEUE, Kind.JOINABLE_QUEUE, Kind.SIMPLE_QUEUE)
_CANONICAL = {Kind.EVENT: "_flag", Kind.CONDITION: "_wait_semaphore", Kind.BARRIER: "_cond._wait_semaphore"}
"""The semaphore by which an object of several is identified."""
_GUARDS = {Kind.CONDITION: "_lock", Kind.EVENT: "_cond._lock", Kind.BARRIER: "_cond._lock"}
"""The lock that is held while such an object is used."""

Key = TypeVar("Key", LockKey, ChannelKey, PoolKey)


class IdentifiedObject(msgspec.Struct, Generic[Key]):
    """A lock, a channel or a pool, and all names by which processes know it."""

    key: Key
    kind: str
    names: list[tuple[int, str]] = msgspec.field(default_factory=list[tuple[int, str]])
    """Rank and name: the lowest rank is the best name."""

    parties: int | None = None
    """The number of parties of a Barrier."""
    internal: bool = False
    """True if it belongs to a pool, not to the program."""

    def name(self, otherwise: str) -> str:
        return min(self.names)[1] if self.names else otherwise


class IdentifiedObjects:
    """Finds the objects that processes share: those for which a process has a name, or for which it waits."""

    def __init__(self, readings: list[ProcessReading]) -> None:
        """Identify the objects of a program.

        Args:
            readings: the readings of all processes of the program, the main process first.
        """
        self._readings = readings
        self.locks: dict[int, IdentifiedObject[LockKey]] = {}
        """The object that a semaphore is, or is a part of, by the inode of the semaphore."""
        self.parts: dict[int, str] = {}
        """The attribute of that object which holds the semaphore, by the inode of the semaphore."""
        self.channels: dict[int, IdentifiedObject[ChannelKey]] = {}
        """The channels by the inode of a pipe or socket."""
        self.queue_locks: dict[int, tuple[IdentifiedObject[ChannelKey], str]] = {}
        """The Queue and the attribute of its own lock, by the inode of the lock's semaphore."""
        self.pools: dict[tuple[int, int], IdentifiedObject[PoolKey]] = {}
        """The pools by the pid of a process and the address there."""
        self._pool_queues: dict[tuple[int, int], str] = {}
        """The names of the queues of pools, by pid and address."""
        sockets = [
            descriptor.inode
            for reading in readings
            for descriptor in reading.descriptors.values()
            if descriptor.kind == "socket"
        ]
        inside = set(sockets)
        self.socket_peers = socket_peers(inside, readings[0].pid) if inside else {}
        """The other end of each connected Unix socket, and of each TCP connection on this machine, by inode."""
        if inside:
            self.socket_peers |= tcp_peers(readings[0].pid, inside - self.socket_peers.keys())
        self.outside = {self.pipe(inode) for inode in sockets if self.socket_peers.get(inode) not in inside}
        """The sockets whose other end no process of the program has open, as far as is known: another program may."""
        for rank, reading in enumerate(readings):
            self._collect(rank, reading)
        self._add_unnamed_locks()

    def pipe(self, inode: int) -> int:
        """Return the same number for both ends of a pair of sockets."""
        return min(inode, self.socket_peers.get(inode, inode))

    def channel_of(self, reading: ProcessReading, thing: SharedObject) -> IdentifiedObject[ChannelKey] | None:
        """Return the channel that an object of a process reads from or writes to."""
        for number in thing.descriptors.values():
            descriptor = reading.descriptors.get(number)
            if descriptor is not None and (named := self.channels.get(self.pipe(descriptor.inode))) is not None:
                return named
        return None

    def is_guard(self, inode: int) -> bool:
        """Return whether a semaphore is the lock of a Condition, an Event or a Barrier."""
        return self.parts.get(inode, "") == _GUARDS.get(Kind(self.locks[inode].kind))

    def can_be_held(self, inode: int) -> bool:
        """Return whether a semaphore is acquired and released: a lock, or the guard of another object."""
        return not self.parts.get(inode, "") or self.is_guard(inode)

    def _collect(self, rank: int, reading: ProcessReading) -> None:
        if reading.objects is None:
            return
        inner = {part for thing in reading.objects.found.values() for part in thing.parts.values()}
        things = [
            thing
            for thing in reading.objects.found.values()
            if thing.address not in inner or thing.kind in (*QUEUES, *_LOCKS)
        ]
        # Parts last: what belongs to a Queue or a Condition is not a lock of its own.
        for pool in things:
            if pool.kind in (Kind.POOL, Kind.EXECUTOR):
                name = pool.names[0] if pool.names else str(pool.kind)
                for part, address in pool.parts.items():
                    self._pool_queues[reading.pid, address] = f"{name}'s {_POOL_QUEUES.get(part, part)}"
        for thing in sorted(things, key=lambda entry: entry.kind not in _OWNERS):
            if thing.kind in _OWNERS or thing.kind in _LOCKS:
                self._collect_locks(rank, reading, thing)
            if thing.kind in QUEUES or thing.kind is Kind.CONNECTION:
                self._collect_channel(rank, reading, thing)
            if thing.kind in (Kind.POOL, Kind.EXECUTOR):
                named = IdentifiedObject(pool_key(reading.pid, thing.address), thing.kind)
                named.names = _ranked(rank, thing)
                self.pools[reading.pid, thing.address] = named

    def _collect_locks(self, rank: int, reading: ProcessReading, thing: SharedObject) -> None:
        inodes = {part: reading.semaphores.get(address, 0) for part, address in thing.semaphores.items()}
        inodes = {part: inode for part, inode in inodes.items() if inode}
        if not inodes or thing.kind in QUEUES:
            return
        inode = inodes.get(_CANONICAL.get(thing.kind, ""), min(inodes.values()))
        named = self.locks.get(inode)
        if named is None or (thing.kind in (Kind.EVENT, Kind.BARRIER) and named.kind == Kind.CONDITION):
            named = IdentifiedObject(lock_key(inode), thing.kind)
        if named.kind == thing.kind:
            named.names += _ranked(rank, thing)
            named.parties = thing.numbers.get("_parties", named.parties)
        for part, number in inodes.items():
            known = self.locks.get(number)
            if known is None or known.kind == Kind.CONDITION:
                self.locks[number] = named
                self.parts[number] = part

    def _collect_channel(self, rank: int, reading: ProcessReading, thing: SharedObject) -> None:
        for number in thing.descriptors.values():
            descriptor = reading.descriptors.get(number)
            if descriptor is None:
                continue
            inode = self.pipe(descriptor.inode)
            named = self.channels.get(inode)
            if named is None or (named.kind == "Pipe" and thing.kind in QUEUES):
                kind = "Pipe" if thing.kind is Kind.CONNECTION else str(thing.kind)
                named = self.channels[inode] = IdentifiedObject(channel_key(inode), kind)
            for part, address in thing.semaphores.items():
                if part in _QUEUE_LOCKS and address in reading.semaphores:
                    self.queue_locks[reading.semaphores[address]] = named, part
            pool_queue = self._pool_queues.get((reading.pid, thing.address))
            if pool_queue is not None:
                named.internal = True
                named.names.append((rank * 1000, pool_queue))
            if named.kind == thing.kind or (named.kind == "Pipe" and thing.kind is Kind.CONNECTION):
                named.names += _ranked(rank, thing)

    def _add_unnamed_locks(self) -> None:
        """Add the semaphores that are used by a process which has no name for them."""
        shape = {
            semlock.inode: (semlock.maximum, semlock.recursive)
            for reading in self._readings
            for semlock in reading.semlocks
        }
        waited = {
            inode
            for reading in self._readings
            for thread in reading.threads.values()
            if (inode := reading.semaphores.get(thread.state.call.address)) is not None
        }
        for inode in {*shape, *waited} - self._of_queues():
            if inode not in self.locks:
                maximum, recursive = shape.get(inode, (1, False))
                kind = Kind.SEMAPHORE if maximum == SEMAPHORE_MAXIMUM else Kind.BOUNDED_SEMAPHORE
                kind = Kind.RLOCK if recursive else Kind.LOCK if maximum == 1 else kind
                self.locks[inode] = IdentifiedObject(lock_key(inode), kind)

    def _of_queues(self) -> set[int]:
        """Return the inodes of the semaphores of Queues."""
        found: set[int] = set()
        for reading in self._readings:
            for thing in reading.objects.found.values() if reading.objects is not None else ():
                if thing.kind in QUEUES:
                    found |= {reading.semaphores.get(address, 0) for address in thing.semaphores.values()}
        return found - self.locks.keys()


def lock_key(inode: int) -> LockKey:
    """Return the key of the lock whose semaphore has this inode."""
    return LockKey(inode << 2 | _LOCK)


def pool_key(pid: int, address: int) -> PoolKey:
    """Return the key of a pool: children of one process often have different pools at the same address."""
    return PoolKey((pid << _PID_SHIFT ^ address >> _ALIGNED_BITS) << 2 | _POOL)


def channel_key(inode: int) -> ChannelKey:
    """Return the key of the channel, or of one of its ends, whose pipe or socket has this inode."""
    return ChannelKey(inode << 2 | _CHANNEL)


def _ranked(rank: int, thing: SharedObject) -> list[tuple[int, str]]:
    """Return the names with their ranks: the first process first, and in a process the name that was found first."""
    return [(rank * 1000 + place, name) for place, name in enumerate(thing.names)]
