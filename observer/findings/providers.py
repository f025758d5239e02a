"""The threads that could end each wait of a program; see DESIGN.md, "Findings: who can still end this wait?".

One uniform representation of everything that blocks: a `Blocking` is a thread, what it needs, and the threads that
could provide that. The rest of `findings` reasons about these and about nothing else.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

import msgspec
from msgspec.structs import replace
from rockproc.probe.layout import POOL

from ..model import (
    USER,
    Access,
    Blocked,
    Channel,
    Lock,
    ManagedObject,
    Phase,
    Pool,
    Process,
    RepeatedRead,
    State,
    Thread,
    ThreadState,
    Wait,
    World,
)
from ..model.keys import ChannelKey, LockKey, ManagedKey, PoolKey, ProcessKey, ValueKey
from ..model.pool import FINAL
from ..model.process import HELPER_ROLES, UnobservedReason
from .ending_calls import EndingCalls, alarm_raises

SAME_WAIT_SECONDS = 0.4
"""Seconds for which a thread must have been in the same wait: not all processes are read at the same moment."""
_EXECUTOR_STALLED_SECONDS = 2.0
"""Seconds for which an executor may have no worker although tasks wait: starting a process takes a moment."""
_THREADS_KNOWN_SECONDS = 4.0
"""After this time each thread of an executor has been sampled at least once since its waits began."""
_MAX_SAMPLED_PROCESSES = 64
"""Where more processes than this are alive, a sample reads only some of their threads."""
_MANAGED_CALL_SECONDS = 2.0
"""Seconds after the last call of an object of a manager, or the last end of a process, until which an answer may still
be on its way."""
_MANAGED_WAITS = {
    "get": ("Queue", "JoinableQueue"),
    "put": ("Queue", "JoinableQueue"),
    "join": ("JoinableQueue", "Queue"),
    "wait": ("Event", "Condition", "Barrier"),
    "acquire": ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"),
}
"""Methods of objects of a manager in which a thread waits for what another one does, with the types that have them."""
_COUNTING = ("Semaphore", "BoundedSemaphore")
_READ, _WRITE = 0, 1
"""The two ends of a pipe, as in `World.open_ends`."""
_SEPARATE = (UnobservedReason.OTHER_PROGRAM, UnobservedReason.EXEC, UnobservedReason.SUBPROCESS)
"""Reasons why a process is not observed, with which it has only those objects that it was seen to have open."""
_ANY_END = (True, True)
"""The ends that a process is assumed to have open when that is not known."""


class Need(enum.StrEnum):
    """What a thread waits for. In the order in which they explain a group of threads that wait for each other."""

    WAKE_UP = "the answer of a waiter"
    """`set()` and `notify()` wait until each waiter that they count has woken."""
    RESULT = "a result"
    ROOM = "room in a pipe or queue"
    TASK_DONE = "task_done()"
    ARRIVAL = "the others at a Barrier"
    PERMIT = "a permit of a semaphore"
    MANAGED = "what another process does with an object of a manager"
    NOTIFY = "notify()"
    SET = "set()"
    CHANGE = "another state of a Value or an Event"
    """A loop asks for it again and again."""
    ANY = "any of several objects"
    MESSAGE = "a message"
    ITEM = "an item"
    LOCK = "a lock"
    PROCESS = "the end of a process"
    THREAD = "a thread of its process"
    FILES = "files in an event loop"


class Provider(msgspec.Struct, frozen=True):
    """A thread that could end a wait."""

    thread: Thread
    likely: bool = True
    """False for one that has never used the object, and was not given it."""


class Blocking(msgspec.Struct):
    """A thread that waits, what it needs, and who could provide that."""

    thread: Thread
    need: Need
    wait: Wait | None
    """The tapped operation; None where only the kernel tells of the wait."""
    state: ThreadState | None
    since: float
    providers: list[Provider] = msgspec.field(default_factory=list[Provider])
    ended: list[ProcessKey] = msgspec.field(default_factory=list[ProcessKey])
    """Keys of the processes that have ended and were needed: the holder, the last writer, the worker with the task."""
    able: bool = False
    """True if something that is not in the model can end the wait, or if it is not known what could."""
    unknown: bool = False
    """True if the model says nothing about who could end it; it is `able` then, too."""
    timed: bool = False
    """True if it has a time-out."""

    @property
    def key(self) -> int:
        return self.wait.key if self.wait is not None else 0


class Providers:
    """Finds the providers of every wait in a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.living = [
            process for process in world.processes.values() if process.state.alive and process.role not in HELPER_ROLES
        ]
        self._by_pid = {process.pid: process for process in world.processes.values() if process.pid is not None}
        self.threads = {process.key: list(_threads(process)) for process in self.living}
        """All threads of each living process, by its key."""
        self._tapped = {thread for access in world.access.values() for thread in access.users}
        """Threads that have used anything of multiprocessing."""
        self._calls = EndingCalls(world)
        self._held = {item.key: item.held_by for item in world.managed.values() if item.held_by is not None}

    def blockings(self) -> dict[Thread, Blocking]:
        """Every thread that is blocked, with what it is blocked by outermost."""
        found: dict[Thread, Blocking] = {}
        now, inspected = self._world.now, self._world.inspected_at
        if inspected is not None:
            # Waits of inspected processes are as of that moment. A wait that began later may be what ends one of them.
            now = min(now, inspected)
        for process in self.living:
            if not process.observed or process.state is State.STOPPED:
                continue
            for wait in process.waits:
                thread = process.key, wait.thread
                if thread not in found and now - wait.since >= SAME_WAIT_SECONDS:
                    blocking = self._blocking(process, wait)
                    if blocking is not None:
                        by_alarm = wait.thread == process.main_thread and alarm_raises(process)
                        blocking.able = blocking.able or by_alarm
                        found[thread] = blocking
            read = self._world.repeated_reads.get(process.key)
            if read is not None and read.only_waits and read.thread not in found:
                found[read.thread] = self._repeated(process, read)
            tapped = {wait.thread for wait in process.waits}
            for state in process.other_threads or ():
                thread = process.key, _ident(process, state)
                if state.blocked and state.since <= now and thread not in found and thread[1] not in tapped:
                    found[thread] = self._untapped(process, thread, state)
        return found

    def _untapped(self, process: Process, thread: Thread, state: ThreadState) -> Blocking:
        need = Need.THREAD if state.blocked is Blocked.THREAD else Need.FILES
        place = self._world.blocked_places.get(thread)
        # A thread that sleeps may set an Event of threading, but hardly calls into an event loop or imports a module.
        any_may = need is Need.THREAD and not (place is not None and place.feeds_in_import)
        others = [
            Provider(other, likely=any_may or other in self._tapped)
            for other in self.threads[process.key]
            if other != thread
        ]
        return Blocking(thread, need, None, state, state.since, others, able=not state.confirmed)

    def _repeated(self, process: Process, read: RepeatedRead) -> Blocking:
        """A loop that reads a Value or asks an Event until it has changed; it counts as a wait with a time-out."""
        world = self._world
        lock, value = world.locks.get(LockKey(read.key)), world.values.get(ValueKey(read.key))
        named = lock if lock is not None else value
        name = named.name if named is not None else ""
        wait = Wait(
            "is_set" if lock is not None else "value", name, read.key, read.since, read.site, read.thread[1], True
        )
        found = Blocking(read.thread, Need.CHANGE, wait, None, read.since, timed=True)
        found.able = named is None or bool(named.shared_with_unobserved) or bool(process.handlers)
        # Every process may have inherited it, or got it inside an argument, so each of them may write it.
        found.providers.extend(
            Provider(thread) for other in self.living for thread in self.threads[other.key] if thread != read.thread
        )
        writers = self._access(read.key).writers if lock is not None else set[Thread]()
        last = [value.writer] if value is not None and value.writer is not None else []
        failed = [other.key for other in world.processes.values() if other.exitcode]
        ended = dict.fromkeys([*failed, *self._ended(writers), *(key for key in last if not self._lives(key))])
        found.ended.extend(key for key in ended if not self._lives(key))
        return found

    def _blocking(self, process: Process, wait: Wait) -> Blocking | None:
        thread = process.key, wait.thread
        found = Blocking(thread, Need.THREAD, wait, None, wait.since, timed=wait.timed is not False)
        lock = self._world.locks.get(LockKey(wait.key))
        target = self._world.processes.get(ProcessKey(wait.key)) if wait.op in ("join", "wait") else None
        pool = self._world.pools.get(PoolKey(wait.key))
        channel = self._world.channels.get(ChannelKey(wait.key))
        # A lock and a process may have the same key, but a lock is never joined.
        if wait.op == "wait" and wait.keys:
            self._any(found, wait)
        elif target is not None and channel is None and (lock is None or wait.op == "join"):
            self._join(found, target)
        elif pool is not None:
            self._result(found, pool)
        elif channel is not None:
            self._channel(found, channel)
        elif lock is not None:
            self._lock(found, lock)
        elif wait.key in self._held and wait.op == "acquire":
            hold = self._held[ManagedKey(wait.key)]
            found.need = Need.LOCK
            self._holder(found, hold.process, hold.thread)
        elif wait.key in self._world.managed:
            self._managed(found, self._world.managed[ManagedKey(wait.key)], wait)
        else:
            found.able = found.unknown = True
        return found

    def _managed(self, found: Blocking, managed: ManagedObject, wait: Wait) -> None:
        """Every process that knows the manager may have a proxy of the object. The server does nothing by itself."""
        world = self._world
        found.need = Need.MANAGED
        manager = world.managers.get(managed.manager)
        ends = [process.ended for process in world.processes.values() if process.ended is not None]
        last = max([found.since, managed.last_at or 0.0, *ends])
        found.able = (
            managed.type not in _MANAGED_WAITS.get(wait.op, ())
            # A class of the program may run threads in the server, and give its address to other programs.
            or manager is None
            or manager.cls != "SyncManager"
            or manager.extended
            or not manager.alive
            or world.now - last < _MANAGED_CALL_SECONDS
        )
        server = self._by_pid.get(manager.pid) if manager is not None else None
        if server is not None and server.state is State.STOPPED:
            found.able = found.unknown = True  # it answers when it is continued
        found.unknown = found.unknown or manager is None or manager.cls != "SyncManager" or manager.extended
        servers = {other.pid for other in world.managers.values() if other.cls == "SyncManager"}
        for process in self.living:
            if process.pid in servers or process.unobserved in (UnobservedReason.OTHER_PROGRAM, UnobservedReason.EXEC):
                continue
            found.able = found.able or self._calls.handler_may_end(process, wait, managed.type)
            for thread in self.threads[process.key]:
                if thread != found.thread:
                    likely = thread[1] == process.main_thread or thread in self._tapped or not process.observed
                    calls = self._world.thread_calls.get(thread, ())
                    likely = likely or self._calls.may_end(calls, wait, managed.type)
                    found.providers.append(Provider(thread, likely))
        failed = [process.key for process in world.processes.values() if process.exitcode]
        caller = [managed.caller] if managed.caller is not None else []
        found.ended.extend(key for key in dict.fromkeys([*caller, *failed]) if not self._lives(key))

    # what can be waited for

    def _join(self, found: Blocking, target: Process) -> None:
        found.need = Need.PROCESS
        if target.ended is not None or not target.state.alive or not target.observed:
            found.able = True
        else:
            found.providers.append(Provider((target.key, target.main_thread or 0)))

    def _any(self, found: Blocking, wait: Wait) -> None:
        """A wait for several objects at once ends when one of them is ready: the providers of all count."""
        found.need = Need.ANY
        for key in wait.keys:
            one = replace(found, wait=replace(wait, key=key, end=key), providers=[], ended=[])
            access, target = self._access(key), self._world.processes.get(ProcessKey(key))
            channel = self._world.channels.get(ChannelKey(key)) or self._world.channels.get(
                ChannelKey(access.peer or 0)
            )
            if channel is not None:
                self._get(one, channel, access)
            elif target is not None:
                self._join(one, target)
            else:
                one.able = True
            found.able = found.able or one.able
            found.providers.extend(one.providers)
            found.ended.extend(one.ended)

    def _result(self, found: Blocking, pool: Pool) -> None:
        found.need = Need.RESULT
        busy = [worker for worker in pool.workers if worker.alive and worker.running]
        found.ended.extend(worker.process for worker in pool.workers if not worker.alive and worker.lost)
        if pool.ended in FINAL:
            found.able = pool.ended == "broken"  # threads that wait get an exception
            return
        if self.handover_ended(pool) or (pool.handover_error and pool.kind not in ("Pool", "ThreadPool")):
            return
        if (delivering := self._callback_waits(pool)) is not None:
            # Whichever worker has the result, only this thread could hand it over.
            if delivering != found.thread:
                found.providers.append(Provider(delivering))
            return
        if pool.kind != "Pool" and not busy and self.nobody_hands_over(pool):
            return
        serving = busy if busy and not self._may_take(pool) else [worker for worker in pool.workers if worker.alive]
        for worker in serving:
            process = self._world.processes.get(worker.process)
            if process is not None and process.state.alive:
                found.providers.append(Provider((process.key, worker.thread or process.main_thread or 0)))
        if not serving and pool.waiting:
            # A Pool replaces its workers, however often they end; an executor needs a moment for that.
            stalled = pool.stalled is not None and self._world.now - pool.stalled >= _EXECUTOR_STALLED_SECONDS
            found.able = pool.kind == "Pool" or not (stalled and self._other_threads_wait(pool.owner, found.thread))
        if not busy and not pool.waiting:
            found.providers.clear()  # no worker has a task, and there is none to be taken
            workers = [process for process in self._world.processes.values() if process.pool == pool.key]
            last = max((worker.ended or 0.0 for worker in workers), default=0.0)
            found.able = (
                pool.submitted == 0
                or pool.iterables > 0
                or self._world.now - max(last, found.since) < 1.0
                or not (pool.handover_error or pool.nothing_on_its_way or self._all_wait(pool, workers))
            )

    def handover_ended(self, pool: Pool) -> bool:
        """Return True if the thread that hands over the results of a pool has ended before all were handed over."""
        return pool.handover_ended and pool.submitted > 0

    def callback_waits(self, pool: Pool) -> bool:
        """Return True if the thread that hands over the results of a pool waits for something in a callback."""
        return self._callback_waits(pool) is not None

    def _callback_waits(self, pool: Pool) -> Thread | None:
        """Return the thread that hands over the results of a pool, if it waits for something in a callback."""
        owner = self._world.processes.get(pool.owner) if pool.owner is not None else None
        if owner is None:
            return None
        idents = {pool.handover_thread} if pool.handover_thread is not None else self._result_readers(pool)
        for wait in owner.waits:
            channel = self._world.channels.get(ChannelKey(wait.key))
            waits_for_results = channel is not None and channel.internal
            target = self._world.processes.get(ProcessKey(wait.key)) if wait.op == "join" else None
            ends_worker = target is not None and target.pool == pool.key
            if wait.thread in idents and not (waits_for_results or ends_worker) and self._has_lasted(wait):
                return owner.key, wait.thread
        return None

    def _result_readers(self, pool: Pool) -> set[int]:
        """Return the idents of the owner's threads that have read from the results of a Pool, which is always one."""
        if pool.kind != "Pool":
            return set()
        workers = {worker.process for worker in pool.workers}
        found: set[int] = set()
        for channel in self._world.channels.values():
            access = self._access(channel.key)
            # Workers also write to the connections of managers, from which any thread of the owner may read.
            is_result = channel.internal and channel.kind == "SimpleQueue"
            if is_result and not workers.isdisjoint(process for process, _ in access.writers):
                found |= {thread for process, thread in access.readers if process == pool.owner}
        return found

    def nobody_hands_over(self, pool: Pool) -> bool:
        """Return True if the thread of an executor that hands over results has ended, or waits for a result itself.

        That thread runs, or it waits for files (the pipe of the results), unless a callback blocks it. So no thread of
        the executor's process may run or wait for files, or for anything else but a result of the same executor; and
        each worker must wait for a task.
        """
        owner = self._world.processes.get(pool.owner) if pool.owner is not None else None
        if owner is None or not owner.probed or owner.other_threads is None or owner.handlers or not pool.submitted:
            return False
        if len(self.living) > _MAX_SAMPLED_PROCESSES:
            return False
        workers = [process for process in self._world.processes.values() if process.pool == pool.key]
        tapped = {wait.thread for wait in owner.waits}
        untapped = [state for state in owner.other_threads if _ident(owner, state) not in tapped]
        waits = [*owner.waits, *(wait for worker in workers for wait in worker.waits)]
        return (
            owner.main_thread in tapped
            and all(self._world.now - wait.since >= _THREADS_KNOWN_SECONDS for wait in waits)
            and all(wait.op == "result" and wait.key == pool.key for wait in owner.waits)
            and all(state.blocked is Blocked.THREAD and state.confirmed for state in untapped)
            and self._workers_wait(pool, workers)
        )

    def _all_wait(self, pool: Pool, workers: list[Process]) -> bool:
        """Return True if each worker waits for its next task, and the thread that delivers results for the next one.

        Otherwise a result may still be pickled, sent, unpickled or given to a callback, and a worker may be ending.
        Each of these may take any time. The thread of an executor waits in a call that is not observed.
        """
        owner = self._world.processes.get(pool.owner) if pool.owner is not None else None
        delivers = owner is not None and any(self._delivers(wait, workers) for wait in owner.waits)
        return delivers and self._workers_wait(pool, workers)

    def _workers_wait(self, pool: Pool, workers: list[Process]) -> bool:
        """Return True if each worker of a pool waits for its next task."""
        living = {(worker.process, worker.thread) for worker in pool.workers if worker.alive}
        living |= {(worker.key, 0) for worker in workers if worker.state.alive}
        for key, ident in living:
            process = self._world.processes.get(key)
            if process is None:
                return False
            thread = ident or process.main_thread or 0
            if not any(wait.thread == thread and self._gets(wait, pool) for wait in process.waits):
                return False
        return True

    def _other_threads_wait(self, key: ProcessKey | None, thread: Thread) -> bool:
        """Return True if no other thread of a process runs or sleeps: one that does may be running a callback."""
        process = self._world.processes.get(key) if key is not None else None
        if process is None or process.other_threads is None:
            return False
        tapped = {wait.thread for wait in process.waits}
        states = [state for state in process.other_threads if _ident(process, state) not in tapped]
        main = (process.key, process.main_thread or 0)
        return (main == thread or process.main_thread in tapped) and all(
            state.blocked and state.confirmed for state in states
        )

    def _gets(self, wait: Wait, pool: Pool) -> bool:
        """Return True if a worker waits for a task of this pool."""
        return wait.op == "get" and POOL | wait.key == pool.key and self._has_lasted(wait)

    def _delivers(self, wait: Wait, workers: list[Process]) -> bool:
        """Return True if a thread waits for a result from these workers, and none is in the queue."""
        channel = self._world.channels.get(ChannelKey(wait.key))
        if wait.op != "get" or channel is None or not channel.internal or channel.depth or not self._has_lasted(wait):
            return False
        writers = {process for process, _ in self._access(channel.key).writers}
        return any(worker.key in writers for worker in workers)

    def _has_lasted(self, wait: Wait) -> bool:
        return self._world.now - wait.since >= SAME_WAIT_SECONDS

    def _may_take(self, pool: Pool) -> bool:
        """Whether an idle worker may take up a task that is still waiting."""
        return bool(pool.waiting) and any(worker.alive and not worker.running for worker in pool.workers)

    def _channel(self, found: Blocking, channel: Channel) -> None:
        wait = found.wait
        assert wait is not None
        is_pipe = channel.kind in ("Pipe", "Connection")
        access = self._access(wait.end if is_pipe and wait.end else channel.key)
        if wait.op == "join":
            found.need = Need.TASK_DONE
            self._reach(found, access, access.readers)
            found.ended.extend(self._ended(access.readers))
        elif wait.op in ("put", "send", "feed", "flush"):
            found.need = Need.ROOM
            other = self._access(access.peer) if access.peer is not None else access
            self._reach(found, other, other.readers, end=_WRITE if access.peer is not None else _READ)
            found.ended.extend(self._ended(other.readers))
            if channel.kind == "Connection":
                found.able = True
        elif wait.op in ("get", "recv", "poll", "wait"):
            found.need = Need.MESSAGE if is_pipe else Need.ITEM
            self._get(found, channel, access)
        else:
            found.able = True

    def _get(self, found: Blocking, channel: Channel, access: Access) -> None:
        if channel.kind == "Connection":
            found.able = True  # who may be at the other end of a listener's address is not known
            return
        if channel.kind != "Pipe":
            in_pipe = channel.put - channel.got - channel.lost - channel.died - channel.buffered
            if channel.kind == "SimpleQueue":
                in_pipe = channel.depth
            killed = [key for key, op in access.died_inside.items() if op in ("get", "recv", "wait")]
            pool = self._pool_of(channel)
            if in_pipe > 0 and (pool is None or pool.ended not in FINAL):
                # A waiting thread receives it, unless the lock of the reading end is lost.
                found.ended.extend(killed)
                found.able = not killed
                return
            if channel.buffered > 0 and (feeder := self.feeder_in_import(channel)) is not None:
                found.providers.append(Provider(feeder))
                return
            if channel.buffered > 0 and (pool is None or pool.ended not in FINAL):
                found.able = not any(op in ("feed", "put") for op in access.died_inside.values())
                found.ended.extend(key for key, op in access.died_inside.items() if op in ("feed", "put"))
                return
        if (pool := self._pool_of(channel)) is not None and pool.ended in FINAL:
            owner = self._world.processes.get(pool.owner) if pool.owner is not None else None
            if owner is not None and owner.state.alive:
                found.providers.append(Provider((owner.key, owner.main_thread or 0)))
            return
        other = self._access(access.peer) if access.peer is not None else access
        feeders = access.feeders if channel.kind in ("Queue", "JoinableQueue") else set[Thread]()
        self._reach(found, other, other.writers - feeders, end=_WRITE, without=feeders)
        found.ended.extend(dict.fromkeys([*self._ended(other.writers), *self._failed(access.given | other.given)]))

    def feeder_in_import(self, channel: Channel) -> Thread | None:
        """Return the thread that should write what only one process has put, and waits for the end of an import."""
        access = self._access(channel.key)
        pool = self._pool_of(channel)
        owner = {pool.owner} if pool is not None else {access.maker}
        if {process for process, _ in access.writers} - owner:
            return None
        places = self._world.blocked_places
        waiting = [thread for thread, place in places.items() if thread[0] in owner and place.feeds_in_import]
        threads = self.threads.get(waiting[0][0], []) if len(waiting) == 1 else []
        return waiting[0] if waiting and waiting[0] in threads else None

    def _pool_of(self, channel: Channel) -> Pool | None:
        """The pool whose workers get their tasks from this queue."""
        return self._world.pools.get(PoolKey(POOL | channel.key)) if channel.internal else None

    def _lock(self, found: Blocking, lock: Lock) -> None:
        wait = found.wait
        assert wait is not None
        access = self._access(lock.key)
        if wait.op in ("set", "notify"):
            found.need = Need.WAKE_UP
            found.ended.extend(key for key, op in access.died_inside.items() if op == "wait")
            found.able = not found.ended and not wait.nested
        elif wait.op == "wait" and lock.kind in ("Event", "Condition", "Barrier"):
            found.need = {"Event": Need.SET, "Condition": Need.NOTIFY}.get(lock.kind, Need.ARRIVAL)
            self._reach(found, access, access.users)
            ended = self._ended(access.users) + [key for key in access.given if not self._lives(key)]
            found.ended.extend(dict.fromkeys(ended))
        elif wait.op == "acquire" and lock.kind in _COUNTING:
            found.need = Need.PERMIT
            if not lock.holders:
                self._reach(found, access, access.users)
                found.able = lock.value is None or lock.value > 0
            for hold in lock.holders:
                self._holder(found, hold.process, hold.thread)
            self._others(found, access)
        elif wait.op == "acquire":
            found.need = Need.LOCK
            if not lock.holders:
                found.able = True
            elif lock.kind == "Lock" and access.released_for_others:
                self._reach(found, access, access.users)
            else:
                for hold in lock.holders:
                    self._holder(found, hold.process, hold.thread)
                if lock.kind == "Lock":
                    own = lock.holders[0]
                    self._others(found, access, hand_over=(own.process, own.thread) == found.thread)
        else:
            found.able = True

    def _holder(self, found: Blocking, key: ProcessKey, thread: int) -> None:
        if key == USER:
            found.able = True
            return
        process = self._world.processes.get(key)
        if process is None or not process.state.alive:
            found.ended.append(key)
            return
        if (key, thread) in self.threads[key]:
            found.providers.append(Provider((key, thread)))
        elif thread == 0 or process.other_threads is None:
            found.able = True  # which of its threads has it is not known
        else:
            found.providers.extend(Provider(thread, likely=False) for thread in self.threads[key])

    def _others(self, found: Blocking, access: Access, *, hand_over: bool = False) -> None:
        """Threads other than the holder: anybody may release a Lock or a semaphore.

        Args:
            found: gets them as providers.
            access: of the Lock or semaphore.
            hand_over: the one that waits holds the Lock itself: a process that was given it and has never touched it
                is probably meant to release it.
        """
        known = {thread.thread for thread in found.providers}
        used = {process for process, _ in access.users}
        wait, kind = found.wait, self._kind(found.key)
        for process, inherits in self._reaching(access, found.key):
            found.able = found.able or (wait is not None and self._calls.handler_may_end(process, wait, kind))
            for thread in self.threads[process.key]:
                if thread in known or thread == found.thread:
                    continue
                main = thread[1] == process.main_thread
                likely = hand_over and main and process.key not in used and inherits
                calls = self._world.thread_calls.get(thread, ())
                likely = likely or (wait is not None and self._calls.may_end(calls, wait, kind))
                found.providers.append(Provider(thread, likely=likely))

    # who can reach an object

    def _kind(self, key: int) -> str:
        lock, managed = self._world.locks.get(LockKey(key)), self._world.managed.get(ManagedKey(key))
        return lock.kind if lock is not None else managed.type if managed is not None else ""

    def _access(self, key: int | None) -> Access:
        return self._world.access.get(key or 0) or Access()

    def _reach(
        self,
        found: Blocking,
        access: Access,
        used: Iterable[Thread],
        *,
        end: int | None = None,
        without: Collection[Thread] = (),
    ) -> None:
        """Adds all threads that can reach an object.

        Args:
            found: gets them as providers.
            access: of the object; of a duplex Pipe that of the other end, which some may have been given alone.
            used: threads that have used it in the way that would end the wait.
            end: only processes that have this end of a pipe open: `_READ` or `_WRITE`.
            without: threads that do nothing but what others ask of them.
        """
        wait = found.wait
        used = set(used)
        ends = self._world.open_ends.get(wait.end, {}) if wait is not None else {}
        if access.made is None and access.maker is None and not access.given and not access.users:
            found.able = True  # its creator is not known
            return
        kind = self._kind(found.key)
        for process, inherits in self._reaching(access, found.key):
            if end is not None and not ends.get(process.key, _ANY_END)[end]:
                continue
            found.able = found.able or (wait is not None and self._calls.handler_may_end(process, wait, kind))
            for thread in self.threads[process.key]:
                if thread == found.thread or thread in without:
                    continue
                main = thread[1] == process.main_thread
                is_maker = main and access.maker == process.key
                # What is handed to some is hardly meant for others that merely inherit it.
                meant = main and (process.key in access.given if access.given else inherits)
                calls = self._world.thread_calls.get(thread, ()) if not main and wait is not None else ()
                likely = (
                    thread in used
                    or ((is_maker or meant) and not _is_over(process))
                    or (wait is not None and self._calls.may_end(calls, wait, kind))
                )
                found.providers.append(Provider(thread, likely))

    def _reaching(self, access: Access, key: int) -> Iterator[tuple[Process, bool]]:
        """Each living process that can reach an object, and whether it has it by inheritance or as an argument.

        Args:
            access: of the object.
            key: the object's.
        """
        used = {process for process, _ in access.users}
        shared = self._world.channels.get(ChannelKey(key)) or self._world.locks.get(LockKey(key))
        seen = set(shared.shared_with_unobserved) if shared is not None else set[int]()
        for process in self.living:
            inherits = self._inherits(process, access)
            known = process.probed or (process.inspected and access.exact)
            hidden = not known and (process.unobserved not in _SEPARATE or process.key in seen)
            if inherits or hidden or process.key in used:
                yield process, inherits

    def _inherits(self, process: Process, access: Access) -> bool:
        seen: set[int] = set()
        current: Process | None = process
        while current is not None and current.key not in seen:
            seen.add(current.key)
            if access.maker == current.key or current.key in access.given:
                return True
            forked = current.start_method == "fork" or current.role == "fork"
            if not forked or (access.made is not None and (current.started or 0.0) < access.made):
                return False
            current = self._by_pid.get(current.parent or 0)
        return False

    def _ended(self, threads: Iterable[Thread]) -> list[ProcessKey]:
        """Keys of the processes of these threads that have ended."""
        return [key for key in dict.fromkeys(process for process, _ in threads) if not self._lives(key)]

    def _failed(self, keys: Iterable[ProcessKey]) -> list[ProcessKey]:
        """Keys of those of these processes that have ended, and not as they should: perhaps before they came to it."""
        processes = self._world.processes
        return [key for key in sorted(keys) if not self._lives(key) and key in processes and processes[key].exitcode]

    def _lives(self, key: ProcessKey) -> bool:
        process = self._world.processes.get(key)
        return process is not None and process.ended is None and process.state is not State.CREATED


def _is_over(process: Process) -> bool:
    """Whether the code of the program has ended in it."""
    return process.phase is Phase.EXITING


def _ident(process: Process, state: ThreadState) -> int:
    """What stands for a thread: its ident, or its negative number where that is not known."""
    if state.number == process.pid:
        return process.main_thread or 0
    return state.ident if state.ident is not None else -state.number


def _threads(process: Process) -> Iterator[Thread]:
    found = {process.main_thread or 0: None}
    found.update(dict.fromkeys(wait.thread for wait in process.waits))
    if process.other_threads is not None:
        found.update(dict.fromkeys(_ident(process, state) for state in process.other_threads))
    elif process.observed and (process.threads or 1) > len(found):
        found[-1] = None  # others, of which nothing is known
    for ident in found:
        yield process.key, ident


def by_object(blockings: Iterable[Blocking]) -> dict[int, list[Blocking]]:
    """Groups waits by the key of what is waited for."""
    found: dict[int, list[Blocking]] = defaultdict(list)
    for blocking in blockings:
        found[blocking.key].append(blocking)
    return found
