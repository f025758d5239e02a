"""The threads that could end each wait of a program.

One uniform representation of everything that blocks: a `Blocking` is a thread, what it needs, and the threads that
could provide that. The rest of `findings` reasons about these and about nothing else.
"""

from __future__ import annotations

from msgspec.structs import replace
from rockproc.probe.layout import POOL

from ..model import (
    Access,
    Blocked,
    Channel,
    Lock,
    ManagedObject,
    Pool,
    Process,
    RepeatedRead,
    State,
    Thread,
    ThreadState,
    Wait,
    World,
)
from ..model.channel import QUEUES
from ..model.keys import ChannelKey, LockKey, ManagedKey, PoolKey, ProcessKey, ValueKey, is_inspected
from ..model.pool import FINAL
from ..model.process import UnobservedReason
from .blocking import Blocking, Need, Provider
from .ending_calls import alarm_raises
from .living_threads import SAME_WAIT_SECONDS, LivingThreads, ident_of
from .pool_results import PoolResults
from .reach import READ, WRITE, Reach

_MANAGED_CALL_SECONDS = 2.0
"""Seconds after the last call of an object of a manager, or the last end of a process, until which an answer may still
be on its way."""
_DELIVERY_SECONDS = 1.0
"""Seconds after the end of the sender within which a message in a duplex Pipe is received on a busy machine."""
_MANAGED_WAITS = {
    "get": ("Queue", "JoinableQueue"),
    "put": ("Queue", "JoinableQueue"),
    "join": ("JoinableQueue", "Queue"),
    "wait": ("Event", "Condition", "Barrier"),
    "acquire": ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"),
}
"""Methods of objects of a manager in which a thread waits for what another one does, with the types that have them."""
_COUNTING = ("Semaphore", "BoundedSemaphore")


