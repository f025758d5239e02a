"""The processes that can reach each shared object, because they have it open."""

from __future__ import annotations

import math

from ..model import Access, World
from ..model.keys import ProcessKey
from .descriptors import Descriptor
from .identified_objects import channel_key
from .process_states import ended_process
from .program_reading import ProgramReading


class ObjectAccess:
    """Notes which processes have each lock, channel and end of a pipe open, and which have died while using it."""

    def __init__(self, world: World, program: ProgramReading) -> None:
        """Create it for one program.

        Args:
            world: the model, which already has the locks and channels with their holders and waiters.
            program: the readings of the processes.
        """
        self._world = world
        self._program = program
        self._objects = program.objects

    def add(self) -> None:
        """Note that every process that has an object open can use it. Earlier users are unknown."""
        for inode, named in self._objects.locks.items():
            access = self._access(named.key)
            for reading in self._program.readings:
                if inode in reading.semaphores.values():
                    access.given.add(ProcessKey(reading.pid))
                    if reading.counts()[inode] < 0:
                        access.released_for_others.add(ProcessKey(reading.pid))
        for key, lock in self._world.locks.items():
            self._access(key).users |= {(thread.process, thread.thread) for thread in (*lock.holders, *lock.waiters)}
        for reading in self._program.readings:
            if self._program.is_starting(reading):
                # It has no object open yet, and it is not known which ones it will get.
                for key in (*self._world.locks, *self._world.channels):
                    self._access(key).given.add(ProcessKey(reading.pid))
        self._add_dead_waiters()
        for reading in self._program.readings:
            for descriptor in reading.descriptors.values():
                named = self._objects.channels.get(self._objects.pipe(descriptor.inode))
                if named is None:
                    continue
                peer = self._objects.socket_peers.get(descriptor.inode)
                keys = {named.key, channel_key(descriptor.inode)}
                keys |= {channel_key(peer)} if peer is not None else set()
                for key in keys:
                    self._access(key).given.add(ProcessKey(reading.pid))
                self._add_end(ProcessKey(reading.pid), descriptor, peer)

    def _add_dead_waiters(self) -> None:
        """Find ended waiters: `set()` and `notify()` wait for one answer per counted waiter, also of an ended one."""
        if not self._program.complete:
            return
        waits = [wait for process in self._world.processes.values() for wait in process.waits]
        waited = {wait.key for wait in waits if wait.op == "wait"}
        for key in {wait.key for wait in waits if wait.op in ("set", "notify")} - waited:
            self._access(key).died_inside[ended_process(self._world)] = "wait"

    def _add_end(self, process: ProcessKey, descriptor: Descriptor, peer: int | None) -> None:
        """Note that a process has an end of a pipe open, and so can read or write there."""
        own = channel_key(descriptor.inode)
        if peer is None:
            before = self._world.open_ends.setdefault(own, {}).get(process, (False, False))
            self._world.open_ends[own][process] = before[0] or descriptor.reads, before[1] or descriptor.writes
            return
        other = channel_key(peer)
        self._access(own).peer, self._access(other).peer = other, own
        for key, found in ((own, (True, False)), (other, (False, True))):
            before = self._world.open_ends.setdefault(key, {}).get(process, (False, False))
            self._world.open_ends[key][process] = before[0] or found[0], before[1] or found[1]

    def _access(self, key: int) -> Access:
        # The processes that have an object open are known, so a child does not count because its parent has it.
        return self._world.access.setdefault(key, Access(made=math.inf, exact=True))
