"""Makes a `World` from what was read of the processes of a program."""

from __future__ import annotations

import math
import os
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from ..decoding.shortening import shorten
from ..kernel.blocked_threads import Files, standard_files
from ..kernel.identity import exit_status
from ..kernel.process_table import PAGE_BYTES
from ..kernel.procfs import stat_fields
from ..kernel.signals import signal_name
from ..kernel.thread_sampler import what_blocks
from ..model import (
    Access,
    Channel,
    Hold,
    Lock,
    Phase,
    Pool,
    Process,
    SignalHandler,
    State,
    UnobservedReason,
    Wait,
    Worker,
    World,
)
from ..model import Blocked as BlockedBy
from ..model import ThreadState as OtherThread
from ..model.keys import ChannelKey, LockKey, PoolKey, ProcessKey
from ..model.thread_state import CONFIRM_SECONDS
from .descriptors import Descriptor, socket_peers
from .process_tree import ProcessEntry
from .reading import ProcessReading, ThreadReading
from .shared_objects import Kind, SharedObject
from .system_calls import Blocked

_LOCK, _CHANNEL, _POOL = 1, 2, 3
"""The lowest two bits of a key, so that objects of different kinds never have the same one."""
_SEMAPHORE_MAXIMUM = 0x7FFFFFFF
"""SEM_VALUE_MAX: a Semaphore, and no BoundedSemaphore."""
_OWNERS = (Kind.QUEUE, Kind.JOINABLE_QUEUE, Kind.SIMPLE_QUEUE, Kind.EVENT, Kind.BARRIER, Kind.CONDITION)
_LOCKS = (Kind.LOCK, Kind.RLOCK, Kind.SEMAPHORE, Kind.BOUNDED_SEMAPHORE)
_LONGEST_COMMAND = 60
"""Characters of a command line in the name of a process."""
_ENDED_PROCESS = ProcessKey(-1)
"""The key of a process that has ended and of which only the lock that it held is left."""
_POOL_QUEUES = {
    "_inqueue": "tasks",
    "_outqueue": "results",
    "_call_queue": "calls",
    "_result_queue": "results",
}
_QUEUE_LOCKS = {"_rlock": "the reading lock of", "_wlock": "the writing lock of"}
_QUEUES = (Kind.QUEUE, Kind.JOINABLE_QUEUE, Kind.SIMPLE_QUEUE)
_CANONICAL = {Kind.EVENT: "_flag", Kind.CONDITION: "_wait_semaphore", Kind.BARRIER: "_cond._wait_semaphore"}
"""The semaphore by which an object of several is identified."""
_GUARDS = {Kind.CONDITION: "_lock", Kind.EVENT: "_cond._lock", Kind.BARRIER: "_cond._lock"}
"""The lock that is held while such an object is used."""


Key = TypeVar("Key", LockKey, ChannelKey, PoolKey)


