"""Reads from outside what the Python processes of a run that carry no probe wait for and hold.

A thread of its own reads them, since that takes a tenth of a second and more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..model import (
    Access,
    Channel,
    Hold,
    Lock,
    ManagedObject,
    Manager,
    Pool,
    Process,
    Thread,
    UnobservedReason,
    Wait,
    World,
)
from ..model.keys import (
    ENDED_PROCESS,
    INSPECTED,
    ChannelKey,
    LockKey,
    ManagedKey,
    ManagerKey,
    PoolKey,
    ProcessKey,
    is_inspected,
)
from ..trackers.coverage import semaphore_key
from ..trackers.locks import LockTracker
from ..trackers.processes import ProcessTracker

if TYPE_CHECKING:
    from ..attach.inspection import Inspected

_READ = (
    UnobservedReason.SUBPROCESS,
    UnobservedReason.ISOLATED,
    UnobservedReason.UNSUPPORTED_VERSION,
    UnobservedReason.FAILED_TAP,
    UnobservedReason.DROPPED_PRIVILEGES,
)
"""Reasons why a Python carries no probe. One that executed another program had the probe, and is not read."""
_END_SECONDS = 2.0
"""The longest time for which the end of a run waits for a reading in progress."""
_READS, _WRITES = ("get", "recv", "poll"), ("put", "send", "feed", "flush")


class InspectedProcesses:
    """Keeps the waits and objects of such processes in a world up to date."""

    def __init__(
        self,
        world: World,
        launched: float,
        process_tracker: ProcessTracker,
        lock_tracker: LockTracker,
        channel_of: Callable[[int], ChannelKey],
    ) -> None:
        """Inspect nothing yet.

        Args:
            world: the world.
            launched: the moment from which its seconds count, in `time.monotonic()`.
            process_tracker: knows the processes.
            lock_tracker: knows the locks of observed processes.
            channel_of: returns the key of the channel that has an end with this inode.
        """
        self._world = world
        self._launched = launched
        self._process_tracker = process_tracker
        self._lock_tracker = lock_tracker
        self._channel_of = channel_of
        self._wanted: dict[int, ProcessKey] = {}
        self._others: frozenset[int] = frozenset()
        self._result: tuple[Inspected | None, dict[int, ProcessKey]] | None = None
        self._fault = ""
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._last: Inspected | None = None
        self._keys: set[int] = set()
        """The keys of the objects that only these processes have."""

    def look(self) -> None:
        """Take over what was read, and say which processes are to be read next."""
        living = [process for process in self._world.processes.values() if process.state.alive and process.pid]
        wanted = {
            process.pid: process.key
            for process in living
            if process.pid is not None
            and not process.probed
            and process.unobserved in _READ
            and process.role != "resource tracker"
        }
        self._wanted = wanted
        self._others = frozenset(process.pid for process in living if process.pid and process.pid not in wanted)
        if self._fault:
            self._world.fault = self._world.fault or self._fault
            wanted.clear()
        if not wanted:
            self._forget()
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name="inspection", daemon=True)
            self._thread.start()
        result, self._result = self._result, None
        if result is not None:
            found, keys = result
            if found is None:
                self._forget()
            elif found.pids <= {process.pid for process in self._world.processes.values()}:
                self._merge(found, keys)
            # Otherwise a process has just started, and may be the one for which they wait.

    def known(self) -> set[int]:
        """Return the keys of objects that processes without a probe have, and no other process."""
        return self._keys

    def close(self) -> None:
        """Read nothing more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(_END_SECONDS)

    def _read(self) -> None:
        try:
            self._inspect_repeatedly()
        except Exception as error:  # an error of ours must not end the run
            self._fault = f"inspection: {type(error).__name__}: {error}"

    def _inspect_repeatedly(self) -> None:
        # Most runs have no such process.
        from ..attach.inspection import Inspection
        from ..attach.system_calls import SUPPORTED

        main = self._world.main_process
        if not SUPPORTED or main is None or main.pid is None or main.ppid is None:
            return
        pause = 0.0
        with closing(Inspection(main.ppid, main.pid, self._launched)) as inspection:
            while not self._closing.wait(pause):
                wanted = self._wanted
                found, pause = inspection.look(wanted, self._others)
                self._result = found, wanted

    def _forget(self) -> None:
        """Drop everything that was read; the last state of ended processes stays."""
        world = self._world
        if world.inspected_at is None:
            return
        world.inspected_at, self._last = None, None
        world.thread_calls = {}
        self._replace({}, {}, {})
        self._replace_managers({}, {})
        self._lock_tracker.inspected = {}
        world.changes += 1

    def _merge(self, found: Inspected, keys: dict[int, ProcessKey]) -> None:
        world = self._world
        world.inspected_at = found.began - self._launched
        merged = _Merged(world, found, keys, self._lock_key, self._channel_of)
        for pid, process in merged.processes.items():
            self._process_tracker.activity.inspected(
                process, found.world.processes[ProcessKey(pid)], merged.waits(pid), world.inspected_at
            )
        self._replace(merged.locks, merged.channels, merged.pools)
        self._replace_managers(merged.managers, merged.managed)
        self._lock_tracker.inspected = merged.shared_locks
        merged.add_access()
        if merged.ended_holder is not None:
            world.processes.setdefault(ENDED_PROCESS, merged.ended_holder)
        if self._last is None or _seen(self._last.world) != _seen(found.world):
            world.changes += 1
        self._last = found

    def _lock_key(self, semaphore: str) -> LockKey:
        return self._lock_tracker.owner(semaphore_key(semaphore))

    def _replace(
        self, locks: dict[LockKey, Lock], channels: dict[ChannelKey, Channel], pools: dict[PoolKey, Pool]
    ) -> None:
        """Put these objects, which only inspected processes have, in the place of those that were read before."""
        world = self._world
        for key in self._keys:
            world.locks.pop(LockKey(key), None)
            world.channels.pop(ChannelKey(key), None)
            world.pools.pop(PoolKey(key), None)
            world.access.pop(key, None)
            world.open_ends.pop(key, None)
        world.locks |= locks
        world.channels |= channels
        world.pools |= pools
        self._keys = {*locks, *channels, *pools}

    def _replace_managers(self, managers: dict[ManagerKey, Manager], managed: dict[ManagedKey, ManagedObject]) -> None:
        world = self._world
        for key in [key for key in world.managers if is_inspected(key)]:
            del world.managers[key]
        for key in [key for key in world.managed if is_inspected(key)]:
            del world.managed[key]
        world.managers |= managers
        world.managed |= managed
        self._keys |= {*managers, *managed}


