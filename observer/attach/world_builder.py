"""Makes a `World` from what was read of the processes of a program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ..model import Channel, Hold, Lock, World
from ..model.keys import ProcessKey
from .descriptors import fill_level
from .identified_objects import QUEUES, SEMAPHORE_MAXIMUM
from .manager_states import add_managers
from .object_access import ObjectAccess
from .output_pipes import add_output_pipes
from .pool_histories import PoolHistories
from .pool_states import add_pools
from .process_states import add_processes, ended_process
from .process_tree import ProcessEntry
from .program_clock import Seen
from .program_reading import ProgramReading
from .reading import ProcessReading
from .segment_states import add_segments
from .semaphore_states import ENDED_HOLDER
from .shared_objects import SharedObject
from .thread_waits import ThreadWaits
from .value_states import add_values


class WorldBuilder:
    """Fills a world with what was read at one moment."""

    def __init__(
        self,
        root: ProcessEntry,
        readings: list[ProcessReading],
        seen: Seen,
        *,
        complete: bool = True,
        pool_histories: PoolHistories | None = None,
    ) -> None:
        """See `ProgramReading`."""
        self._program = ProgramReading(root, readings, seen, complete=complete, pool_histories=pool_histories)
        self._objects = self._program.objects
        self.socket_peers = self._objects.socket_peers
        """The other end of each connected socket, as far as it is known, by inode."""
        self.managed_keys = self._program.managed_keys
        """See `ProgramReading`; known after `build`."""
        self.incomplete_stacks = False
        """See `ProgramReading`; known after `build`."""
        self.world = World(now=self._program.clock.now)

    def build(self) -> World:
        """Return the world, whose times are seconds since the start of the program."""
        world = self.world
        add_processes(world, self._program)
        self._add_locks()
        self._add_channels()
        add_output_pipes(world, self._program)
        add_pools(world, self._program)
        self.incomplete_stacks = self._program.incomplete_stacks
        add_managers(world, self._program)
        add_segments(world, self._program)
        add_values(world, self._program)
        waits = ThreadWaits(world, self._program)
        for reading in self._program.readings:
            waits.add_buffered(reading)
            waits.add(reading)
        self._add_holders()
        ObjectAccess(world, self._program).add()
        root_key = ProcessKey(self._program.root.pid)
        world.main = root_key if root_key in world.processes else None
        return world

    def _add_locks(self) -> None:
        for inode, named in self._objects.locks.items():
            if named.key not in self.world.locks:
                lock = Lock(named.key, str(named.kind), named.name(f"{named.kind} {inode}"))
                lock.shared_with_unobserved = (ProcessKey(self._program.root.pid),)
                self.world.locks[named.key] = lock
            if self._objects.parts.get(inode, "") in ("", "_semlock", "_flag"):
                self.world.locks[named.key].value = self._program.semaphores.value(inode)
            if named.parties is not None:
                self.world.locks[named.key].value = named.parties

    def _add_holders(self) -> None:
        waiting: dict[int, list[Hold]] = defaultdict(list)
        for process in self.world.processes.values():
            for wait in process.waits:
                waiting[wait.key].append(Hold(process.key, wait.thread, wait.since, wait.site))
        for key, lock in self.world.locks.items():
            lock.waiters = tuple(sorted(waiting[key], key=lambda entry: entry.since))
        for inode, named in self._objects.locks.items():
            if self._objects.can_be_held(inode):
                lock = self.world.locks[named.key]
                lock.holders = tuple(self._holders(inode, counting=lock.kind in ("Semaphore", "BoundedSemaphore")))

    def _holders(self, inode: int, *, counting: bool) -> Iterable[Hold]:
        for pid, thread in self._program.semaphores.holders(inode, counting=counting):
            if (pid, thread) == ENDED_HOLDER:
                yield Hold(ended_process(self.world), 0, 0.0, None)
            else:
                yield Hold(ProcessKey(pid), thread, self._held_since(pid, thread), None)

    def _held_since(self, pid: int, thread: int) -> float:
        """Return the latest moment at which the thread may have acquired it: since then it has waited elsewhere."""
        process = self.world.processes[ProcessKey(pid)]
        return next((wait.since for wait in process.waits if wait.thread == thread), self.world.now)

    def _add_channels(self) -> None:
        things: dict[int, list[SharedObject]] = defaultdict(list)
        for reading in self._program.readings:
            for thing in reading.objects.found.values() if reading.objects is not None else ():
                named = self._objects.channel_of(reading, thing) if thing.descriptors else None
                if named is not None and thing.kind in QUEUES:
                    things[named.key].append(thing)
        for inode, named in self._objects.channels.items():
            names = sorted({name: rank for rank, name in sorted(named.names, reverse=True)}.items(), key=_by_rank)
            ends = tuple(name for name, _ in names[:2])
            channel = Channel(named.key, named.kind, named.name(f"{named.kind} {inode}"))
            if named.kind == "Pipe" and len(ends) == 2:
                channel.ends, channel.name = (ends[0], ends[1]), f"{ends[0]} ⇄ {ends[1]}"
            channel.duplex = named.kind == "Pipe" and inode in self._objects.socket_peers
            if named.kind == "Pipe" and inode in self._objects.outside:
                channel.kind = "Connection"
            channel.internal = named.internal
            channel.shared_with_unobserved = (ProcessKey(self._program.root.pid),)
            maximum = next((thing.numbers["_maxsize"] for thing in things[named.key] if "_maxsize" in thing.numbers), 0)
            channel.maxsize = maximum if 0 < maximum < SEMAPHORE_MAXIMUM else None
            channel.pipe_bytes, channel.pipe_capacity = self._fill_level(inode)
            self.world.channels[named.key] = channel

    def _fill_level(self, inode: int) -> tuple[int, int] | tuple[None, None]:
        """Return how full a pipe is; of a pair of sockets, which has two directions, nothing."""
        for reading in self._program.readings:
            for descriptor in reading.descriptors.values():
                if descriptor.inode == inode and (found := fill_level(reading.pid, descriptor)) is not None:
                    return found
        return None, None


def _by_rank(item: tuple[str, int]) -> int:
    return item[1]