class Providers:
    """Finds the providers of every wait in a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.threads = LivingThreads(world)
        self._reach = Reach(world, self.threads)
        self.pools = PoolResults(world, self.threads, self._reach)
        self._held = {item.key: item.held_by for item in world.managed.values() if item.held_by is not None}

    def blockings(self) -> dict[Thread, Blocking]:
        """Return every thread that is blocked, with what it is blocked by outermost."""
        found: dict[Thread, Blocking] = {}
        now, inspected = self._world.now, self._world.inspected_at
        if inspected is not None:
            # Waits of inspected processes are as of that moment. A wait that began later may be what ends one of them.
            now = min(now, inspected)
        for process in self.threads.processes:
            if not process.observed or process.state is State.STOPPED:
                continue
            new: set[Thread] = set()
            read = self._world.repeated_reads.get(process.key)
            for wait in process.waits:
                thread = process.key, wait.thread
                if read is not None and read.only_waits and _is_question(read, thread, wait):
                    continue
                if now - wait.since < SAME_WAIT_SECONDS and not (wait.timed and inspected is None):
                    new.add(thread)
                # A wait inside of a new one says nothing. Those with a time-out may be short, and are never dead.
                if thread not in found and thread not in new:
                    blocking = self._blocking(process, wait)
                    if blocking is not None:
                        by_alarm = wait.thread == process.main_thread and alarm_raises(process)
                        blocking.able = blocking.able or by_alarm
                        found[thread] = blocking
            if read is not None and read.only_waits and read.thread not in found:
                found[read.thread] = self._repeated(process, read)
            tapped = {wait.thread for wait in process.waits}
            for state in process.other_threads or ():
                thread = process.key, ident_of(process, state)
                if state.blocked and state.since <= now and thread not in found and thread[1] not in tapped:
                    found[thread] = self._untapped(process, thread, state)
        self._doubt_old_samples(found)
        return found

    def _doubt_old_samples(self, found: dict[Thread, Blocking]) -> None:
        """Treat a thread as able to continue if an event may have woken it since the kernel was asked about it."""
        ends = (process.ended for process in self._world.processes.values() if process.ended is not None)
        waits = (blocking.since for blocking in found.values() if blocking.wait is not None and not blocking.timed)
        last = max(*ends, *waits, 0.0, 0.0)
        for thread, blocking in found.items():
            if blocking.wait is None and last > self._world.threads_seen_at.get(thread[0], last):
                blocking.able = True

    def _untapped(self, process: Process, thread: Thread, state: ThreadState) -> Blocking:
        need = Need.THREAD if state.blocked is Blocked.THREAD else Need.FILES
        place = self._world.blocked_places.get(thread)
        # A thread that sleeps may set an Event of threading, but hardly calls into an event loop or imports a module.
        any_may = need is Need.THREAD and not (place is not None and place.feeds_in_import)
        others = [
            Provider(other, likely=any_may or other in self.threads.tapped)
            for other in self.threads.of[process.key]
            if other != thread
        ]
        if need is Need.FILES:
            # One of the files may be a pipe into which another process writes, as the workers of an executor do.
            idle = self.pools.idle_workers(process.key)
            others += [
                Provider(other, likely=writer.pid not in self.threads.servers)
                for writer in self.threads.processes
                if writer is not process and writer.key not in idle
                for other in self.threads.of[writer.key]
            ]
        return Blocking(thread, need, None, state, state.since, others, able=not state.confirmed)

    def _repeated(self, process: Process, read: RepeatedRead) -> Blocking:
        """Describe a loop that asks an object until it has changed: it counts as a wait with a time-out."""
        if read.method == "acquire":
            return self._repeated_acquire(process, read)
        channel = self._channel_with(read.key)
        if LockKey(read.key) in self._world.locks or ValueKey(read.key) in self._world.values or channel is None:
            return self._repeated_state(process, read)
        name = channel.name if channel.ends is None else channel.ends[read.key != channel.key]
        op = "empty" if read.method else "get_nowait" if channel.kind in QUEUES else "poll"
        wait = Wait(op, name, channel.key, read.since, read.site, read.thread[1], True, read.key)
        found = Blocking(read.thread, Need.CHANGE, wait, None, read.since, timed=True)
        found.able = self._handler_may_end(process, read, wait, channel.kind)
        self._get(found, channel, self._reach.access(read.key))
        return found

    def _repeated_acquire(self, process: Process, read: RepeatedRead) -> Blocking:
        """Describe a loop that tries to acquire a lock until it has it."""
        lock = self._world.locks.get(LockKey(read.key))
        name = lock.name if lock is not None else ""
        wait = Wait("acquire", name, read.key, read.since, read.site, read.thread[1], True)
        found = Blocking(read.thread, Need.CHANGE, wait, None, read.since, timed=True)
        if lock is None or lock.kind not in ("Lock", "RLock", *_COUNTING):
            found.able = True
            return found
        self._lock(found, lock)
        found.need = Need.CHANGE
        if lock.kind in _COUNTING and not lock.holders:
            access = self._reach.access(lock.key)
            ended = [*self.threads.ended(access.users), *self.threads.failed(access.given)]
            found.ended.extend(dict.fromkeys(ended))
        found.able = found.able or self._handler_may_end(process, read, wait, lock.kind)
        return found

    def _handler_may_end(self, process: Process, read: RepeatedRead, wait: Wait, kind: str) -> bool:
        """Return whether a signal handler may end a loop: one of its own process, or one that changes the object."""
        others = (other for other in self.threads.processes if other is not process)
        return read.handler_may_end or any(
            self._reach.calls.handler_may_end(each, wait, kind) for each in (process, *others)
        )

    def _channel_with(self, end: int) -> Channel | None:
        channels = self._world.channels
        return channels.get(ChannelKey(end)) or channels.get(ChannelKey(self._reach.access(end).peer or 0))

    def _repeated_state(self, process: Process, read: RepeatedRead) -> Blocking:
        """Describe a loop that reads a Value or asks an Event."""
        world = self._world
        lock, value = world.locks.get(LockKey(read.key)), world.values.get(ValueKey(read.key))
        named = lock if lock is not None else value
        name = named.name if named is not None else ""
        wait = Wait(
            "is_set" if lock is not None else "value", name, read.key, read.since, read.site, read.thread[1], True
        )
        found = Blocking(read.thread, Need.CHANGE, wait, None, read.since, timed=True)
        found.able = named is None or bool(named.shared_with_unobserved)
        found.able = found.able or self._handler_may_end(process, read, wait, lock.kind if lock is not None else "")
        # Every process may have inherited it, or got it inside an argument, so each of them may write it.
        found.providers.extend(
            Provider(thread)
            for other in self.threads.processes
            for thread in self.threads.of[other.key]
            if thread != read.thread
        )
        writers = self._reach.access(read.key).writers if lock is not None else set[Thread]()
        last = [value.writer] if value is not None and value.writer is not None else []
        failed = [other.key for other in world.processes.values() if other.exitcode]
        ended = dict.fromkeys(
            [*failed, *self.threads.ended(writers), *(key for key in last if not self.threads.lives(key))]
        )
        found.ended.extend(key for key in ended if not self.threads.lives(key))
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
            self.pools.result(found, pool)
        elif channel is not None:
            self._channel(found, channel)
        elif lock is not None:
            self._lock(found, lock)
        elif wait.key in self._held and wait.op == "acquire":
            hold = self._held[ManagedKey(wait.key)]
            found.need = Need.LOCK
            self._reach.holder(found, hold.process, hold.thread)
        elif wait.key in self._world.managed:
            self._managed(found, self._world.managed[ManagedKey(wait.key)], wait)
        else:
            found.able = found.unknown = True
        return found

    def _managed(self, found: Blocking, managed: ManagedObject, wait: Wait) -> None:
        """Add all who know the manager: each may have a proxy of the object. The server does nothing by itself."""
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
        server = self.threads.by_pid.get(manager.pid) if manager is not None else None
        if server is not None and server.state is State.STOPPED:
            found.able = found.unknown = True  # it answers when it is continued
        found.unknown = found.unknown or manager is None or manager.cls != "SyncManager" or manager.extended
        servers = {other.pid for other in world.managers.values() if other.cls == "SyncManager"}
        for process in self.threads.processes:
            if is_inspected(managed.key) and not process.inspected:
                continue  # no process with a probe has anything in common with those that know the manager
            if process.pid in servers or process.unobserved in (UnobservedReason.OTHER_PROGRAM, UnobservedReason.EXEC):
                continue
            found.able = found.able or self._reach.calls.handler_may_end(process, wait, managed.type)
            for thread in self.threads.of[process.key]:
                if thread != found.thread:
                    likely = thread[1] == process.main_thread or thread in self.threads.acting or not process.observed
                    calls = self._world.thread_calls.get(thread, ())
                    likely = likely or self._reach.calls.may_end(calls, wait, managed.type)
                    found.providers.append(Provider(thread, likely))
        failed = [process.key for process in world.processes.values() if process.exitcode]
        caller = [managed.caller] if managed.caller is not None else []
        found.ended.extend(key for key in dict.fromkeys([*caller, *failed]) if not self.threads.lives(key))

    def _join(self, found: Blocking, target: Process) -> None:
        found.need = Need.PROCESS
        if target.ended is not None or not target.state.alive or not target.observed:
            found.able = True
        else:
            found.providers.append(Provider((target.key, target.main_thread or 0)))

    def _any(self, found: Blocking, wait: Wait) -> None:
        """Add the providers of all objects of a wait that ends when one of the objects is ready."""
        found.need = Need.ANY
        for key in wait.keys:
            one = replace(found, wait=replace(wait, key=key, end=key), providers=[], ended=[])
            access, target = self._reach.access(key), self._world.processes.get(ProcessKey(key))
            channel = self._channel_with(key)
            if channel is not None:
                self._get(one, channel, access)
            elif target is not None:
                self._join(one, target)
            else:
                one.able = True
            found.able = found.able or one.able
            found.providers.extend(one.providers)
            found.ended.extend(one.ended)

    def _channel(self, found: Blocking, channel: Channel) -> None:
        wait = found.wait
        assert wait is not None
        is_pipe = channel.kind in ("Pipe", "Connection")
        access = self._reach.access(wait.end if is_pipe and wait.end else channel.key)
        if wait.op == "join":
            found.need = Need.TASK_DONE
            self._reach.reach(found, access, access.readers)
            found.ended.extend(self.threads.ended(access.readers))
        elif wait.op in ("put", "send", "feed", "flush"):
            found.need = Need.ROOM
            other = self._reach.access(access.peer) if access.peer is not None else access
            self._reach.reach(found, other, other.readers, end=WRITE if access.peer is not None else READ)
            found.ended.extend(self.threads.ended(other.readers))
            if channel.kind == "Connection":
                found.able = True
        elif wait.op in ("get", "recv", "poll", "wait"):
            found.need = Need.MESSAGE if is_pipe else Need.ITEM
            self._get(found, channel, access)
        else:
            found.able = True

    def _get(self, found: Blocking, channel: Channel, access: Access) -> None:
        if channel.kind == "Connection":
            end = self._world.connection_ends.get(found.thread)
            if end is not None and end.since == found.since:
                self._reach.processes(found, end.holders)
            else:
                found.able = found.unknown = True  # another program may be at the other end
            return
        if channel.kind != "Pipe":
            in_pipe = channel.put - channel.got - channel.lost - channel.died - channel.buffered
            if channel.kind == "SimpleQueue":
                in_pipe = channel.depth
            if channel.pipe_bytes is not None:
                in_pipe = 0  # read from outside: counts of a probe that was loaded later say nothing of what is in it
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
        elif self._is_on_its_way(channel, access):
            found.able = True
            return
        if (pool := self._pool_of(channel)) is not None and pool.ended in FINAL:
            owner = self._world.processes.get(pool.owner) if pool.owner is not None else None
            if owner is not None and owner.state.alive:
                found.providers.append(Provider((owner.key, owner.main_thread or 0)))
            return
        other = self._reach.access(access.peer) if access.peer is not None else access
        feeders = access.feeders if channel.kind in ("Queue", "JoinableQueue") else set[Thread]()
        self._reach.reach(found, other, other.writers - feeders, end=WRITE, without=feeders)
        found.ended.extend(
            dict.fromkeys([*self.threads.ended(other.writers), *self.threads.failed(access.given | other.given)])
        )

    def _is_on_its_way(self, channel: Channel, access: Access) -> bool:
        """Return whether a message is in a pipe, whose reader has not had the time to receive it on a busy machine.

        A message in a duplex pipe may also lie in the other direction, where nobody ever reads it.
        """
        if not channel.depth or channel.pipe_bytes is not None:
            return False
        if access.peer is None:
            return True
        ended = self.threads.ended(self._reach.access(access.peer).writers)
        moments = [process.ended for key in ended if (process := self._world.processes.get(key)) is not None]
        return any(moment is not None and self._world.now - moment < _DELIVERY_SECONDS for moment in moments)

    def feeder_in_import(self, channel: Channel) -> Thread | None:
        """Return the thread that should write what only one process has put, and waits for the end of an import."""
        access = self._reach.access(channel.key)
        pool = self._pool_of(channel)
        owner = {pool.owner} if pool is not None else {access.maker}
        if {process for process, _ in access.writers} - owner:
            return None
        places = self._world.blocked_places
        waiting = [thread for thread, place in places.items() if thread[0] in owner and place.feeds_in_import]
        threads = self.threads.of.get(waiting[0][0], []) if len(waiting) == 1 else []
        return waiting[0] if waiting and waiting[0] in threads else None

    def _pool_of(self, channel: Channel) -> Pool | None:
        """Return the pool whose workers get their tasks from this queue."""
        return self._world.pools.get(PoolKey(POOL | channel.key)) if channel.internal else None

    def _lock(self, found: Blocking, lock: Lock) -> None:
        wait = found.wait
        assert wait is not None
        access = self._reach.access(lock.key)
        if wait.op in ("set", "notify"):
            found.need = Need.WAKE_UP
            found.ended.extend(key for key, op in access.died_inside.items() if op == "wait")
            found.able = not found.ended and not wait.nested
        elif wait.op == "wait" and lock.kind in ("Event", "Condition", "Barrier"):
            found.need = {"Event": Need.SET, "Condition": Need.NOTIFY}.get(lock.kind, Need.ARRIVAL)
            self._reach.reach(found, access, access.users)
            ended = self.threads.ended(access.users) + [key for key in access.given if not self.threads.lives(key)]
            found.ended.extend(dict.fromkeys(ended))
        elif wait.op == "acquire" and lock.kind in _COUNTING:
            found.need = Need.PERMIT
            if not lock.holders:
                self._reach.reach(found, access, access.users)
                found.able = lock.value is None or lock.value > 0
            for hold in lock.holders:
                self._reach.holder(found, hold.process, hold.thread)
            self._reach.others(found, access)
        elif wait.op == "acquire":
            found.need = Need.LOCK
            if not lock.holders:
                found.able = True
            elif lock.kind == "Lock" and access.released_for_others:
                self._reach.reach(found, access, access.users)
            else:
                for hold in lock.holders:
                    self._reach.holder(found, hold.process, hold.thread)
                if lock.kind == "Lock":
                    own = lock.holders[0]
                    self._reach.others(found, access, hand_over=(own.process, own.thread) == found.thread)
        else:
            found.able = True


def _is_question(read: RepeatedRead, thread: Thread, wait: Wait) -> bool:
    """Return whether a wait is one of the attempts of a loop: `get_nowait()` counts as a wait with a time-out."""
    return wait.timed is True and (thread, wait.key) == (read.thread, read.key)
