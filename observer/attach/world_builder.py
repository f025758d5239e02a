"""Makes a `World` from what was read of the processes of a program."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..kernel.identity import exit_status
from ..kernel.process_table import PAGE_BYTES
from ..kernel.procfs import stat_fields
from ..kernel.signals import signal_name
from ..model import Channel, Hold, Lock, Phase, Pool, Process, State, Wait, Worker, World
from .descriptors import socket_peers
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
_QUEUES = (Kind.QUEUE, Kind.JOINABLE_QUEUE, Kind.SIMPLE_QUEUE)
_CANONICAL = {Kind.EVENT: "_flag", Kind.CONDITION: "_wait_semaphore", Kind.BARRIER: "_cond._wait_semaphore"}
"""The semaphore by which an object of several is identified."""
_GUARDS = {Kind.CONDITION: "_lock", Kind.EVENT: "_cond._lock", Kind.BARRIER: "_cond._lock"}
"""The lock that is held while such an object is used."""


@dataclass
class _Named:
    """A lock or a channel, and all names by which processes know it."""

    key: int
    kind: str
    names: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Rank and name: the lowest rank is the best name."""

    internal: bool = False
    """It belongs to a pool, not to the program."""

    def name(self, otherwise: str) -> str:
        return min(self.names)[1] if self.names else otherwise


Seen = dict[tuple[int, int], tuple[int, float]]
"""By pid and tid: how often a thread has run, and when it was first seen with that number."""


