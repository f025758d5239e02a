"""The wait-for graph: which thread cannot go on, on account of what, and who holds that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ..model import Hold, Lock, ManagedObject, Process, Thread, Wait
from ..model.keys import LockKey, ManagedKey, ProcessKey


class WaitEdge(msgspec.Struct, frozen=True):
    """An edge from a waiting thread to an object, and from there to the threads that could let it go on."""

    process: ProcessKey
    wait: Wait
    lock: Lock | None = None
    """The object, where it is a lock that is not a manager's."""
    holders: tuple[Hold, ...] = ()
    """The holders of the object; for a join the main thread of the joined process, since its start."""
    place: int = 0
    """The position of the thread among those that wait for the lock."""

    @property
    def thread(self) -> Thread:
        return self.process, self.wait.thread


def waits(processes: Iterable[Process], locks: Iterable[Lock], managed: Iterable[ManagedObject]) -> Iterator[WaitEdge]:
    """Yield all edges of a world. A Queue or Pipe has no holder: any process may put something into it."""
    people = {process.key: process for process in processes}
    by_key = {lock.key: lock for lock in locks}
    held = {item.key: item.held_by for item in managed if item.held_by is not None}
    for process in people.values():
        for wait in process.waits:
            target, lock = people.get(ProcessKey(wait.key)), by_key.get(LockKey(wait.key))
            if wait.op == "join" and target is not None:
                alive = target.state.alive and target.main_thread is not None
                holder = Hold(target.key, target.main_thread or 0, target.started or 0.0, None)
                yield WaitEdge(process.key, wait, holders=(holder,) if alive else ())
            elif lock is not None:
                waiters = [(hold.process, hold.thread) for hold in lock.waiters]
                own = (process.key, wait.thread)
                # A thread that waits for a notification does not wait for the holder of the lock.
                holders = lock.holders if wait.op == "acquire" else ()
                yield WaitEdge(process.key, wait, lock, holders, waiters.index(own) if own in waiters else 0)
            elif wait.op == "acquire" and wait.key in held:
                yield WaitEdge(process.key, wait, holders=(held[ManagedKey(wait.key)],))
            else:
                yield WaitEdge(process.key, wait)