class _Merged:
    """Translates the objects of a reading: they get the keys of the run's world."""

    def __init__(
        self,
        world: World,
        found: Inspected,
        keys: dict[int, ProcessKey],
        lock_key: Callable[[str], LockKey],
        channel_of: Callable[[int], ChannelKey],
    ) -> None:
        self._world = world
        self._found = found
        self._keys = {process.pid: process.key for process in world.processes.values() if process.pid is not None}
        self.ended_holder = found.world.processes.get(ENDED_PROCESS)
        """The process that stands for one that has ended while it held a lock; None if there is none."""
        self.processes: dict[int, Process] = {}
        """The inspected processes that still live, by pid."""
        for key in found.world.processes:
            process = world.processes.get(keys.get(key, ProcessKey(0)))
            if process is not None and process.state.alive:
                self.processes[key] = process
        names = found.semaphore_names
        self._places: dict[int, int] = {}
        """The key in the run's world of each lock, channel and pool; 0 for one that cannot be judged.

        That is one which another process has open, too: what that one does with it is not known.
        """
        for key in found.world.locks:
            name = names.get(key >> 2)
            shared = lock_key(name) if name else LockKey(0)
            self._places[key] = shared if shared in world.locks else self._own(key)
        for key in found.world.channels:
            inodes = self._inodes(key)
            shared = next((place for inode in inodes if (place := channel_of(inode)) in world.channels), None)
            self._places[key] = shared if shared is not None else self._own(key)
        for key, pool in found.world.pools.items():
            self._places[key] = key | INSPECTED if pool.owner in self.processes else 0
        self.locks = {
            LockKey(place): self._lock(lock, place)
            for key, lock in found.world.locks.items()
            if (place := self._places[key]) and is_inspected(place)
        }
        self.channels = {
            ChannelKey(place): replace(channel, key=ChannelKey(place), shared_with_unobserved=self._having(key))
            for key, channel in found.world.channels.items()
            if (place := self._places[key]) and is_inspected(place)
        }
        self.pools = {
            PoolKey(place): self._pool(pool, place)
            for key, pool in found.world.pools.items()
            if (place := self._places[key])
        }
        self.managers: dict[ManagerKey, Manager] = {}
        self.managed: dict[ManagedKey, ManagedObject] = {}
        if all(is_inspected(self._places[key]) for key in (*found.world.locks, *found.world.channels)):
            # Otherwise another process may have been given a proxy.
            self._add_managers()
        self.shared_locks = {
            LockKey(place): self._lock(lock, place)
            for key, lock in found.world.locks.items()
            if (place := self._places[key]) in world.locks and not is_inspected(place)
        }

    def _add_managers(self) -> None:
        for key, manager in self._found.world.managers.items():
            if manager.pid in self.processes:
                place = ManagerKey(key | INSPECTED)
                self.managers[place] = replace(manager, key=place)
        for key, managed in self._found.world.managed.items():
            manager_key = ManagerKey(managed.manager | INSPECTED)
            if manager_key in self.managers:
                place = self._places[key] = key | INSPECTED
                self.managed[ManagedKey(place)] = replace(managed, key=ManagedKey(place), manager=manager_key)

    def waits(self, pid: int) -> list[Wait]:
        """Return the waits of a process."""
        return [self._wait(wait) for wait in self._found.world.processes[ProcessKey(pid)].waits]

    def add_access(self) -> None:
        """Record which processes can reach the objects."""
        world = self._world
        for key, access in self._found.world.access.items():
            place = self._end(key)
            if is_inspected(place):
                world.access[place] = replace(
                    access,
                    peer=self._end(access.peer) if access.peer is not None else None,
                    given=set(self._process_keys(access.given)),
                    users=set(self._threads(access.users)),
                    released_for_others=set(self._process_keys(access.released_for_others)),
                )
        for key, ends in self._found.world.open_ends.items():
            place = self._end(key)
            if is_inspected(place):
                world.open_ends[place] = {
                    self._keys[process]: has for process, has in ends.items() if process in self._keys
                }
        calls = self._found.world.thread_calls
        world.thread_calls = {
            (self._keys[process], ident): found for (process, ident), found in calls.items() if process in self._keys
        }
        for pid, process in self.processes.items():
            for wait in self.waits(pid):
                if wait.key in world.locks or wait.key in world.channels:
                    thread = process.key, wait.thread
                    access = world.access.setdefault(wait.key, Access())
                    access.users.add(thread)
                    if wait.op in _READS:
                        access.readers.add(thread)
                    elif wait.op in _WRITES:
                        access.writers.add(thread)

    def _own(self, key: int) -> int:
        return 0 if any(inode in self._found.open_elsewhere for inode in self._inodes(key)) else key | INSPECTED

    def _inodes(self, key: int) -> list[int]:
        """Return the inode of a lock, or those of both ends of a channel."""
        access = self._found.world.access.get(key)
        peer = access.peer if access is not None else None
        return [key >> 2, *([peer >> 2] if peer is not None else [])]

    def _end(self, key: int) -> int:
        """Return the key of an object, or of one end of a Pipe, in the run's world."""
        if not key:
            return 0
        if key in self._places:
            place = self._places[key]
        else:
            place = next((self._places[inode] for inode in self._channels_of(key)), 0)
        return key | INSPECTED if is_inspected(place) else key >> 2 if place else 0

    def _channels_of(self, end: int) -> Iterable[int]:
        access = self._found.world.access.get(end)
        if access is not None and access.peer in self._places:
            yield access.peer

    def _wait(self, wait: Wait) -> Wait:
        world = self._found.world
        if wait.op == "join" and ChannelKey(wait.key) not in world.channels:
            return replace(wait, key=self._keys.get(wait.key, 0))
        place = self._places.get(wait.key, 0)
        named = self._world.locks.get(LockKey(place)) or self._world.channels.get(ChannelKey(place))
        name = named.name if named is not None and not is_inspected(place) else wait.object
        return replace(wait, key=place, object=name, end=self._end(wait.end) if place else 0)

    def _lock(self, lock: Lock, place: int) -> Lock:
        return replace(
            lock,
            key=LockKey(place),
            holders=self._holders(lock, place),
            waiters=self._holds(lock.waiters),
            shared_with_unobserved=self._having(lock.key),
        )

    def _pool(self, pool: Pool, place: int) -> Pool:
        workers = tuple(
            replace(worker, process=self._keys[worker.process])
            for worker in pool.workers
            if worker.process in self._keys
        )
        owner = self._keys[pool.owner] if pool.owner is not None else None
        unobserved = (owner,) if owner is not None else ()
        return replace(pool, key=PoolKey(place), owner=owner, workers=workers, shared_with_unobserved=unobserved)

    def _having(self, key: int) -> tuple[ProcessKey, ...]:
        access = self._found.world.access.get(key)
        return tuple(sorted(self._process_keys(access.given))) if access is not None else ()

    def _holds(self, holds: Iterable[Hold]) -> tuple[Hold, ...]:
        return tuple(replace(hold, process=self._keys[hold.process]) for hold in holds if hold.process in self._keys)

    def _holders(self, lock: Lock, place: int) -> tuple[Hold, ...]:
        """Return the holders of a lock; that none of these processes holds it says nothing where others have it."""
        ended = [hold for hold in lock.holders if hold.process == ENDED_PROCESS and is_inspected(place)]
        return (*self._holds(lock.holders), *ended)

    def _process_keys(self, pids: Iterable[int]) -> Iterable[ProcessKey]:
        return (self._keys[pid] for pid in pids if pid in self._keys)

    def _threads(self, threads: Iterable[Thread]) -> Iterable[Thread]:
        return ((self._keys[pid], thread) for pid, thread in threads if pid in self._keys)


def _seen(world: World) -> tuple[object, ...]:
    """Return what of a world is worth drawing again."""
    processes = [
        (process.key, process.waits, process.other_threads, process.idle, process.line, process.inspection)
        for process in world.processes.values()
    ]
    locks = [
        (lock.key, lock.name, lock.value, [hold.process for hold in lock.holders]) for lock in world.locks.values()
    ]
    return processes, locks, world.channels, world.pools