class WorldBuilder:
    """Fills a world with what was read at one moment."""

    def __init__(self, root: ProcessEntry, readings: list[ProcessReading], seen: Seen) -> None:
        """seen: of the reading before; it is brought up to date."""
        self._seen = seen
        self._root = root
        self._readings = readings
        self._locks: dict[int, _Named] = {}
        """By inode of a semaphore: the object that it is, or is a part of."""
        self._parts: dict[int, str] = {}
        """What each semaphore is to that object: the attribute."""
        self._channels: dict[int, _Named] = {}
        """By inode of a pipe or socket."""
        self._pool_queues: set[tuple[int, int]] = set()
        """The queues of pools, by pid and address."""
        self._pools: dict[tuple[int, int], _Named] = {}
        """By pid and address."""
        sockets = [each.inode for reading in readings for each in reading.descriptors.values() if each.kind == "socket"]
        self._peers = socket_peers(sockets)
        self.world = World(now=program_age(root))
        self._since_by_thread: dict[int, float] = {}
        for reading in readings:
            for tid, thread in reading.threads.items():
                self._since_by_thread[id(thread)] = self._began(reading.pid, tid, thread)

    @property
    def pairs(self) -> set[int]:
        """Inodes of sockets whose two ends the program has."""
        own = {each.inode for reading in self._readings for each in reading.descriptors.values()}
        return {inode for inode, peer in self._peers.items() if inode in own and peer in own}

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
        world.main = self._root.pid if self._root.pid in world.processes else None
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
        self._pool_queues |= {
            (reading.pid, part)
            for thing in things
            if thing.kind in (Kind.POOL, Kind.EXECUTOR)
            for part in thing.parts.values()
        }
        for thing in sorted(things, key=lambda each: each.kind not in _OWNERS):
            if thing.kind in _OWNERS or thing.kind in _LOCKS:
                self._collect_locks(rank, reading, thing)
            if thing.kind in _QUEUES or thing.kind is Kind.CONNECTION:
                self._collect_channel(rank, reading, thing)
            if thing.kind in (Kind.POOL, Kind.EXECUTOR):
                named = _Named(thing.address << 2 | _POOL, thing.kind)
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
            named = _Named(inode << 2 | _LOCK, thing.kind)
        if named.kind == thing.kind:
            named.names += _ranked(rank, thing)
        for part, each in inodes.items():
            known = self._locks.get(each)
            if known is None or known.kind == Kind.CONDITION:
                self._locks[each] = named
                self._parts[each] = part

    def _collect_channel(self, rank: int, reading: ProcessReading, thing: SharedObject) -> None:
        for number in thing.descriptors.values():
            descriptor = reading.descriptors.get(number)
            if descriptor is None:
                continue
            inode = self._pipe(descriptor.inode)
            named = self._channels.get(inode)
            if named is None or (named.kind == "Pipe" and thing.kind in _QUEUES):
                kind = "Pipe" if thing.kind is Kind.CONNECTION else str(thing.kind)
                named = self._channels[inode] = _Named(inode << 2 | _CHANNEL, kind)
            named.internal |= (reading.pid, thing.address) in self._pool_queues
            if named.kind == thing.kind or (named.kind == "Pipe" and thing.kind is Kind.CONNECTION):
                named.names += _ranked(rank, thing)

    def _pipe(self, inode: int) -> int:
        """One number for both ends of a pair of sockets."""
        return min(inode, self._peers.get(inode, inode))

    # processes

    def _add_process(self, reading: ProcessReading) -> None:
        entry = reading.entry
        current = reading.objects.current_process() if reading.objects is not None else None
        process = Process(key=entry.pid, name=_name(reading, current, self._root))
        process.pid, process.ppid = entry.pid, entry.ppid
        process.parent = (current.numbers.get("_parent_pid") if current is not None else None) or entry.ppid
        if entry.pid == self._root.pid:
            process.role, process.parent = "main", entry.ppid
        elif not reading.python and entry.state != "Z":
            process.role = entry.helper or "program"
        elif entry.helper and not _runs_a_process(reading):
            process.role = entry.helper
        process.started = process.created = max(entry.started - self._root.started, 0.0)
        process.cls = current.texts.get("class") if current is not None and process.role == "process" else None
        process.target = current.texts.get("target") if current is not None else None
        process.command = " ".join(entry.arguments) or None
        process.state = _state(entry.state)
        process.inspected = reading.python or entry.state == "Z"
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

    def _add_ended(self) -> None:
        """Children that their parent has started and that are gone, or zombies: it knows their names."""
        for reading in self._readings:
            for thing in reading.objects.found.values() if reading.objects is not None else ():
                pid = thing.numbers.get("pid")
                if thing.kind is not Kind.PROCESS or pid is None:
                    continue
                process = self.world.processes.get(pid)
                if process is not None and process.state is State.ZOMBIE:
                    process.name, process.parent = thing.texts.get("_name", process.name), reading.pid
                    process.role = "process"
                elif process is None and (code := thing.numbers.get("returncode")) is not None:
                    process = Process(key=pid, name=thing.texts.get("_name", f"pid {pid}"), pid=pid, parent=reading.pid)
                    process.state, process.inspected = State.JOINED, True
                    process.exitcode, process.signal = code, signal_name(-code) if code < 0 else None
                    process.ended = process.joined = process.started = process.created = 0.0
                    self.world.processes[pid] = process

    # waits

    def _add_waits(self, reading: ProcessReading) -> None:
        process = self.world.processes[reading.pid]
        waits: list[Wait] = []
        for tid, thread in sorted(reading.threads.items(), key=lambda each: each[0] != reading.pid):
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
        if process.main_wait is not None and process.state is State.RUNNING:
            process.state = State.WAITING

    def _wait(self, reading: ProcessReading, thread: ThreadReading) -> Wait | None:
        operation = thread.operation
        name = operation.name if operation is not None else ""
        thing = None
        if operation is not None and reading.objects is not None and operation.subject is not None:
            thing = reading.objects.at(operation.subject)
        found = self._subject(reading, thread, name, thing)
        if found is None:
            return None
        op, key, text = found
        site = operation.site if operation is not None else None
        return Wait(op, text, key, self._since(thread), site, thread.ident)

    def _since(self, thread: ThreadReading) -> float:
        return self._since_by_thread[id(thread)]

    def _began(self, pid: int, tid: int, thread: ThreadReading) -> float:
        """A thread that waits has not run since then. Where the kernel does not tell, since it was first seen so."""
        switches, first = self._seen.get((pid, tid), (-1, 0.0))
        if switches != thread.state.switches:
            first = self.world.now
        if thread.state.last_ran is not None:
            first = min(first, self._moment(thread.state.last_ran))
        self._seen[pid, tid] = thread.state.switches, first
        return first

    def _moment(self, since_boot: float | None) -> float:
        """From seconds since the machine's start to those since the program's; now where that is not known."""
        return self.world.now if since_boot is None else max(since_boot - self._root.started, 0.0)

    @property
    def still(self) -> float:
        """The moment since which no thread has run and no process has ended."""
        threads = [thread for reading in self._readings for thread in reading.threads.values()]
        ends = [each.ended for each in self.world.processes.values() if each.ended is not None]
        return max([*map(self._since, threads), *ends], default=self.world.now)

    def _subject(
        self, reading: ProcessReading, thread: ThreadReading, name: str, thing: SharedObject | None
    ) -> tuple[str, int, str] | None:
        """The operation, and the key and name of its object."""
        call = thread.state.call
        semaphore = reading.semaphores.get(call.address) if call.blocked is Blocked.FUTEX else None
        channel = self._channel_of(reading, thing) if thing is not None else None
        if name in ("get", "put", "join", "recv", "send", "poll") and channel is not None:
            return name, channel.key, self.world.channels[channel.key].name
        if name == "join" and thing is not None and thing.kind is Kind.PROCESS:
            pid = thing.numbers.get("pid")
            if pid is not None:
                process = self.world.processes.get(pid)
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
            process = self.world.processes.get(call.child)
            return ("join", call.child, process.name) if process is not None else None
        if call.blocked in (Blocked.READ, Blocked.WRITE, Blocked.POLL) and len(call.files) == 1:
            descriptor = reading.descriptors.get(call.files[0])
            named = self._channels.get(self._pipe(descriptor.inode)) if descriptor is not None else None
            if named is not None:
                op = {Blocked.READ: "recv", Blocked.WRITE: "send"}.get(call.blocked, "poll")
                return op, named.key, self.world.channels[named.key].name
        return None

    def _channel_of(self, reading: ProcessReading, thing: SharedObject) -> _Named | None:
        for number in thing.descriptors.values():
            descriptor = reading.descriptors.get(number)
            if descriptor is not None and (named := self._channels.get(self._pipe(descriptor.inode))) is not None:
                return named
        return None

    def _of_feeder(self, reading: ProcessReading, thread: ThreadReading, name: str) -> tuple[str, int, str] | None:
        """A feeder thread that cannot write, or the main thread that waits at its exit for such a one to end."""
        feeders = [
            (each, channel)
            for each in reading.threads.values()
            if each.operation is not None and each.operation.name == "feed"
            if (channel := self._fed_channel(reading, each)) is not None
        ]
        if name == "feed":
            if thread.state.call.blocked is Blocked.FUTEX and thread.state.call.address not in reading.semaphores:
                return None  # its buffer is empty: it waits for the next put()
            channel = next((channel for each, channel in feeders if each is thread), None)
        else:
            busy = [channel for each, channel in feeders if each.state.call.blocked is Blocked.WRITE]
            channel = busy[0] if len(busy) == 1 or (busy and len(set(map(id, busy))) == 1) else None
        return (name, channel.key, self.world.channels[channel.key].name) if channel is not None else None

    def _fed_channel(self, reading: ProcessReading, thread: ThreadReading) -> _Named | None:
        """By the Connection whose `send_bytes` the feeder calls."""
        frame = thread.operation.frame if thread.operation is not None else None
        method = frame.local_variables.get("send_bytes") if frame is not None else None
        if method is None or reading.objects is None or reading.memory is None:
            return None
        connection = reading.objects.bound_to(method)
        return self._channel_of(reading, connection) if connection is not None else None

    def _pool_of(self, reading: ProcessReading) -> _Named | None:
        """The only pool of the process: a result does not say whose it is."""
        own = [named for (pid, _), named in self._pools.items() if pid == reading.pid]
        return own[0] if len(own) == 1 else None

    # locks

    def _add_locks(self) -> None:
        shape = {each.inode: (each.maximum, each.recursive) for reading in self._readings for each in reading.semlocks}
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
                self._locks[inode] = _Named(inode << 2 | _LOCK, kind)
        for inode, named in self._locks.items():
            if named.key not in self.world.locks:
                lock = Lock(named.key, str(named.kind), named.name(f"{named.kind} {inode}"))
                lock.shared_with_unobserved = (self._root.pid,)
                self.world.locks[named.key] = lock
            if self._parts.get(inode, "") in ("", "_semlock", "_flag"):
                self.world.locks[named.key].value = self._value(inode)

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
            lock.waiters = tuple(sorted(waiting[key], key=lambda each: each.since))
        for inode, named in self._locks.items():
            part = self._parts.get(inode, "")
            if part not in ("", _GUARDS.get(Kind(named.kind))):
                continue
            lock = self.world.locks[named.key]
            lock.holders = tuple(self._holders(inode, counting=lock.kind in ("Semaphore", "BoundedSemaphore")))

    def _holders(self, inode: int, *, counting: bool) -> Iterable[Hold]:
        """Who holds a semaphore: nobody where that is not certain."""
        if self._value(inode) != 0:
            return
        counts = {reading.pid: reading.counts()[inode] for reading in self._readings}
        if any(count < 0 for count in counts.values()):
            return  # somebody has released what another one acquired: a lock that is used as a signal
        claims = {pid: count for pid, count in counts.items() if count > 0}
        recursive = any(
            each.recursive for reading in self._readings for each in reading.semlocks if each.inode == inode
        )
        if not counting and (len(claims) != 1 or (not recursive and set(claims.values()) != {1})):
            return
        for reading in self._readings:
            if reading.pid in claims:
                for each in reading.semlocks:
                    if each.inode == inode and each.count > 0:
                        yield Hold(reading.pid, each.thread, self._held_since(reading, each.thread), None)

    def _held_since(self, reading: ProcessReading, thread: int) -> float:
        """At the latest since the thread has been waiting for something else."""
        process = self.world.processes[reading.pid]
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
            channel.duplex = named.kind == "Pipe" and inode in self._peers
            channel.internal = named.internal
            channel.shared_with_unobserved = (self._root.pid,)
            maximum = next((thing.numbers["_maxsize"] for thing in things[named.key] if "_maxsize" in thing.numbers), 0)
            channel.maxsize = maximum if 0 < maximum < _SEMAPHORE_MAXIMUM else None
            self.world.channels[named.key] = channel

    def _add_buffered(self, reading: ProcessReading) -> None:
        """What feeder threads have not written yet: what is in their buffers, and the item that they are writing."""
        for thread in reading.threads.values():
            operation = thread.operation
            if operation is None or operation.name != "feed" or operation.frame is None or reading.objects is None:
                continue
            channel = self._fed_channel(reading, thread)
            if channel is not None:
                last = (
                    1 if _phase(reading) is Phase.EXITING else 0
                )  # what tells the feeder to end is in the buffer, too
                waiting = reading.objects.length(operation.frame.local_variables.get("buffer"))
                writing = thread.state.call.blocked is Blocked.WRITE
                self.world.channels[channel.key].buffered += max(waiting - last, 0) + writing

    def _add_pools(self) -> None:
        for (pid, address), named in self._pools.items():
            reading = next(each for each in self._readings if each.pid == pid)
            thing = reading.objects.at(address) if reading.objects is not None else None
            if thing is None or reading.objects is None or named.key in self.world.pools:
                continue  # of a forked copy of the pool, only the first process that has it is its owner
            workers: list[Worker] = []
            for part, worker_address in thing.parts.items():
                worker = reading.objects.at(worker_address) if part.startswith("worker") else None
                child = worker.numbers.get("pid") if worker is not None else None
                process = self.world.processes.get(child) if child is not None else None
                if process is not None:
                    process.pool = named.key
                    workers.append(Worker(process.key, process.name, alive=process.state.alive))
            pool = Pool(named.key, named.kind, named.name(named.kind), owner=pid, workers=tuple(workers))
            pool.size = thing.numbers.get("_processes", thing.numbers.get("_max_workers", len(workers)))
            pool.ended = {"CLOSE": "closed", "TERMINATE": "terminated"}.get(thing.texts.get("_state", ""), "")
            pool.shared_with_unobserved = (self._root.pid,)
            self.world.pools[named.key] = pool


def program_age(root: ProcessEntry) -> float:
    """Seconds since a process began."""
    return max(time.clock_gettime(time.CLOCK_BOOTTIME) - root.started, 0.0)


def _by_rank(item: tuple[str, int]) -> int:
    return item[1]


def _ranked(rank: int, thing: SharedObject) -> list[tuple[int, str]]:
    """Names of the first process first, and of a process those that were found first."""
    return [(rank * 1000 + place, name) for place, name in enumerate(thing.names)]


def _name(reading: ProcessReading, current: SharedObject | None, root: ProcessEntry) -> str:
    entry = reading.entry
    if entry.helper and not _runs_a_process(reading):
        return entry.helper
    name = current.texts.get("_name", "") if current is not None else ""
    if name and (name != "MainProcess" or entry.pid == root.pid):
        return name
    if entry.pid == root.pid:
        return "MainProcess"
    return entry.helper or " ".join(entry.arguments)[:60] or f"pid {entry.pid}"


def _runs_a_process(reading: ProcessReading) -> bool:
    """Whether it is a child that the forkserver has made, and no helper itself."""
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