@dataclass
class _Named(Generic[Key]):
    """A lock or a channel, and all names by which processes know it."""

    key: Key
    kind: str
    names: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Rank and name: the lowest rank is the best name."""

    parties: int | None = None
    """The number of parties of a Barrier."""
    internal: bool = False
    """It belongs to a pool, not to the program."""

    def name(self, otherwise: str) -> str:
        return min(self.names)[1] if self.names else otherwise


Seen = dict[tuple[int, int], tuple[int, float]]
"""The number of times a thread has run, and the time when it was first seen with that count, by pid and tid."""


class WorldBuilder:
    """Fills a world with what was read at one moment."""

    def __init__(
        self, root: ProcessEntry, readings: list[ProcessReading], seen: Seen, *, complete: bool = True
    ) -> None:
        """Identify the objects of a program.

        Args:
            root: its main process.
            readings: of all its processes.
            seen: what the reading before has seen; it is brought up to date.
            complete: no process has begun or ended while they were read.
        """
        self._seen = seen
        self._complete = complete
        self._root = root
        self._readings = readings
        self._locks: dict[int, _Named[LockKey]] = {}
        """The object that a semaphore is, or is a part of, by the inode of the semaphore."""
        self._parts: dict[int, str] = {}
        """The attribute of that object which holds the semaphore, by the inode of the semaphore."""
        self._channels: dict[int, _Named[ChannelKey]] = {}
        """The channels by the inode of a pipe or socket."""
        self._queue_locks: dict[int, tuple[_Named[ChannelKey], str]] = {}
        """The Queue and the name of its own lock, by the inode of the lock's semaphore."""
        self._pool_queues: dict[tuple[int, int], str] = {}
        """Names of the queues of pools, by pid and address."""
        self._pools: dict[tuple[int, int], _Named[PoolKey]] = {}
        """The names of the queues of pools, by pid and address."""
        sockets = [
            descriptor.inode
            for reading in readings
            for descriptor in reading.descriptors.values()
            if descriptor.kind == "socket"
        ]
        self.socket_peers = socket_peers(sockets)
        """The other end of each connected Unix socket, by inode."""
        self._standard_files = standard_files(root.pid)
        self.world = World(now=program_age(root))
        self._outer_pids = {reading.inner_pid: reading.pid for reading in readings if reading.inner_pid != reading.pid}
        self._since_by_thread: dict[int, float] = {}
        for reading in readings:
            for tid, thread in reading.threads.items():
                self._since_by_thread[id(thread)] = self._began(reading.pid, tid, thread)

    def build(self) -> World:
        """Times are seconds since the start of the program."""
        world = self.world
        for rank, reading in enumerate(self._readings):
            self._collect(rank, reading)
        for reading in self._readings:
            self._add_process(reading)
        self._add_ended()
        self._add_locks()
        self._add_channels()
        self._add_pools()
        for reading in self._readings:
            self._add_buffered(reading)
            self._add_waits(reading)
        self._add_holders()
        self._add_access()
        root_key = ProcessKey(self._root.pid)
        world.main = root_key if root_key in world.processes else None
        return world

    # objects

    def _collect(self, rank: int, reading: ProcessReading) -> None:
        if reading.objects is None:
            return
        inner = {part for thing in reading.objects.found.values() for part in thing.parts.values()}
        things = [
            thing
            for thing in reading.objects.found.values()
            if thing.address not in inner or thing.kind in (*_QUEUES, *_LOCKS)
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
            if thing.kind in _QUEUES or thing.kind is Kind.CONNECTION:
                self._collect_channel(rank, reading, thing)
            if thing.kind in (Kind.POOL, Kind.EXECUTOR):
                named = _Named(PoolKey(thing.address << 2 | _POOL), thing.kind)
                named.names = _ranked(rank, thing)
                self._pools[reading.pid, thing.address] = named

    def _collect_locks(self, rank: int, reading: ProcessReading, thing: SharedObject) -> None:
        inodes = {part: reading.semaphores.get(address, 0) for part, address in thing.semaphores.items()}
        inodes = {part: inode for part, inode in inodes.items() if inode}
        if not inodes or thing.kind in _QUEUES:
            return
        inode = inodes.get(_CANONICAL.get(thing.kind, ""), min(inodes.values()))
        named = self._locks.get(inode)
        if named is None or (thing.kind in (Kind.EVENT, Kind.BARRIER) and named.kind == Kind.CONDITION):
            named = _Named(LockKey(inode << 2 | _LOCK), thing.kind)
        if named.kind == thing.kind:
            named.names += _ranked(rank, thing)
            named.parties = thing.numbers.get("_parties", named.parties)
        for part, number in inodes.items():
            known = self._locks.get(number)
            if known is None or known.kind == Kind.CONDITION:
                self._locks[number] = named
                self._parts[number] = part

    def _collect_channel(self, rank: int, reading: ProcessReading, thing: SharedObject) -> None:
        for number in thing.descriptors.values():
            descriptor = reading.descriptors.get(number)
            if descriptor is None:
                continue
            inode = self._pipe(descriptor.inode)
            named = self._channels.get(inode)
            if named is None or (named.kind == "Pipe" and thing.kind in _QUEUES):
                kind = "Pipe" if thing.kind is Kind.CONNECTION else str(thing.kind)
                named = self._channels[inode] = _Named(ChannelKey(inode << 2 | _CHANNEL), kind)
            for part, address in thing.semaphores.items():
                if part in _QUEUE_LOCKS and address in reading.semaphores:
                    self._queue_locks[reading.semaphores[address]] = named, part
            pool_queue = self._pool_queues.get((reading.pid, thing.address))
            if pool_queue is not None:
                named.internal = True
                named.names.append((rank * 1000, pool_queue))
            if named.kind == thing.kind or (named.kind == "Pipe" and thing.kind is Kind.CONNECTION):
                named.names += _ranked(rank, thing)

    def _pipe(self, inode: int) -> int:
        """Return the same number for both ends of a pair of sockets."""
        return min(inode, self.socket_peers.get(inode, inode))

    # processes

    def _add_process(self, reading: ProcessReading) -> None:
        entry = reading.entry
        current = reading.objects.current_process() if reading.objects is not None else None
        process = Process(
            key=ProcessKey(entry.pid), name=_name(reading, current, self._root, is_child=self._is_child(reading))
        )
        process.pid, process.ppid = entry.pid, entry.ppid
        process.parent = self._pid(current.numbers.get("_parent_pid") if current is not None else None) or entry.ppid
        if entry.pid == self._root.pid:
            process.role, process.parent = "main", entry.ppid
        elif not reading.python and entry.state != "Z":
            process.role = entry.helper or ("process" if entry.python else "program")
        elif entry.helper and not self._is_child(reading):
            process.role = entry.helper
        process.start_method = self._start_method(entry)
        process.started = process.created = max(entry.started - self._root.started, 0.0)
        process.cls = current.texts.get("class") if current is not None and process.role == "process" else None
        process.target = current.texts.get("target") if current is not None else None
        process.command = " ".join(entry.arguments) or None
        process.state = _state(entry.state)
        process.inspected = reading.python or entry.state == "Z"
        process.unobserved = UnobservedReason.STARTED_BEFORE
        process.inspection = reading.problem
        process.rss, process.threads = entry.rss_pages * PAGE_BYTES, entry.threads
        main = reading.main_thread
        process.main_thread = main.ident if main is not None else None
        if entry.state == "Z":
            process.ended, process.rss = self._moment(reading.ended), None
            fields = stat_fields(entry.pid)
            _set_exit(process, exit_status(entry.pid, fields) if fields else None)
        elif process.role == "main" or process.role == "process":
            process.phase = _phase(reading)
        self.world.processes[process.key] = process

    def _pid(self, inner: int | None) -> int | None:
        """The pid of a process that the program knows by another one, in a pid namespace of its own."""
        return self._outer_pids.get(inner, inner) if inner is not None else None

    def _parent_of(self, entry: ProcessEntry) -> ProcessEntry | None:
        return next((reading.entry for reading in self._readings if reading.pid == entry.ppid), None)

    def _is_child(self, reading: ProcessReading) -> bool:
        """Return True for a child of the program that is no helper: a forkserver's children have its command line."""
        parent = self._parent_of(reading.entry)
        return _runs_a_process(reading) or (parent is not None and parent.helper == "forkserver")

    def _is_starting(self, reading: ProcessReading) -> bool:
        """Return True if a process has not yet read what its parent has sent it, or cannot be read itself."""
        entry = reading.entry
        if entry.pid == self._root.pid or not entry.python or entry.state in "ZX":
            return False
        if not reading.python:
            return True
        return self._start_method(entry) in ("spawn", "forkserver") and not _runs_a_process(reading)

    def _start_method(self, entry: ProcessEntry) -> str | None:
        """Return the start method of a process, from its command line and its parent's; None if it has none."""
        parent = self._parent_of(entry)
        if entry.pid == self._root.pid or parent is None:
            return None
        if parent.helper == "forkserver":
            return "forkserver"
        if "multiprocessing.spawn" in " ".join(entry.arguments):
            return "spawn"
        return "fork" if (entry.executable, entry.arguments) == (parent.executable, parent.arguments) else None

    def _add_ended(self) -> None:
        """Children that their parent has started and that are gone, or zombies: it knows their names."""
        for reading in self._readings:
            for thing in reading.objects.found.values() if reading.objects is not None else ():
                pid = self._pid(thing.numbers.get("pid"))
                if thing.kind is not Kind.PROCESS or pid is None:
                    continue
                process = self.world.processes.get(ProcessKey(pid))
                if process is not None and process.state is State.ZOMBIE:
                    process.name, process.parent = thing.texts.get("_name", process.name), reading.pid
                    process.role = "process"
                elif process is None and (code := thing.numbers.get("returncode")) is not None:
                    process = Process(
                        key=ProcessKey(pid), name=thing.texts.get("_name", f"pid {pid}"), pid=pid, parent=reading.pid
                    )
                    process.state, process.inspected = State.JOINED, True
                    process.unobserved = UnobservedReason.STARTED_BEFORE
                    process.exitcode, process.signal = code, signal_name(-code) if code < 0 else None
                    process.ended = process.joined = process.started = process.created = 0.0
                    self.world.processes[ProcessKey(pid)] = process

    # waits

    def _add_waits(self, reading: ProcessReading) -> None:
        process = self.world.processes[ProcessKey(reading.pid)]
        waits: list[Wait] = []
        for tid, thread in sorted(reading.threads.items(), key=lambda entry: entry[0] != reading.pid):
            call = thread.state.call
            if tid == reading.pid:
                process.timed = call.timed if thread.lasting else None
                process.line = thread.operation.site if thread.operation is not None else None
            if not thread.lasting or call.blocked is Blocked.RUNS:
                continue
            wait = self._wait(reading, thread)
            if wait is not None:
                waits.append(wait)
            elif tid == reading.pid:
                process.idle = {Blocked.SLEEP: "asleep", Blocked.FUTEX: "waits for a thread"}.get(call.blocked, "")
        process.waits = tuple(waits)
        waiting = {wait.thread for wait in waits}
        process.other_threads = tuple(
            self._other_thread(reading, thread) for thread in reading.threads.values() if thread.ident not in waiting
        )
        process.handlers = tuple(SignalHandler(signal_name(number), "", None) for number in reading.handled)
        if process.main_wait is not None and process.state is State.RUNNING:
            process.state = State.WAITING

    def _wait(self, reading: ProcessReading, thread: ThreadReading) -> Wait | None:
        operation = thread.operation
        if operation is not None and operation.own:
            return None
        name = operation.name if operation is not None else ""
        thing = None
        if operation is not None and reading.objects is not None and operation.subject is not None:
            thing = reading.objects.at(operation.subject)
        found = self._subject(reading, thread, name, thing)
        if found is None:
            return None
        op, key, text = found
        site = operation.site if operation is not None else None
        end = self._end(reading, thread, thing) if key in self.world.channels else 0
        return Wait(op, text, key, self._since(thread), site, thread.ident, thread.state.call.timed, end)

    def _other_thread(self, reading: ProcessReading, thread: ThreadReading) -> OtherThread:
        """A thread that is inside of no operation of multiprocessing: what the kernel says that it waits for."""
        blocked, tid, since = BlockedBy.NO, thread.state.tid, self._since(thread)
        if thread.lasting and thread.state.call.address not in reading.semaphores:
            found, switches = what_blocks(reading.pid, tid, self._private_files(reading))
            blocked = found if switches == thread.state.switches else BlockedBy.NO
        ident = thread.python.ident if thread.python is not None else None
        confirmed = bool(blocked) and self.world.now - since >= CONFIRM_SECONDS
        return OtherThread(tid, ident, blocked, since, confirmed)

    def _private_files(self, reading: ProcessReading) -> Files:
        """Files that nobody but the process itself can make ready, such as those by which an event loop is woken.

        Everything else may be answered by another process: a pipe, a connection to a manager or a server.
        """
        own = {descriptor.inode for descriptor in reading.descriptors.values()}
        shared = {
            f"{descriptor.kind}:[{descriptor.inode}]"
            for descriptor in reading.descriptors.values()
            if descriptor.kind == "pipe" or self.socket_peers.get(descriptor.inode) not in own
        }
        return Files((), self._standard_files | shared)

    def _end(self, reading: ProcessReading, thread: ThreadReading, thing: SharedObject | None) -> int:
        """Return the key of the end of a Pipe that a thread uses; 0 for a Queue."""
        numbers = list(thread.state.call.files)
        if thing is not None and thing.kind is Kind.CONNECTION:
            numbers = list(thing.descriptors.values()) or numbers
        descriptor = reading.descriptors.get(numbers[0]) if len(numbers) == 1 else None
        if descriptor is None or self._channels[self._pipe(descriptor.inode)].kind != "Pipe":
            return 0
        return descriptor.inode << 2 | _CHANNEL

    def _since(self, thread: ThreadReading) -> float:
        return self._since_by_thread[id(thread)]

    def _began(self, pid: int, tid: int, thread: ThreadReading) -> float:
        """Return since when a waiting thread has not run; if that is unknown, when it was first seen waiting."""
        switches, first = self._seen.get((pid, tid), (-1, 0.0))
        if switches != thread.state.switches:
            first = self.world.now
        if thread.state.last_ran is not None:
            first = min(first, self._moment(thread.state.last_ran))
        self._seen[pid, tid] = thread.state.switches, first
        return first

    def _moment(self, since_boot: float | None) -> float:
        """Convert seconds since the machine's start to seconds since the program's; now where they are not known."""
        return self.world.now if since_boot is None else max(since_boot - self._root.started, 0.0)

    def _subject(
        self, reading: ProcessReading, thread: ThreadReading, name: str, thing: SharedObject | None
    ) -> tuple[str, int, str] | None:
        """The operation, and the key and name of its object."""
        call = thread.state.call
        semaphore = reading.semaphores.get(call.address) if call.blocked is Blocked.FUTEX else None
        if semaphore in self._queue_locks and self._holder_has_ended(semaphore):
            return "acquire", semaphore << 2 | _LOCK, self._add_queue_lock(semaphore).name
        if call.blocked is Blocked.FUTEX and semaphore is None and name not in ("feed", "flush", "result"):
            return None  # it waits for a thread of its own process, whatever the function is called
        channel = self._channel_of(reading, thing) if thing is not None else None
        if name in ("get", "put", "join", "recv", "send", "poll") and channel is not None:
            return name, channel.key, self.world.channels[channel.key].name
        if name == "join" and thing is not None and thing.kind is Kind.PROCESS:
            pid = self._pid(thing.numbers.get("pid"))
            if pid is not None:
                process = self.world.processes.get(ProcessKey(pid))
                return "join", pid, process.name if process is not None else thing.texts.get("_name", f"pid {pid}")
        if name in ("wait", "notify", "set") and semaphore is not None and semaphore in self._locks:
            named = self._locks[semaphore]
            part = self._parts.get(semaphore, "")
            if named.kind in (Kind.CONDITION, Kind.EVENT, Kind.BARRIER):
                op = "acquire" if part == _GUARDS.get(Kind(named.kind)) else name
                return op, named.key, self.world.locks[named.key].name
        if name in ("feed", "flush") and (found := self._of_feeder(reading, thread, name)) is not None:
            return found
        if name == "result" and (pool := self._pool_of(reading)) is not None:
            return name, pool.key, self.world.pools[pool.key].name
        if semaphore is not None:
            named = self._locks[semaphore]
            return "acquire", named.key, self.world.locks[named.key].name
        if call.blocked is Blocked.CHILD and call.child is not None:
            process = self.world.processes.get(ProcessKey(self._pid(call.child) or 0))
            return ("join", process.key, process.name) if process is not None else None
        if call.blocked in (Blocked.READ, Blocked.WRITE, Blocked.POLL) and len(call.files) == 1:
            descriptor = reading.descriptors.get(call.files[0])
            named = self._channels.get(self._pipe(descriptor.inode)) if descriptor is not None else None
            if named is not None:
                op = {Blocked.READ: "recv", Blocked.WRITE: "send"}.get(call.blocked, "poll")
                return op, named.key, self.world.channels[named.key].name
        return None

    def _channel_of(self, reading: ProcessReading, thing: SharedObject) -> _Named[ChannelKey] | None:
        for number in thing.descriptors.values():
            descriptor = reading.descriptors.get(number)
            if descriptor is not None and (named := self._channels.get(self._pipe(descriptor.inode))) is not None:
                return named
        return None

    def _of_feeder(self, reading: ProcessReading, thread: ThreadReading, name: str) -> tuple[str, int, str] | None:
        """A feeder thread that cannot write, or the main thread that waits at its exit for such a one to end."""
        feeders = [
            (thread, channel)
            for thread in reading.threads.values()
            if thread.operation is not None and thread.operation.name == "feed"
            if (channel := self._fed_channel(reading, thread)) is not None
        ]
        if name == "feed":
            if thread.state.call.blocked is Blocked.FUTEX and thread.state.call.address not in reading.semaphores:
                return None  # its buffer is empty: it waits for the next put()
            channel = next((channel for feeder, channel in feeders if feeder is thread), None)
        else:
            busy = [channel for feeder, channel in feeders if feeder.state.call.blocked is Blocked.WRITE]
            channel = busy[0] if len(busy) == 1 or (busy and len(set(map(id, busy))) == 1) else None
        return (name, channel.key, self.world.channels[channel.key].name) if channel is not None else None

    def _fed_channel(self, reading: ProcessReading, thread: ThreadReading) -> _Named[ChannelKey] | None:
        """Find the channel of a feeder thread by the Connection whose `send_bytes` the thread calls."""
        frame = thread.operation.frame if thread.operation is not None else None
        method = frame.local_variables.get("send_bytes") if frame is not None else None
        if method is None or reading.objects is None or reading.memory is None:
            return None
        connection = reading.objects.bound_to(method)
        return self._channel_of(reading, connection) if connection is not None else None

    def _pool_of(self, reading: ProcessReading) -> _Named[PoolKey] | None:
        """The only pool of the process: a result does not say whose it is."""
        own = [named for (pid, _), named in self._pools.items() if pid == reading.pid]
        return own[0] if len(own) == 1 else None

    # locks

    def _add_locks(self) -> None:
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
        for inode in {*shape, *waited} - self._internal():
            if inode not in self._locks:
                maximum, recursive = shape.get(inode, (1, False))
                kind = Kind.SEMAPHORE if maximum == _SEMAPHORE_MAXIMUM else Kind.BOUNDED_SEMAPHORE
                kind = Kind.RLOCK if recursive else Kind.LOCK if maximum == 1 else kind
                self._locks[inode] = _Named(LockKey(inode << 2 | _LOCK), kind)
        for inode, named in self._locks.items():
            if named.key not in self.world.locks:
                lock = Lock(named.key, str(named.kind), named.name(f"{named.kind} {inode}"))
                lock.shared_with_unobserved = (ProcessKey(self._root.pid),)
                self.world.locks[named.key] = lock
            if self._parts.get(inode, "") in ("", "_semlock", "_flag"):
                self.world.locks[named.key].value = self._value(inode)
            if named.parties is not None:
                self.world.locks[named.key].value = named.parties

    def _internal(self) -> set[int]:
        """Semaphores of Queues."""
        found: set[int] = set()
        for reading in self._readings:
            for thing in reading.objects.found.values() if reading.objects is not None else ():
                if thing.kind in _QUEUES:
                    found |= {reading.semaphores.get(address, 0) for address in thing.semaphores.values()}
        return found - self._locks.keys()

    def _value(self, inode: int) -> int | None:
        """The counter of a semaphore, if it was the same everywhere and at both readings."""
        values = {reading.values[inode] for reading in self._readings if inode in reading.values}
        unsteady = any(inode in reading.unsteady for reading in self._readings)
        return values.pop() if len(values) == 1 and not unsteady else None

    def _add_holders(self) -> None:
        waiting: dict[int, list[Hold]] = defaultdict(list)
        for process in self.world.processes.values():
            for wait in process.waits:
                waiting[wait.key].append(Hold(process.key, wait.thread, wait.since, wait.site))
        for key, lock in self.world.locks.items():
            lock.waiters = tuple(sorted(waiting[key], key=lambda entry: entry.since))
        for inode, named in self._locks.items():
            part = self._parts.get(inode, "")
            if part not in ("", _GUARDS.get(Kind(named.kind))):
                continue
            lock = self.world.locks[named.key]
            lock.holders = tuple(self._holders(inode, counting=lock.kind in ("Semaphore", "BoundedSemaphore")))

    def _holders(self, inode: int, *, counting: bool) -> Iterable[Hold]:
        """Yield the holders of a semaphore; none where that is not certain."""
        if self._value(inode) != 0:
            return
        counts = {reading.pid: reading.counts()[inode] for reading in self._readings}
        if any(count < 0 for count in counts.values()):
            return  # somebody has released what another one acquired: a lock that is used as a signal
        claims = {pid: count for pid, count in counts.items() if count > 0}
        recursive = any(
            semlock.recursive for reading in self._readings for semlock in reading.semlocks if semlock.inode == inode
        )
        if not claims and not counting and self._holder_has_ended(inode):
            yield Hold(self._ended_process(), 0, 0.0, None)
            return
        if not counting and (len(claims) != 1 or (not recursive and set(claims.values()) != {1})):
            return
        for reading in self._readings:
            if reading.pid in claims:
                for semlock in reading.semlocks:
                    if semlock.inode == inode and semlock.count > 0:
                        yield Hold(
                            ProcessKey(reading.pid), semlock.thread, self._held_since(reading, semlock.thread), None
                        )

    def _holder_has_ended(self, inode: int) -> bool:
        """Return whether a Lock is acquired, but by none of the living processes that have it open."""
        if self._value(inode) != 0 or not self._complete:
            return False
        for reading in self._readings:
            if inode in reading.semaphores.values() and not (reading.python and reading.search_complete):
                return False
        shapes = {
            (semlock.maximum, semlock.count)
            for reading in self._readings
            for semlock in reading.semlocks
            if semlock.inode == inode
        }
        return bool(shapes) and shapes <= {(1, 0)}

    def _ended_process(self) -> ProcessKey:
        """The process that acquired a lock and has ended: which it was cannot be known any more."""
        process = Process(_ENDED_PROCESS, "an unknown process", state=State.GONE, ended=0.0, inspected=True)
        self.world.processes.setdefault(_ENDED_PROCESS, process)
        return _ENDED_PROCESS

    def _add_queue_lock(self, inode: int) -> Lock:
        """The lock of a Queue that will never be released."""
        named, part = self._queue_locks[inode]
        name = f"{_QUEUE_LOCKS[part]} {self.world.channels[named.key].name}"
        lock = Lock(LockKey(inode << 2 | _LOCK), "Lock", name, internal=True, value=0)
        lock.shared_with_unobserved = (ProcessKey(self._root.pid),)
        lock.holders = (Hold(self._ended_process(), 0, 0.0, None),)
        return self.world.locks.setdefault(lock.key, lock)

    # who can reach an object

    def _add_access(self) -> None:
        """Note that every process that has an object open can use it. Earlier users are unknown."""
        for inode, named in self._locks.items():
            access = self._access(named.key)
            for reading in self._readings:
                if inode in reading.semaphores.values():
                    access.given.add(ProcessKey(reading.pid))
                    if reading.counts()[inode] < 0:
                        access.released_for_others.add(ProcessKey(reading.pid))
        for key, lock in self.world.locks.items():
            self._access(key).users |= {(thread.process, thread.thread) for thread in (*lock.holders, *lock.waiters)}
        for reading in self._readings:
            if self._is_starting(reading):
                # It has no object open yet, and is about to be given what nobody knows.
                for key in (*self.world.locks, *self.world.channels):
                    self._access(key).given.add(ProcessKey(reading.pid))
        self._add_dead_waiters()
        for reading in self._readings:
            for descriptor in reading.descriptors.values():
                named = self._channels.get(self._pipe(descriptor.inode))
                if named is None:
                    continue
                peer = self.socket_peers.get(descriptor.inode)
                keys = {named.key, descriptor.inode << 2 | _CHANNEL}
                keys |= {peer << 2 | _CHANNEL} if peer is not None else set()
                for key in keys:
                    self._access(key).given.add(ProcessKey(reading.pid))
                self._add_end(ProcessKey(reading.pid), descriptor, peer)

    def _add_dead_waiters(self) -> None:
        """Find ended waiters: `set()` and `notify()` wait for one answer per counted waiter, also of an ended one."""
        if not self._complete:
            return
        waits = [wait for process in self.world.processes.values() for wait in process.waits]
        waited = {wait.key for wait in waits if wait.op == "wait"}
        for key in {wait.key for wait in waits if wait.op in ("set", "notify")} - waited:
            self._access(key).died_inside[self._ended_process()] = "wait"

    def _add_end(self, process: ProcessKey, descriptor: Descriptor, peer: int | None) -> None:
        """Note that a process has an end of a pipe open, and so can read or write there."""
        own = descriptor.inode << 2 | _CHANNEL
        if peer is None:
            before = self.world.open_ends.setdefault(own, {}).get(process, (False, False))
            self.world.open_ends[own][process] = before[0] or descriptor.reads, before[1] or descriptor.writes
            return
        other = peer << 2 | _CHANNEL
        self._access(own).peer, self._access(other).peer = other, own
        for key, found in ((own, (True, False)), (other, (False, True))):
            before = self.world.open_ends.setdefault(key, {}).get(process, (False, False))
            self.world.open_ends[key][process] = before[0] or found[0], before[1] or found[1]

    def _access(self, key: int) -> Access:
        # Who has an object open is known, so that nobody has it only because his parent does.
        return self.world.access.setdefault(key, Access(made=math.inf))

    def _held_since(self, reading: ProcessReading, thread: int) -> float:
        """Return the latest moment at which the thread may have acquired it: since then it has waited elsewhere."""
        process = self.world.processes[ProcessKey(reading.pid)]
        return next((wait.since for wait in process.waits if wait.thread == thread), self.world.now)

    # channels and pools

    def _add_channels(self) -> None:
        things: dict[int, list[SharedObject]] = defaultdict(list)
        for reading in self._readings:
            for thing in reading.objects.found.values() if reading.objects is not None else ():
                named = self._channel_of(reading, thing) if thing.descriptors else None
                if named is not None and thing.kind in _QUEUES:
                    things[named.key].append(thing)
        for inode, named in self._channels.items():
            names = sorted({name: rank for rank, name in sorted(named.names, reverse=True)}.items(), key=_by_rank)
            ends = tuple(name for name, _ in names[:2])
            channel = Channel(named.key, named.kind, named.name(f"{named.kind} {inode}"))
            if named.kind == "Pipe" and len(ends) == 2:
                channel.ends, channel.name = (ends[0], ends[1]), f"{ends[0]} ⇄ {ends[1]}"
            channel.duplex = named.kind == "Pipe" and inode in self.socket_peers
            channel.internal = named.internal
            channel.shared_with_unobserved = (ProcessKey(self._root.pid),)
            maximum = next((thing.numbers["_maxsize"] for thing in things[named.key] if "_maxsize" in thing.numbers), 0)
            channel.maxsize = maximum if 0 < maximum < _SEMAPHORE_MAXIMUM else None
            self.world.channels[named.key] = channel

    def _add_buffered(self, reading: ProcessReading) -> None:
        """Add the items that feeder threads have not written yet: those in their buffers, and those being written."""
        for thread in reading.threads.values():
            operation = thread.operation
            if operation is None or operation.name != "feed" or operation.frame is None or reading.objects is None:
                continue
            channel = self._fed_channel(reading, thread)
            if channel is not None:
                last = (
                    1 if _phase(reading) is Phase.EXITING else 0
                )  # the sentinel that ends the feeder is in the buffer, too
                waiting = reading.objects.length(operation.frame.local_variables.get("buffer"))
                writing = thread.state.call.blocked is Blocked.WRITE
                self.world.channels[channel.key].buffered += max(waiting - last, 0) + writing

    def _add_pools(self) -> None:
        for (pid, address), named in self._pools.items():
            reading = next(reading for reading in self._readings if reading.pid == pid)
            thing = reading.objects.at(address) if reading.objects is not None else None
            if thing is None or reading.objects is None or named.key in self.world.pools:
                continue  # of a forked copy of the pool, only the first process that has it is its owner
            workers: list[Worker] = []
            for part, worker_address in thing.parts.items():
                worker = reading.objects.at(worker_address) if part.startswith("worker") else None
                child = self._pid(worker.numbers.get("pid")) if worker is not None else None
                process = self.world.processes.get(ProcessKey(child)) if child is not None else None
                if process is not None:
                    process.pool = named.key
                    workers.append(Worker(process.key, process.name, alive=process.state.alive))
            pool = Pool(named.key, named.kind, named.name(named.kind), owner=ProcessKey(pid), workers=tuple(workers))
            pool.size = thing.numbers.get("_processes", thing.numbers.get("_max_workers", len(workers)))
            pool.ended = {"CLOSE": "closed", "TERMINATE": "terminated"}.get(thing.texts.get("_state", ""), "")
            pool.shared_with_unobserved = (ProcessKey(self._root.pid),)
            pending = thing.numbers.get("pending", 0)
            living = [worker for worker in workers if worker.alive]
            busy = {worker.process for worker in living if not self._is_idle(worker.process)}
            if pending and busy:
                # Each of them has at least one task in its hands; of a `map` it may be several.
                pool.submitted, pool.taken = pending, min(len(busy), pending)
                pool.workers = tuple(
                    replace(worker, running=1) if worker.process in busy else worker for worker in workers
                )
            elif pending and (named.kind == Kind.POOL or not living):
                # If each worker waits for a task, no task waits for a worker.
                pool.submitted, pool.taken = pending, pending if living else 0
                pool.stalled = max(map(self._since, reading.threads.values()), default=None)
            self.world.pools[named.key] = pool

    def _is_idle(self, key: ProcessKey) -> bool:
        """Return whether a worker waits for a task."""
        reading = next((reading for reading in self._readings if reading.pid == key), None)
        main = reading.main_thread if reading is not None else None
        if main is None or main.operation is None or main.python is None or not main.lasting:
            return False
        functions = [frame.function.rpartition(".")[2] for frame in main.python.frames]
        return main.operation.name == "get" and not {"worker", "_process_worker"}.isdisjoint(functions[:5])


def program_age(root: ProcessEntry) -> float:
    """Seconds since a process began."""
    return max(time.clock_gettime(time.CLOCK_BOOTTIME) - root.started, 0.0)


def _by_rank(item: tuple[str, int]) -> int:
    return item[1]


def _ranked(rank: int, thing: SharedObject) -> list[tuple[int, str]]:
    """Names of the first process first, and of a process those that were found first."""
    return [(rank * 1000 + place, name) for place, name in enumerate(thing.names)]


def _name(reading: ProcessReading, current: SharedObject | None, root: ProcessEntry, *, is_child: bool) -> str:
    entry = reading.entry
    if entry.helper and not is_child:
        return entry.helper
    name = current.texts.get("_name", "") if current is not None else ""
    if name and (name != "MainProcess" or entry.pid == root.pid):
        return name
    if entry.pid == root.pid:
        return "MainProcess"
    return entry.helper or shorten(" ".join(entry.arguments), _LONGEST_COMMAND) or f"pid {entry.pid}"


def _runs_a_process(reading: ProcessReading) -> bool:
    """Return whether it is a child of the forkserver, and not a helper itself."""
    main = reading.main_thread
    frames = main.python.frames if main is not None and main.python is not None else ()
    return any(frame.function.rpartition(".")[2] in ("_bootstrap", "_exit_function") for frame in frames)


def _phase(reading: ProcessReading) -> Phase:
    main = reading.main_thread
    frames = main.python.frames if main is not None and main.python is not None else ()
    names = [frame.function.rpartition(".")[2] for frame in frames]
    if "_exit_function" in names:
        return Phase.EXITING
    return Phase.RUN if "run" in names else Phase.NONE


def _state(letter: str) -> State:
    if letter in "ZX":
        return State.ZOMBIE
    return State.STOPPED if letter in "Tt" else State.RUNNING


def _set_exit(process: Process, status: int | None) -> None:
    if status is not None:
        process.exitcode = os.waitstatus_to_exitcode(status)
        process.signal = signal_name(-process.exitcode) if process.exitcode < 0 else None
